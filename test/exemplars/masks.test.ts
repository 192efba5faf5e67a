/** Masks as positions, of active rows only, are those of the whole upsampled map. */
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { Masker, maskOf } from "../../src/exemplars/masks.js";

const positions = (mask: Uint8Array) => Array.from(mask.keys()).filter((at) => mask[at] === 1);

test.each<[readonly [number, number], readonly [number, number]]>([
  [
    [4, 4],
    [16, 16],
  ],
  [
    [1, 1],
    [8, 8],
  ],
  [
    [7, 5],
    [12, 20],
  ],
  [
    [16, 16],
    [8, 8],
  ],
  [
    [13, 13],
    [64, 64],
  ],
])("%j to %j", (shape, toShape) => {
  const random = new Random(shape[0]);
  const masker = new Masker(shape, toShape);
  let found = 0;
  for (let round = 0; round < 200; round++) {
    const isRectified = round % 2 === 0;
    const map = Float32Array.from({ length: shape[0] * shape[1] }, () => {
      const value = random.normal();
      return isRectified ? Math.max(0, value - 1) : value;
    });
    if (round % 10 === 3) map[random.integer(map.length)] = Number.POSITIVE_INFINITY;
    if (round % 10 === 5) map[random.integer(map.length)] = Number.NEGATIVE_INFINITY;
    if (round % 10 === 7) map[random.integer(map.length)] = Number.NaN;
    const most = map.reduce((a, b) => Math.max(a, b));
    for (const level of [0, 0.5, -0.5, Number.isFinite(most) ? most : 1, Math.fround(random.normal()), Number.NaN]) {
      const mask = maskOf(map, shape, level, new Uint8Array(toShape[0] * toShape[1]), toShape);
      const expected = positions(mask);
      expect(Array.from(masker.positions(map, level))).toEqual(expected);
      found += expected.length;
    }
  }
  expect(found).toBeGreaterThan(0);
});
