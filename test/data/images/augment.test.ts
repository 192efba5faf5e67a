/** Augmentation against pictures moved and mirrored by hand. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { type Augmentation, augment } from "../../../src/data/images/augment.js";
import { IMAGENET, normalise } from "../../../src/data/images/preprocess.js";
import { noise } from "./made.js";

const SIZE = 16;
const AREA = SIZE * SIZE;
const FAR = 2;
const preprocessing = { ...IMAGENET, width: SIZE, height: SIZE };
const pixels = new Uint8Array(noise(SIZE, SIZE * 40)); // 40 pictures, planes of noise

const made = (augmentations: readonly Augmentation[], seed = 3) =>
  augment(pixels, preprocessing, augmentations, new Random(seed), new Float32Array(pixels.length));

/** Picture `i`, mirrored or not, moved right and down, as the network sees it. */
function changed(i: number, isFlipped: boolean, right: number, down: number): Float32Array {
  const moved = new Uint8Array(3 * AREA);
  for (let place = 0; place < moved.length; place++) {
    const [channel, y, x] = [Math.floor(place / AREA), Math.floor(place / SIZE) % SIZE, place % SIZE];
    const [fromY, fromX] = [y - down, isFlipped ? SIZE - 1 - (x - right) : x - right];
    const isInside = fromY >= 0 && fromY < SIZE && x - right >= 0 && x - right < SIZE;
    moved[place] = isInside ? pixels[(i * 3 + channel) * AREA + fromY * SIZE + fromX] : 0;
  }
  return normalise(moved, preprocessing).data;
}

/** How each picture was changed: found by trying everything. */
function changesIn(data: Float32Array): { isFlipped: boolean; right: number; down: number }[] {
  const moves = Array.from({ length: 2 * FAR + 1 }, (_, i) => i - FAR);
  const all = [false, true].flatMap((isFlipped) =>
    moves.flatMap((right) => moves.map((down) => ({ isFlipped, right, down }))),
  );
  return Array.from({ length: 40 }, (_, i) => {
    const picture = data.subarray(i * 3 * AREA, (i + 1) * 3 * AREA);
    const found = all.filter(({ isFlipped, right, down }) =>
      changed(i, isFlipped, right, down).every((value, at) => value === picture[at]),
    );
    expect(found.length).toBe(1);
    return found[0];
  });
}

test("without augmentation it is normalisation", () => {
  expect(made([])).toEqual(normalise(pixels, preprocessing));
});

test("each picture is mirrored or not, and moved by up to an eighth, black behind", () => {
  const changes = changesIn(made(["flip", "crop"]).data);
  const flipped = changes.filter(({ isFlipped }) => isFlipped).length;
  expect(flipped).toBeGreaterThan(10);
  expect(flipped).toBeLessThan(30);
  for (const axis of ["right", "down"] as const) {
    expect(new Set(changes.map((change) => change[axis]))).toEqual(new Set([-2, -1, 0, 1, 2]));
  }
});

test("one alone", () => {
  expect(changesIn(made(["flip"]).data).every(({ right, down }) => right === 0 && down === 0)).toBe(true);
  expect(changesIn(made(["crop"]).data).some(({ isFlipped }) => isFlipped)).toBe(false);
});

test("the same for the same seed, whatever was in the buffer", () => {
  const dirty = new Float32Array(pixels.length).fill(7);
  expect(augment(pixels, preprocessing, ["crop"], new Random(3), dirty)).toEqual(made(["crop"]));
  expect(made(["crop"], 4)).not.toEqual(made(["crop"]));
});
