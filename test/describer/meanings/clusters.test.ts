import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { Clusters } from "../../../src/describer/meanings/clusters.js";
import { meaningsOf, weightsOf } from "../../../src/describer/meanings/meanings.js";
import { eigen } from "../../../src/describer/meanings/symmetric.js";

const SIZE = 24;
const K = 15;

/** A unit's features: exemplars around centres, scattered most along features that tell no units apart. */
function unit(random: Random, centres: readonly (readonly number[])[], counts: readonly number[]): Float32Array {
  const rows = counts.flatMap((count, c) => Array.from({ length: count }, () => centres[c]));
  return Float32Array.from({ length: rows.length * SIZE }, (_, at) => {
    const feature = at % SIZE;
    const scatter = feature < 6 ? 0.6 : 4;
    return (feature < 6 ? rows[Math.floor(at / SIZE)][feature] : 0) + scatter * random.normal();
  });
}

const centre = (random: Random) => Array.from({ length: 6 }, () => 3 * random.normal());

function world() {
  const random = new Random(4);
  const centres = Array.from({ length: 60 }, () => centre(random));
  const units = centres.map((own) => unit(random, [own], [K]));
  return { random, centres, units, clusters: Clusters.of(units, SIZE)! };
}

test("units around one centre stay whole, those around two or three fall apart", () => {
  const { random, centres, units, clusters } = world();
  const whole = units.filter((features) => clusters.split(features, 9).length === 1);
  expect(whole.length).toBeGreaterThanOrEqual(58);
  let [two, three] = [0, 0];
  for (let i = 0; i + 2 < 60; i += 3) {
    const some = centres.slice(i, i + 3);
    const halves = clusters.split(unit(random, some, [9, 6, 0]), 9);
    if (String(halves) === String([Array.from({ length: 9 }, (_, j) => j), [9, 10, 11, 12, 13, 14]])) two += 1;
    const thirds = unit(random, some, [5, 5, 5]);
    if (clusters.split(thirds, 9).length === 3) three += 1;
    expect(clusters.split(thirds, 2).length).toBeLessThanOrEqual(2);
  }
  expect([two, three].map((count) => count >= 15)).toEqual([true, true]); // of 20 each
});

test("two strays are no meaning, and empty masks belong to none", () => {
  const { random, centres, clusters } = world();
  for (const group of clusters.split(unit(random, centres, [13, 2]), 9)) expect(group.length).toBeGreaterThanOrEqual(3);
  const features = unit(random, centres, [8, 7]).fill(0, 0, SIZE);
  expect(
    clusters
      .split(features, 9)
      .flat()
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: K - 1 }, (_, i) => i + 1));
});

test("the same units give the same groups, in whatever order they are asked for", () => {
  const { units, clusters } = world();
  const forwards = units.map((features) => clusters.split(features, 9));
  const again = world().clusters;
  expect(units.map((_, i) => again.split(units[units.length - 1 - i], 9)).reverse()).toEqual(forwards);
});

test("nothing to compare with: too few units, all alike, or none finite", () => {
  const { units } = world();
  expect(Clusters.of(units.slice(0, 9), SIZE)).toBeUndefined();
  expect(Clusters.of(Array(20).fill(new Float32Array(K * SIZE).fill(1)), SIZE)).toBeUndefined();
  expect(Clusters.of(Array(20).fill(new Float32Array(K * SIZE).fill(Number.NaN)), SIZE)).toBeUndefined();
});

test("what says the same is one meaning, and the larger share comes first", () => {
  const said = (description: string, logp: number, ...ranks: number[]) => ({
    ranks,
    best: { description, logp, logpLm: null, pmi: null },
  });
  const weights = new Map([0.5, 0.2, 0.1, 0.1, 0.1].entries());
  expect(meaningsOf([said("dogs", -3, 1, 3), said("cats", -2, 0), said("dogs", -1, 2)], weights)).toEqual([
    { ...said("cats", -2).best, share: expect.closeTo(0.5), exemplars: [0] },
    { ...said("dogs", -1).best, share: expect.closeTo(0.4), exemplars: [1, 2, 3] },
  ]);
  expect(meaningsOf([said("dogs", -3, 1), said("dogs", -2, 0)], weights)).toBeUndefined();
  expect(meaningsOf([said("dogs", -3, 1), said("", -2, 0)], weights)).toBeUndefined();
});

test("weights: above the level, or the activation, or all the same", () => {
  const layer = { name: "l", shortNames: [], units: [0], images: Int32Array.of(4, 5, -1), flaws: [] };
  const activations = Float32Array.of(3, 1.5, 0);
  const weights = (more: object) => [...weightsOf({ ...layer, ...more }, 0, 3, [0, 1]).values()];
  expect(weights({ activations, levels: Float32Array.of(2) })).toEqual([1, 0]);
  expect(weights({ activations })).toEqual([3, 1.5]);
  expect(weights({})).toEqual([1, 1]);
  expect(weights({ activations, levels: Float32Array.of(9) })).toEqual([1, 1]);
});

test("eigenvectors of a symmetric matrix", () => {
  const random = new Random(1);
  const half = Array.from({ length: 12 }, () => Float64Array.from({ length: 12 }, () => random.normal()));
  const matrix = half.map((row, i) => row.map((value, j) => value + half[j][i]));
  const { values, vectors } = eigen(matrix);
  for (const [i, vector] of vectors.entries()) {
    for (const [row, value] of vector.entries()) {
      const product = matrix[row].reduce((sum, entry, j) => sum + entry * vector[j], 0);
      expect(product).toBeCloseTo(values[i] * value, 8);
    }
  }
});
