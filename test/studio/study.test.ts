import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { annotatorAgreement } from "../../src/data/annotations/agreement.js";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { openMetrics } from "../../src/language/metrics.js";
import { atWork, recognised, join as takeIn } from "../../src/studio/annotators.js";
import { Database } from "../../src/studio/database.js";
import { exportTable } from "../../src/studio/export.js";
import { judge } from "../../src/studio/judging.js";
import { AgreementWatch } from "../../src/studio/live-agreement.js";
import { progressOf } from "../../src/studio/progress.js";
import {
  attempt,
  attemptsOf,
  proposeQualification,
  putQuestions,
  readQualification,
} from "../../src/studio/qualification.js";
import { answers, review } from "../../src/studio/review.js";
import { Study } from "../../src/studio/study.js";
import { forgedStore, said } from "../explorer/forged.js";
import { describeNext, newPath, newStudy, person, QUESTIONS, SETTINGS, scratch } from "./studies.js";

test("units are chosen by layer, list, number and seed; those with nothing to show are not", () => {
  const store = forgedStore({ conv1: 40, "features.3": 40, fc: 10 });
  const [conv1, features] = store.layers;
  conv1.levels![5] = 1000;
  conv1.images[4 * 6] = -1;
  const chosen = (choice: Parameters<typeof Study.begin>[4], seed = 1) => {
    const study = Study.begin(newPath(), "tested", store, { ...SETTINGS, seed }, choice);
    const units = study.units().map(({ published, unit }) => `${published} ${unit}`);
    study.close();
    return units;
  };
  expect(chosen({}).sort()).toHaveLength(88);
  expect(chosen({})).not.toContain("conv1 5");
  expect(chosen({})).not.toContain("conv1 6");
  expect(chosen({ layers: ["features.3"] })).toHaveLength(features.units.length);
  expect(chosen({ units: { conv1: [3, 5, 9] } }).sort()).toEqual(["conv1 3", "conv1 9"]);
  const drawn = chosen({ layers: ["conv1", "fc"], sample: 7 });
  expect(drawn.filter((unit) => unit.startsWith("fc"))).toHaveLength(7);
  expect(drawn).toHaveLength(14);
  expect(chosen({ layers: ["conv1", "fc"], sample: 7 })).toEqual(drawn);
  expect(chosen({ layers: ["conv1", "fc"], sample: 7 }, 2)).not.toEqual(drawn);
  expect(() => chosen({ layers: ["conv9"] })).toThrow(/nearest are/);
  expect(() => chosen({ units: { conv1: [99] } })).toThrow(/no unit 99/);
  expect(() => chosen({ units: { conv1: [5] } })).toThrow(/is left to ask about/);
});

test("who picks the best descriptions qualifies, in as many attempts as there are", () => {
  const study = newStudy(6, { qualification: QUESTIONS });
  expect(
    study
      .units()
      .map(({ unit }) => unit)
      .sort(),
  ).toEqual([2, 3, 4, 5]);
  const [ann] = takeIn(study.database, "Ann", 0, false);
  const put = putQuestions(study, ann);
  expect(put.map(({ choices }) => choices.length)).toEqual([4, 3]);
  expect(JSON.stringify(put)).not.toContain("best");
  const right = [put[0].choices.indexOf("round things"), put[1].choices.indexOf("sky")];
  const wrong = [right[0], (right[1] + 1) % 3];
  expect(() => attempt(study, ann, [0], 1)).toThrow(/1 answers; expected 2/);
  expect(attempt(study, ann, wrong, 1)).toEqual({ correct: 1, passed: false, attemptsLeft: 1 });
  expect(attempt(study, ann, right, 2)).toEqual({ correct: 2, passed: true, attemptsLeft: 0 });
  expect(atWork(study.database, ann.id).qualified).toBe(2);
  const [bob] = takeIn(study.database, "Bob", 0, false);
  for (const at of [3, 4]) attempt(study, bob, [9, 9], at);
  expect(() => attempt(study, bob, [0, 0], 5)).toThrow(/no attempt left/);
  expect([attemptsOf(study, bob), atWork(study.database, bob.id).qualified]).toEqual([2, null]);
  study.close();
});

