/** Curves against definitions computed the slow way, ties included. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { pearson, Ranking } from "../../../src/studies/faithfulness/curves.js";

/** scikit-learn's definition: over falling thresholds, the sum of (recall gained) x precision. */
function averagePrecision(scores: readonly number[], isPositive: readonly boolean[]): number {
  const count = isPositive.filter(Boolean).length;
  let sum = 0;
  let before = 0;
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const passed = scores.map((score) => score >= threshold);
    const found = passed.filter((is, i) => is && isPositive[i]).length;
    sum += ((found - before) / count) * (found / passed.filter(Boolean).length);
    before = found;
  }
  return sum;
}

/** Over all pairs of a positive and a negative; a tie counts one half. */
function auc(scores: readonly number[], isPositive: readonly boolean[]): number {
  let [won, pairs] = [0, 0];
  for (const [i, a] of scores.entries()) {
    for (const [j, b] of scores.entries()) {
      if (!isPositive[i] || isPositive[j]) continue;
      pairs++;
      won += a > b ? 1 : a === b ? 0.5 : 0;
    }
  }
  return won / pairs;
}

test("average precision and AUC agree with their definitions, however many ties there are", () => {
  const random = new Random(5);
  for (let round = 0; round < 300; round++) {
    const count = 2 + random.integer(40);
    const values = 1 + random.integer(12);
    const scores = Array.from({ length: count }, () => random.integer(values) - 3);
    const isPositive = scores.map(() => random.uniform() < 0.3);
    isPositive[0] = true;
    isPositive[1] = false;
    const positives = Uint32Array.from([...isPositive.keys()].filter((i) => isPositive[i]));
    const ranking = new Ranking(Float32Array.from(scores));
    expect(ranking.averagePrecision(positives)).toBeCloseTo(averagePrecision(scores, isPositive), 12);
    expect(ranking.auc(positives)).toBeCloseTo(auc(scores, isPositive), 12);
  }
});

test("a perfect ranking scores 1, a constant one the base rate and one half", () => {
  const positives = Uint32Array.of(1, 3);
  const perfect = new Ranking(Float32Array.of(0, 9, 1, 8, Number.NEGATIVE_INFINITY));
  expect([perfect.averagePrecision(positives), perfect.auc(positives)]).toEqual([1, 1]);
  const constant = new Ranking(Float32Array.of(0, -0, 0, -0, 0)); // -0 is no less than 0
  expect([constant.averagePrecision(positives), constant.auc(positives)]).toEqual([0.4, 0.5]);
});

test("without positives nothing is defined; without negatives there is no AUC", () => {
  const ranking = new Ranking(Float32Array.of(1, 2));
  expect(ranking.averagePrecision(new Uint32Array())).toBeNaN();
  expect(ranking.auc(new Uint32Array())).toBeNaN();
  expect(ranking.averagePrecision(Uint32Array.of(0, 1))).toBe(1);
  expect(ranking.auc(Uint32Array.of(0, 1))).toBeNaN();
});

test("Pearson's correlation, also far from zero; a constant has none", () => {
  const a = Float32Array.of(1, 2, 3, 4);
  expect(pearson(a, Float32Array.of(2, 4, 6, 8))).toBeCloseTo(1, 12);
  expect(pearson(a, Float32Array.of(1, 3, 2, 4))).toBeCloseTo(0.8, 12);
  expect(
    pearson(
      a,
      a.map((value) => -value - 1000),
    ),
  ).toBeCloseTo(-1, 9);
  expect(pearson(a, new Float32Array(4).fill(0.1))).toBeNaN();
  expect(pearson(new Float32Array(4).fill(0.3), a)).toBeNaN();
});
