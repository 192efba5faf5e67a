/** What a beam agrees on. */
import { expect, test } from "vitest";
import { agreements, consensusFirst, onceFirst, SCATTERED } from "../../src/describer/agreement.js";
import { wordsSpoken, wordsTelling } from "../../src/language/vague.js";

const beamOf = (said: Record<string, number>) =>
  Object.entries(said).map(([description, p]) => ({ description, logp: Math.log(p) }));
const never = () => false;

test("agreement is the expected F1 of words, draws by the square root of p(d|E)", () => {
  const beam = beamOf({ "Red dogs": 0.04, "the dogs": 0.01, "a bicycle": 0.01 });
  const [first, second, third] = agreements(beam);
  // weights 2, 1, 1 of 4; F1 of {red, dog} and {dog} is 2/3
  expect(first).toBeCloseTo((2 + 2 / 3) / 4, 12);
  expect(second).toBeCloseTo(((2 * 2) / 3 + 1) / 4, 12);
  expect(third).toBeCloseTo(1 / 4, 12);
});

test("wordings of one thing agree, and so do candidates without words", () => {
  expect(agreements(beamOf({ "the tops of dogs": 0.1, "dog tops": 0.1, "tops of a dog": 0.3 }))).toEqual([1, 1, 1]);
  expect(agreements(beamOf({ "various objects": 0.1, "the object": 0.2, maybe: 0.1 }))[0]).toBeCloseTo(
    1 - 1 / (2 + Math.SQRT2),
    12,
  );
  expect(agreements(beamOf({ "": 0.1, maybe: 0.2 }))).toEqual([1, 1]);
  expect([...wordsSpoken("Some glasses, berries and a bus near the grass")]).toEqual([
    "glass",
    "berry",
    "bus",
    "near",
    "grass",
  ]);
});

test("one candidate agrees with nobody", () => {
  expect(agreements(beamOf({ dogs: 1 }))).toEqual([]);
  expect(agreements([])).toEqual([]);
});

test("likelihoods too small for a number count as they should", () => {
  const beam = [
    { description: "dogs", logp: -2000 },
    { description: "cats", logp: -2000 },
    { description: "cats", logp: -4000 },
  ];
  expect(agreements(beam)[0]).toBeCloseTo(0.5, 12);
});

test("a scattered winner gives way to what most agree with, but not to a candidate that is out", () => {
  const beam = beamOf({
    projectiles: 0.2,
    "a dog": 0.19,
    "top of a dog": 0.18,
    "brown dog": 0.17,
    insects: 0.1,
    "furry dogs": 0.16,
  });
  expect(agreements(beam)[0]).toBeLessThan(SCATTERED);
  const [first, ...rest] = consensusFirst(beam, never).map(({ description }) => description);
  expect(first).toBe("a dog");
  expect(rest).toEqual(["projectiles", "top of a dog", "brown dog", "insects", "furry dogs"]);
  expect(consensusFirst(beam, ({ description }) => description === "a dog")[0].description).toMatch(/dog/);
  expect(consensusFirst(beam, ({ description }) => /dog/.test(description))[0].description).toBe("projectiles");
});

test("a winner that is not scattered stays, also when others agree more", () => {
  const beam = beamOf({ "red dogs": 0.3, dogs: 0.3, "brown dogs": 0.3 });
  expect(agreements(beam)[1]).toBeGreaterThan(agreements(beam)[0]);
  expect(consensusFirst(beam, never)).toBe(beam);
});

test("a thing is said once where the beam has words for it", () => {
  const orderOf = (said: readonly string[], isOut = never as (each: { description: string }) => boolean) =>
    onceFirst(
      said.map((description) => ({ description })),
      isOut,
    ).map(({ description }) => description);
  expect(wordsTelling("Various white dogs and other white objects")).toEqual(["white", "dog", "white"]);
  // the shortest, of as short ones the first; the rest stays in order
  const brown = ["Brown and brown", "Brown areas in places", "Dogs", "Brown areas", "Brown things"];
  expect(orderOf(brown)).toEqual(["Brown areas", "Brown and brown", "Brown areas in places", "Dogs", "Brown things"]);
  // contradicted, say
  expect(orderOf(brown, ({ description }) => description === "Brown areas")[0]).toBe("Brown things");
  expect(orderOf(["Dogs and a dog", "Dogs and cats", "A dog"])[0]).toBe("A dog");
  // other things are not the same thing, nor is less or more
  for (const said of [
    [
      "Grey, white, grey objects",
      "Grey and grey",
      "Grey objects",
      "Grey and black objects",
      "Grey, white and red objects",
    ],
    ["Parts of objects and other parts", "Parts"],
    ["Red dogs", "Dogs"],
    ["A dog", "Dogs and a dog"],
    ["", "Dogs"],
    [],
  ]) {
    expect(orderOf(said)).toEqual(said);
  }
});