test("the order of choices differs between people, and stays for each", () => {
  const study = newStudy(6, { qualification: QUESTIONS });
  const people = Array.from({ length: 8 }, (_, i) => takeIn(study.database, `P${i}`, 0, false)[0]);
  const orders = people.map((who) => putQuestions(study, who)[0].choices.join());
  expect(new Set(orders).size).toBeGreaterThan(3);
  expect(people.map((who) => putQuestions(study, who)[0].choices.join())).toEqual(orders);
  study.close();
});

test("a test is proposed from clear descriptions that have no word in common", async () => {
  const store = forgedStore({ conv1: 12 });
  const things = [
    "red cars",
    "dog faces",
    "blue sky",
    "text",
    "grass",
    "wheels",
    "windows",
    "red hats",
    "human hands",
    "random areas",
    "trees",
    "flowers",
  ];
  const list = things.map((text, unit) =>
    said("conv1", unit, text, { confidence: unit / 20, ...(unit === 11 && { doubts: ["scattered"] }) }),
  );
  const proposed = proposeQualification(store, list);
  expect(proposed.questions.map(({ unit }) => unit)).toEqual([10, 8]);
  for (const { unit, choices, best } of proposed.questions) {
    expect(choices[best]).toBe(things[unit]);
    expect(new Set(choices).size).toBe(4);
    expect(choices).not.toContain("random areas");
  }
  const path = join(scratch, "q.json");
  writeFileSync(path, JSON.stringify(proposed));
  expect(await readQualification(path)).toEqual(proposed);
  expect(() => proposeQualification(store, list.slice(0, 3))).toThrow(/say too few different things/);
});

test.each([
  ["{", /it is no JSON/],
  ["{}", /questions: /],
  [
    JSON.stringify({ questions: [{ ...QUESTIONS.questions[0], best: 4 }] }),
    /question 1 has 4 choices, and none is number 4/,
  ],
  [JSON.stringify({ questions: [{ ...QUESTIONS.questions[0], choices: ["a", "a"] }] }), /a choice twice/],
  [JSON.stringify({ ...QUESTIONS, passMark: 3 }), /cannot be reached/],
  [JSON.stringify({ questions: [QUESTIONS.questions[0], QUESTIONS.questions[0]] }), /a unit twice/],
])("the test %s is refused", async (text, problem) => {
  const path = join(scratch, "bad.json");
  writeFileSync(path, text);
  await expect(readQualification(path)).rejects.toThrow(problem);
});

test("flags tell spam from agreement", () => {
  let id = 0;
  const by = (annotator: number, text: string, elapsed = 9000) => ({ id: id++, annotator, text, elapsed });
  const all = [
    by(1, "dog faces"),
    by(2, "Dog faces."), // agreement
    by(1, "?!"),
    by(1, "dogs"),
    by(2, "the highlighted areas show cars"),
    by(2, "bright region of a wheel"),
    by(3, "a nice picture", 400),
    by(3, "a nice picture"),
    by(3, "A nice picture!"), // the third
    by(4, "the front wheels of old cars"),
    by(5, "The front wheels of old cars"), // nobody says that by chance
    by(5, "various random things"),
    by(5, "лица собак"),
    by(5, "headlights and traffic lights"),
  ];
  const flags = judge(all, { leastSeconds: 5 });
  expect(all.map((answer) => flags.get(answer.id)!.join())).toEqual([
    "",
    "",
    "empty",
    "too-short",
    "mentions-highlighting",
    "mentions-highlighting",
    "copied,too-fast",
    "copied",
    "copied",
    "copied",
    "copied",
    "vague",
    "not-english",
    "",
  ]);
});

