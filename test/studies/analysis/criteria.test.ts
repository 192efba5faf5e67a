/** What descriptions are like, and what verdicts come of curves. */
import { expect, test } from "vitest";
import { builtInDescriber } from "../../../src/builtin/assets.js";
import { describerWordVectors } from "../../../src/describer/word-vectors.js";
import { openSyntax } from "../../../src/language/syntax/open.js";
import { likenessTo, scoresOf, wordDifference, wordsOf } from "../../../src/studies/analysis/criteria.js";
import { orderBy, sameLayersOrder } from "../../../src/studies/analysis/curves.js";
import { verdictsOf } from "../../../src/studies/analysis/report.js";

const vectors = new Map([
  ["dogs", Float32Array.of(1, 0)],
  ["cats", Float32Array.of(1, 1)],
  ["sky", Float32Array.of(-2, 0)],
]);

test("nouns, verbs, adpositions, adjectives, words, depth, difference", async () => {
  const syntax = await openSyntax();
  const scores = scoresOf("Large dogs running beside cats.", syntax, vectors);
  expect(scores).toMatchObject({ nouns: 2, verbs: 1, adpositions: 1, adjectives: 1, length: 5 });
  expect(scores.depth).toBeGreaterThan(2);
  expect(scores.difference).toBeCloseTo(1 - Math.SQRT1_2, 6);
  expect(scoresOf("Striped", syntax, vectors)).toMatchObject({ length: 1, depth: 1, difference: 0 });
  const nothing = { nouns: 0, verbs: 0, adpositions: 0, adjectives: 0, length: 0, depth: 0, difference: 0 };
  expect(scoresOf("", syntax, vectors)).toEqual(nothing);
});

test("distances of words, and likeness to one", () => {
  expect(wordDifference(["dogs", "sky", "unheard"], vectors)).toBeCloseTo(2, 6);
  expect(wordDifference(["dogs", "dogs"], vectors)).toBe(0);
  expect(likenessTo("dogs", wordsOf("Cats, and the sky"), vectors)).toBeCloseTo(Math.SQRT1_2, 6);
  expect(likenessTo("dogs", ["unheard"], vectors)).toBeUndefined();
});

test("the built-in describer's own vectors know its words", async () => {
  const own = await describerWordVectors(builtInDescriber());
  expect(own.size).toBeGreaterThan(200);
  expect(new Set([...own.values()].map(({ length }) => length)).size).toBe(1);
  expect(own.has("red")).toBe(true);
});

test("high scores first, equal ones in an order that the seed draws", () => {
  const scores = [0, 3, 1, 1, 1, 1, 1, 2];
  const { units } = orderBy("x", scores, 1);
  expect([...units.slice(0, 2)]).toEqual([1, 7]);
  expect(units[7]).toBe(0);
  expect([...orderBy("x", scores, 1).units]).toEqual([...units]);
  const others = Array.from({ length: 5 }, (_, seed) => orderBy("x", scores, seed).units.join());
  expect(new Set(others).size).toBeGreaterThan(1);
});

test("a verdict only beyond what a further random order would reach", () => {
  const curve = (name: string, area: number) => ({ name, area, points: [] });
  const random = [0.5, 0.52, 0.48, 0.51, 0.49].map((area) => curve("random", area));
  const verdicts = verdictsOf({ curves: [curve("a", 0.3), curve("b", 0.53), curve("c", 0.7)], random, sameLayers: {} });
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(["matter more", "cannot tell", "matter less"]);
  // 2.776 times 0.0158 times the root of 6 / 5
  expect(verdicts[0].margin).toBeCloseTo(2.776 * Math.sqrt(0.00025) * Math.sqrt(1.2), 4);
  // with orders of the same layers these decide, for their criterion alone
  const lower = [0.3, 0.32, 0.28, 0.31, 0.29].map((area) => curve("a, same layers", area));
  const again = verdictsOf({ curves: [curve("a", 0.3), curve("c", 0.7)], random, sameLayers: { a: lower } });
  expect(again.map(({ verdict }) => verdict)).toEqual(["cannot tell", "matter less"]);
});

test("orders of the same layers take as many of each at every step, every unit once, and are drawn by the seed", () => {
  const layers = ["a", "b", "b", "a", "c", "b", "c", "a"];
  const like = Uint32Array.of(2, 0, 4, 1, 7, 3, 6, 5);
  const drawn = Array.from({ length: 6 }, (_, seed) => sameLayersOrder("x", like, layers, seed).units);
  for (const units of drawn) {
    expect(Array.from(units, (i) => layers[i])).toEqual(Array.from(like, (i) => layers[i]));
    expect([...units].sort()).toEqual([...like].sort());
  }
  expect(new Set(drawn.map((units) => units.join())).size).toBeGreaterThan(1);
  expect([...sameLayersOrder("x", like, layers, 3).units]).toEqual([...drawn[3]]);
});
