/** Random views: what they keep of a picture, and that luck alone decides the rest. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { makeView, type ViewOptions } from "../../../src/data/images/views.js";

const plain = { ...IMAGENET, mean: [0], std: [1 / 255] }; // values as they are
const SIDE = 16;
/** Brighter to the right, greener below. */
const picture = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [channel, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
  return channel === 1 ? 10 * y + 20 : 8 * x + 40;
});
const whole: ViewOptions = { size: SIDE, scale: [1, 1], blur: 0, solarise: 0 };
const view = (seed: number, options: Partial<ViewOptions> = {}, of = picture, random = new Random(seed)) => {
  const all = { ...whole, ...options };
  const into = new Float32Array(3 * all.size ** 2);
  makeView(of, all, plain, random, into);
  return into;
};
const seeds = Array.from({ length: 60 }, (_, i) => i);

test("the same luck makes the same view, other luck another", () => {
  expect(view(1)).toEqual(view(1));
  expect(new Set(seeds.map((seed) => String(view(seed)))).size).toBe(seeds.length);
});

test("values stay in the range of pixels, whatever the changes", () => {
  for (const seed of seeds) {
    const made = view(seed, { scale: [0.08, 1], blur: 0.5, solarise: 0.5, size: 12 });
    expect(made.every((value) => value >= -1e-3 && value <= 255.001)).toBe(true);
  }
});

test("half are mirrored, some are grey, brightness moves around the picture's own", () => {
  const views = seeds.map((seed) => view(seed));
  const at = (made: Float32Array, channel: number, y: number, x: number) => made[(channel * SIDE + y) * SIDE + x];
  const mirrored = views.filter((made) => at(made, 0, 8, 1) > at(made, 0, 8, 14));
  expect(mirrored.length).toBeGreaterThan(15);
  expect(mirrored.length).toBeLessThan(45);
  const isGrey = (made: Float32Array) => Math.abs(at(made, 0, 14, 8) - at(made, 1, 14, 8)) < 0.01;
  const grey = views.filter(isGrey).length;
  expect(grey).toBeGreaterThan(0);
  expect(grey).toBeLessThan(20);
  const mean = (made: Float32Array) => made.reduce((a, b) => a + b, 0) / made.length;
  const means = views.map(mean);
  const average = means.reduce((a, b) => a + b, 0) / means.length;
  expect(Math.abs(average / mean(Float32Array.from(picture)) - 1)).toBeLessThan(0.1);
  expect(Math.max(...means) / Math.min(...means)).toBeGreaterThan(1.3);
});

test("a uniform picture stays uniform; blurring and solarising do what they say", () => {
  const grey = new Uint8Array(3 * SIDE * SIDE).fill(200);
  for (const seed of seeds.slice(0, 20)) {
    const made = view(seed, { scale: [0.2, 1], blur: 1 }, grey);
    expect(Math.max(...made) - Math.min(...made)).toBeLessThan(0.01); // a grey has no hue to turn
    const solarised = view(seed, { solarise: 1 }, grey);
    expect(solarised[0]).toBeLessThanOrEqual(128);
  }
  const roughness = (made: Float32Array) => {
    let sum = 0;
    for (let i = 1; i < SIDE ** 2; i++) sum += i % SIDE === 0 ? 0 : Math.abs(made[i] - made[i - 1]);
    return sum;
  };
  const checks = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => ((i ^ (i >> 4)) & 1 ? 200 : 60));
  for (const seed of seeds.slice(0, 10)) {
    expect(roughness(view(seed, { blur: 1 }, checks))).toBeLessThan(0.5 * roughness(view(seed, {}, checks)));
  }
});