test("progress, agreement and the table are those of what was not rejected", async () => {
  const study = newStudy(4);
  const watch = new AgreementWatch(study);
  expect((await watch.now()).measures).toEqual([]);
  const texts: Record<string, string> = { Ann: "red cars", Bob: "red cars on roads", Cy: "blue skies" };
  for (const [name, text] of Object.entries(texts)) {
    const who = person(study, name);
    for (let i = 0; i < (name === "Cy" ? 1 : 2); i++) describeNext(study, who, `${text}`, i * 1000, 1000 + i * 8000);
  }
  const all = answers(study);
  expect(all.map(({ nickname }) => nickname)).toEqual(["Ann", "Ann", "Bob", "Bob", "Cy"]);
  review(study, [all[4].id], { accept: false, reason: "wrong" }, 9);
  review(study, [all[0].id], { accept: true }, 9);
  const progress = progressOf(study, 10);
  expect(progress).toMatchObject({
    units: 4,
    byAnswers: [2, 0, 2, 0],
    answers: 4,
    wanted: 12,
    pending: 3,
    accepted: 1,
    rejected: 1,
    medianMs: 1000,
  });
  expect(progress.flagged).toEqual({ "too-fast": 2 });
  expect(progress.people.map(({ answers, rejected, medianMs }) => [answers, rejected, medianMs])).toEqual([
    [2, 0, 5000],
    [2, 0, 5000],
    [1, 1, 1000],
  ]);

  const exported = exportTable(study);
  expect(exported).toMatchObject({ annotations: 4, units: 2, complete: 0, unreviewed: 3, flagged: 2, unusable: 0 });
  const path = join(scratch, "annotations.csv");
  writeFileSync(path, exported.csv);
  const { list } = await readAnnotations(path);
  expect(list).toHaveLength(4);
  const metrics = await openMetrics({});
  const { measures, people } = await watch.now();
  for (const metric of metrics.list) {
    const [expected] = await annotatorAgreement(list, metric);
    expect(measures.find((row) => row.metric === metric.name && row.layer === "")).toMatchObject({
      units: 2,
      score: expected.score,
    });
  }
  expect(people.size).toBe(2);
  expect(exportTable(study, { reviewed: true, details: true }).csv).toMatch(
    /^layer,unit,summary,annotator,seconds,status,flags\nconv1,\d,red cars,[0-9a-f]{8},1\.0,accepted,too-fast\n$/,
  );
  study.close();
});

test("people are known by what only their cookie holds", () => {
  const study = newStudy(1);
  const [ann, secret] = takeIn(study.database, " Ann\n<b> ", 0, false);
  expect(ann.nickname).toBe("Ann <b>");
  expect(recognised(study.database, secret)?.id).toBe(ann.id);
  expect(recognised(study.database, "")).toBeUndefined();
  expect(JSON.stringify(study.database.all("SELECT * FROM annotators"))).not.toContain(secret);
  expect(() => takeIn(study.database, " ", 0, false)).toThrow(/empty/);
  expect(() => takeIn(study.database, "x".repeat(41), 0, false)).toThrow(/longer than 40/);
  study.close();
});

test("a file that a process was killed over while it began a study is no study, and no hindrance", () => {
  const path = newPath();
  Database.open(path, "tested", { create: true }).close(); // its tables are there, nothing is in them
  expect(Study.isBegun(path, "tested")).toBe(false);
  expect(() => Study.open(path, "tested", forgedStore({ conv1: 3 }))).toThrow(/never begun/);
  const study = Study.begin(path, "tested", forgedStore({ conv1: 3 }), SETTINGS);
  expect(study.units()).toHaveLength(3);
  study.close();
  expect(Study.isBegun(path, "tested")).toBe(true);
  expect(() => Study.begin(path, "tested", forgedStore({ conv1: 3 }), SETTINGS)).toThrow(/is there already/);
});
