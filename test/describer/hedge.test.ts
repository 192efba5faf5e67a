/** What is said where a beam does not back its winner. */
import { expect, test } from "vitest";
import { openInterpreter } from "../../src/builtin/interpreter/interpreter.js";
import { hedged } from "../../src/describer/hedge.js";

const interpreter = await openInterpreter();
interface Each {
  readonly description: string;
  readonly logp: number;
  readonly contradicted?: boolean;
  readonly share?: number;
}
const beamOf = (said: Record<string, number>): Each[] =>
  Object.entries(said).map(([description, p]) => ({ description, logp: Math.log(p) }));
const say = (beam: readonly Each[], isOut: (each: Each) => boolean = () => false, canSay = (_: string) => true) =>
  hedged(beam, isOut, interpreter, canSay)?.description;

test("what the beam backs is left alone", () => {
  expect(say(beamOf({ "The top of dogs": 0.2, "tops of dogs": 0.2, dogs: 0.05, "a car": 0.05 }))).toBeUndefined();
  // a candidate that says more backs what says less, and one that says nothing of it does not
  expect(say(beamOf({ Animals: 0.1, dogs: 0.1, "brown cats": 0.1, cars: 0.1, bottles: 0.1 }))).toBeUndefined();
  expect(say([])).toBeUndefined();
});

test("where candidates agree on the region but not on the thing, the region of any is said", () => {
  const beam = beamOf({
    "The bottoms of footwear": 0.1,
    "bottoms of remote controls": 0.1,
    "the bottom of a car": 0.1,
    "bottoms of tools": 0.1,
  });
  expect(say(beam)).toBe("The bottoms of objects");
  // a wording in the beam comes before a new one
  expect(say([...beam, ...beamOf({ "Lower parts of objects": 0.01 })])).toBe("Lower parts of objects");
  expect(say(beam, undefined, (text) => !/object/.test(text))).toBeUndefined();
});

test("the most special kind that is backed is said, in the number of what it replaces", () => {
  const animals = beamOf({ "A labrador retriever": 0.1, "a tabby": 0.1, "a goldfish": 0.1, "a car": 0.1 });
  expect(say(animals)).toBe("An animal");
  expect(say(beamOf({ Goldfish: 0.1, "a labrador retriever": 0.1, chihuahuas: 0.1, pugs: 0.1, beacons: 0.1 }))).toBe(
    "A dog",
  );
});

test("each thing that is said must be backed, but not all by the same candidates", () => {
  expect(say(beamOf({ "Red dogs": 0.05, dogs: 0.1, "red things": 0.1 }))).toBeUndefined();
  expect(say(beamOf({ "Red dogs": 0.01, dogs: 0.3, "brown dogs": 0.05 }))).toBe("dogs");
});

test("only objects tell nothing: then the winner stays, doubtful as it is", () => {
  expect(say(beamOf({ Abacuses: 0.1, cars: 0.1, dogs: 0.1, objects: 0.1 }))).toBeUndefined();
  expect(
    say(beamOf({ Abacuses: 0.1, "objects and beacons": 0.1, "dogs and objects": 0.1, cars: 0.1 })),
  ).toBeUndefined();
});

test("what is contradicted backs nothing, and what is out or of a minority is not said", () => {
  const beam = beamOf({ Abacuses: 0.1, "red areas": 0.4, "red things": 0.4 });
  expect(say(beam)).toBe("red areas");
  const contradicted = beam.map((each, i) => (i > 0 ? { ...each, contradicted: true } : each));
  expect(say(contradicted)).toBeUndefined();
  expect(say(beam, ({ description }) => description === "red areas")).toBe("red things");
  const minor = beam.map((each, i) => (i > 0 ? { ...each, share: 0.4 } : each));
  expect(say(minor)).toBeUndefined();
  expect(say([{ ...minor[0], share: 0.3 }, ...minor.slice(1)])).toBe("red areas");
});

test("nothing is said that names a thing twice", () => {
  expect(say(beamOf({ Abacuses: 0.3, "red areas and red cars": 0.2, cars: 0.02, bottles: 0.02 }))).toBeUndefined();
});

test("alternatives are said only where nothing single is backed", () => {
  expect(say(beamOf({ Abacuses: 0.01, "brown and grey areas": 0.1, "brown areas": 0.4, "grey areas": 0.1 }))).toBe(
    "brown areas",
  );
  expect(say(beamOf({ Abacuses: 0.3, "brown and grey areas": 0.1, "brown areas": 0.1, "grey areas": 0.1 }))).toBe(
    "brown and grey areas",
  );
});
