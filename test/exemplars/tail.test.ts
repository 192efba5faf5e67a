/** Levels: true rank within 0.0005 of the wanted one on any order, merged or not. */
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { selectLargest } from "../../src/exemplars/select.js";
import { Tails, tailCapacity, tailQuantile } from "../../src/exemplars/tail.js";

const COUNT = 200_000;
const random = new Random(7);
const normal = Float32Array.from({ length: COUNT }, () => random.normal());
const sparse = normal.map((value, i) => (i % 20 === 0 ? Math.abs(value) : 0));

const STREAMS: Record<string, Float32Array> = {
  normal,
  constant: new Float32Array(COUNT).fill(0.3),
  "constant zero": new Float32Array(COUNT),
  "sparse, 95 % zeros": sparse,
  "sparse, 99.5 % zeros": normal.map((value, i) => (i % 200 === 0 ? Math.abs(value) : 0)),
  ascending: normal.slice().sort(),
  descending: normal.slice().sort().reverse(),
  "small on a large offset": normal.map((value) => 1000 + value * 0.001),
  "large first, then small": Float32Array.from(
    { length: COUNT },
    (_, i) => (i < COUNT / 50 ? 100 : 1) + normal[i] * 0.1,
  ),
  "many orders of magnitude": normal.map((value) => Math.exp(8 * value)),
  "few values": normal.map((value) => Math.round(value)),
  "all negative": normal.map((value) => -Math.abs(value) - 1),
};

function tailsOf(values: Float32Array, total: number, pieces: number): Tails {
  const tails = new Tails(1, tailCapacity(total, 0.9875), Math.ceil(values.length / pieces));
  const size = Math.ceil(values.length / pieces);
  for (let at = 0; at < values.length; at += size) tails.add(0, values, at, Math.min(at + size, values.length));
  return tails;
}

/** The quantile `q` of a unit. */
const levelOf = (tails: Tails, unit: number, q: number) => tailQuantile(tails.largest(unit), tails.count(unit), q);

/** How far `level` is from rank `q`: 0 when the values equal to it straddle the rank. */
function rankError(values: Float32Array, level: number, q: number): number {
  let below = 0;
  let upTo = 0;
  for (const value of values) {
    if (value < level) below++;
    if (value <= level) upTo++;
  }
  return Math.max(0, below / values.length - q, q - upTo / values.length);
}

for (const [name, values] of Object.entries(STREAMS)) {
  test(`${name}: the level is the exact quantile, in one piece and in two halves merged`, () => {
    const whole = tailsOf(values, COUNT, 137);
    const level = levelOf(whole, 0, 0.99);
    expect(rankError(values, level, 0.99)).toBeLessThan(1e-5);

    const half = COUNT / 2;
    const merged = tailsOf(values.subarray(0, half), COUNT, 61);
    merged.merge(tailsOf(values.subarray(half), COUNT, 61).save());
    expect(levelOf(merged, 0, 0.99)).toBe(level);
    expect(merged.count(0)).toBe(COUNT);
    expect(Array.from(merged.largest(0))).toEqual(Array.from(whole.largest(0)));
  });
}

test("merging into an empty one restores a saved state, halfway through a stream as well", () => {
  const first = tailsOf(normal.subarray(0, 50_000), COUNT, 31);
  const restored = new Tails(1, tailCapacity(COUNT, 0.9875), 5000);
  restored.merge(first.save());
  for (const tails of [first, restored])
    for (let at = 50_000; at < COUNT; at += 5000) tails.add(0, normal, at, at + 5000);
  expect(restored.save()).toEqual(first.save());
});

test("levels above the planned one are exact, far below it they are refused", () => {
  const tails = tailsOf(normal, COUNT, 100);
  expect(rankError(normal, levelOf(tails, 0, 0.999), 0.999)).toBeLessThan(1e-5);
  expect(levelOf(tails, 0, 0.5)).toBeNaN();
});

test("NaN is found wherever it comes, and does not reach other units", () => {
  const poisoned = normal.slice();
  poisoned[123_456] = Number.NaN;
  const tails = new Tails(2, tailCapacity(COUNT, 0.9875), 1000);
  for (let at = 0; at < COUNT; at += 1000) {
    tails.add(0, poisoned, at, at + 1000);
    tails.add(1, normal, at, at + 1000);
  }
  expect(levelOf(tails, 0, 0.99)).toBeNaN();
  expect(rankError(normal, levelOf(tails, 1, 0.99), 0.99)).toBeLessThan(1e-5);
});

test("the quantile interpolates as numpy.interp over midpoints", () => {
  const largest = Float32Array.from([4, 3, 2, 1]);
  expect(tailQuantile(largest, 4, 0.5)).toBe(2.5);
  expect(tailQuantile(largest, 4, 0.125)).toBe(1);
  expect(tailQuantile(largest, 4, 0.01)).toBe(1);
  expect(tailQuantile(largest, 4, 0.99)).toBe(4);
  expect(tailQuantile(largest, 4, 0.75)).toBe(3.5);
});

test("selection finds the largest of any data in place", () => {
  const odd = Float32Array.of(Number.POSITIVE_INFINITY, -0, 0, 1e-42, -1e-42, Number.NEGATIVE_INFINITY, 3, 3, 3, 2);
  for (const values of [...Object.values(STREAMS), odd]) {
    const part = values.slice(0, 5000);
    const count = Math.ceil(part.length / 80);
    const sorted = part.slice().sort().reverse();
    const { kept, floor } = selectLargest(part, count);
    expect(kept).toBeGreaterThanOrEqual(count);
    expect(kept).toBeLessThanOrEqual(count + (count >> 2));
    expect(part.slice(0, kept).sort().reverse().slice(0, count)).toEqual(sorted.slice(0, count));
    // whatever is at most the floor is no loss
    expect(sorted.findIndex((value) => value < floor) === -1 || sorted[count - 1] >= floor).toBe(true);
  }
});
