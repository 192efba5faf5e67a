import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { next, skip, submit, takenOf } from "../../src/studio/assignment.js";
import { review } from "../../src/studio/review.js";
import { describeNext, MINUTE, newStudy, person } from "./studies.js";

test("every unit gets three answers, of three people, whoever comes when", () => {
  const study = newStudy(20);
  const people = ["a", "b", "c", "d", "e"].map((name) => person(study, name));
  const random = new Random(3);
  const done: { who: number; unit: number }[] = [];
  const idle = new Set<number>();
  for (let at = 0; idle.size < people.length; at += 1000) {
    const i = random.integer(people.length);
    const unit = describeNext(study, people[i], `thing ${at}`, at, 500);
    if (unit === null) idle.add(i);
    else done.push({ who: i, unit });
  }
  expect(done).toHaveLength(60);
  expect(new Set(done.map(({ who, unit }) => `${who} ${unit}`)).size).toBe(60);
  for (const { id } of study.units()) expect(done.filter(({ unit }) => unit === id)).toHaveLength(3);
  study.close();
});

test("units that lack the fewest answers go first", () => {
  const study = newStudy(10);
  const [ann, bob, cy] = ["Ann", "Bob", "Cy"].map((name) => person(study, name));
  const first = [1, 2, 3].map((at) => describeNext(study, ann, `red ${at}`, at * MINUTE));
  expect([4, 5].map((at) => describeNext(study, bob, `blue ${at}`, at * MINUTE))).toEqual(first.slice(0, 2));
  // two have two, one has one, the others none
  expect([6, 7, 8].map((at) => describeNext(study, cy, `green ${at}`, at * MINUTE))).toEqual(first);
  study.close();
});

test("a clock that is set back keeps a unit no longer than a lease, one that is set forward loses no answer", () => {
  const study = newStudy(1, { annotators: 1 });
  const [ann, bob] = [person(study, "Ann"), person(study, "Bob")];
  const day = 24 * 60 * MINUTE;
  const { assignment } = next(study, ann, 2 * day);
  expect(next(study, bob, day).assignment).toBeNull();
  expect(next(study, bob, day + 29 * MINUTE).assignment).toBeNull();
  expect(next(study, bob, day + 31 * MINUTE).assignment?.unit).toBe(assignment?.unit);
  study.close();

  const forward = newStudy(1, { annotators: 1 });
  const cy = person(forward, "Cy");
  const { assignment: open } = next(forward, cy, 0);
  expect(submit(forward, cy, open!.code, { text: "red things" }, 2 * day)).toBe("taken");
  forward.close();
});

test("a unit that somebody has open is kept for them, and comes back when they do not", () => {
  const study = newStudy(1, { annotators: 1 });
  const [ann, bob] = [person(study, "Ann"), person(study, "Bob")];
  const { assignment } = next(study, ann, 0);
  expect(next(study, bob, 29 * MINUTE)).toEqual({ assignment: null, waiting: true });
  // looking again renews the lease and gives the same
  expect(next(study, ann, 20 * MINUTE).assignment).toEqual({ ...assignment, expires: 50 * MINUTE });
  expect(next(study, bob, 31 * MINUTE).assignment).toBeNull();
  const { assignment: inherited } = next(study, bob, 51 * MINUTE);
  expect(inherited?.unit).toBe(assignment?.unit);
  // the first comes too late while the other is at it, and the answer to a lease is always taken
  expect(submit(study, ann, assignment!.code, { text: "late" }, 52 * MINUTE)).toBe("late");
  expect(submit(study, bob, inherited!.code, { text: "in time" }, 53 * MINUTE)).toBe("taken");
  expect(next(study, ann, 54 * MINUTE)).toEqual({ assignment: null, waiting: false });
  study.close();
});

test("an answer after the lease counts where nobody else has taken the unit", () => {
  const study = newStudy(1);
  const ann = person(study);
  const { assignment } = next(study, ann, 0);
  expect(submit(study, ann, assignment!.code, { text: "slow", activeMs: 1e9 }, 90 * MINUTE)).toBe("taken");
  // sent twice: told so, kept once; the page cannot have been in view for longer than it was open
  expect(submit(study, ann, assignment!.code, { text: "slow" }, 91 * MINUTE)).toBe("again");
  expect(study.database.all("SELECT elapsed, active FROM annotations")).toEqual([
    { elapsed: 90 * MINUTE, active: 90 * MINUTE },
  ]);
  study.close();
});

test("who passes a unit by is not asked again, others are", () => {
  const study = newStudy(1, { annotators: 1 });
  const [ann, bob] = [person(study, "Ann"), person(study, "Bob")];
  const { assignment } = next(study, ann, 0);
  expect(skip(study, bob, assignment!.code)).toBe(false);
  expect(skip(study, ann, assignment!.code)).toBe(true);
  expect(submit(study, ann, assignment!.code, { text: "after all" }, 1)).toBe("unknown");
  expect(next(study, ann, 1).assignment).toBeNull();
  expect(next(study, bob, 1).assignment?.unit).toBe(assignment?.unit);
  study.close();
});

test("a rejected answer is asked of somebody else, and cannot be taken back once they are at it", () => {
  const study = newStudy(1, { annotators: 1 });
  const [ann, bob] = [person(study, "Ann"), person(study, "Bob")];
  const unit = describeNext(study, ann, "asdf", 0)!;
  const [{ id }] = study.database.all<{ id: number }>("SELECT id FROM annotations");
  expect(() => review(study, [id], { accept: false, reason: " " }, 1)).toThrow(/no reason/);
  review(study, [id], { accept: false, reason: "says nothing" }, 1);
  expect(next(study, ann, 2).assignment).toBeNull();
  review(study, [id], { accept: true }, 3);
  expect(next(study, bob, 4).assignment).toBeNull();
  review(study, [id], { accept: false, reason: "says nothing" }, 5);
  expect(next(study, bob, 6).assignment?.unit).toBe(unit);
  expect(() => review(study, [id], { accept: true }, 7)).toThrow(/others have described/);
  expect(takenOf(study.database, unit)).toBe(1);
  // all or none
  expect(() => review(study, [id, 99], { accept: false, reason: "other" }, 8)).toThrow(/no answer 99/);
  expect(study.database.get("SELECT reason FROM annotations")).toEqual({ reason: "says nothing" });
  study.close();
});

test("texts are one plain line, not empty, not endless", () => {
  const study = newStudy(3);
  const ann = person(study);
  const { assignment } = next(study, ann, 0);
  const say = (text: string) => submit(study, ann, assignment!.code, { text }, 1);
  expect(() => say(" \n\u0000 ")).toThrow(/nothing was said/);
  expect(() => say("x".repeat(501))).toThrow(/at most 500/);
  say("<b>red</b>\n\u202ethings\u0007, cafe\u0301 'quoted\" =1+1");
  expect(study.database.get("SELECT text FROM annotations")).toEqual({
    text: "<b>red</b> things , café 'quoted\" =1+1",
  });
  study.close();
});

test("of five thousand units, the next is the first that nobody has begun", () => {
  const study = newStudy(5000, { annotators: 1 });
  const [ann, bob] = [person(study, "Ann"), person(study, "Bob")];
  study.database.run(
    `INSERT INTO annotations (unit, annotator, text, elapsed, submitted, status, reason)
     SELECT id, ?, 'dogs', 1, 1, 'pending', '' FROM units WHERE place < 4000`,
    [ann.id],
  );
  const first = study.database.get<{ id: number }>("SELECT id FROM units WHERE place = 4000");
  expect(next(study, bob, 0).assignment?.unit).toBe(first?.id);
  study.close();
});
