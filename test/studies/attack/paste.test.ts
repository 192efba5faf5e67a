/** Cutting out, pasting, and counting in pairs. */
import sharp from "sharp";
import { expect, test } from "vitest";
import { pairedDifference } from "../../../src/base/proportion.js";
import { Random } from "../../../src/base/random.js";
import { cutOut } from "../../../src/studies/attack/cutout.js";
import { meanDifference, verdictOf } from "../../../src/studies/attack/paired.js";
import { pasted, placeFor, pngOf, reachOf, stampOf } from "../../../src/studies/attack/paste.js";

/** A picture [height, width] whose pixels all differ. */
const gradient = (height: number, width: number) =>
  Uint8Array.from({ length: 3 * height * width }, (_, i) => (i * 7) % 251);

/** A mask with a rectangle of 4 x 3 and one pixel elsewhere. */
function maskOf(height: number, width: number): Uint8Array {
  const mask = new Uint8Array(height * width);
  for (let y = 5; y < 8; y++) mask.fill(1, y * width + 2, y * width + 6);
  mask[width - 1] = 1;
  return mask;
}

test.each([
  [20, 12],
  [12, 20],
  [16, 16],
])("the largest area of a mask, %i high and %i wide, with its pixels", (height, width) => {
  const pixels = gradient(height, width);
  const cutout = cutOut(pixels, maskOf(height, width), [height, width], "a.png")!;
  expect([cutout.width, cutout.height, cutout.area]).toEqual([4, 3, 12]);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 4; x++) {
      const at = (5 + y) * width + 2 + x;
      const own = [0, 1, 2].map((channel) => pixels[channel * height * width + at]);
      expect([...cutout.rgba.subarray(4 * (4 * y + x), 4 * (4 * y + x) + 4)]).toEqual([...own, 255]);
    }
  }
});

test("what is beside the area is transparent; specks and nothing are no cut-outs", () => {
  const mask = maskOf(16, 16);
  mask[5 * 16 + 2] = 0;
  const cutout = cutOut(gradient(16, 16), mask, [16, 16], "a.png")!;
  expect([cutout.area, cutout.rgba[3], cutout.rgba[7]]).toEqual([11, 0, 255]);
  const speck = new Uint8Array(64 * 64);
  speck[100] = 1;
  expect(cutOut(gradient(64, 64), speck, [64, 64], "a.png")).toBeUndefined();
  expect(cutOut(gradient(64, 64), new Uint8Array(64 * 64), [64, 64], "a.png")).toBeUndefined();
});

test("a stamp covers the area that is wanted, and changes only what is below it", async () => {
  const shape = [60, 80] as const;
  const mask = new Uint8Array(60 * 80);
  for (let y = 10; y < 30; y++) mask.fill(1, y * 80 + 20, y * 80 + 50);
  const cutout = cutOut(new Uint8Array(3 * 60 * 80).fill(200), mask, shape, "a.png")!;
  expect(reachOf(cutout, shape)).toBe(600 * 4);
  for (const area of [150, 600, 1200]) {
    const stamp = await stampOf(cutout, area);
    expect(Math.abs(stamp.width * stamp.height - area)).toBeLessThan(0.06 * area);
    const picture = new Uint8Array(3 * 60 * 80).fill(10);
    const found = pasted(picture, shape, stamp, { x: 40, y: 30 });
    expect(picture.every((value) => value === 10)).toBe(true);
    expect(found.filter((value) => value === 200)).toHaveLength(3 * stamp.width * stamp.height);
    expect(found.filter((value) => value === 10)).toHaveLength(3 * (60 * 80 - stamp.width * stamp.height));
    const { data } = await sharp(await pngOf(found, shape))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([data[0], data[3 * (30 * 80 + 40) + 1]]).toEqual([10, 200]);
  }
});

test("places leave the middle ninth free where that can be, and are inside the picture", () => {
  const random = new Random(1);
  for (let i = 0; i < 200; i++) {
    const { x, y } = placeFor(
      [
        { width: 18, height: 10 },
        { width: 12, height: 16 },
      ],
      [60, 60],
      random,
    );
    expect(Math.min(x - 9, y - 8)).toBeGreaterThanOrEqual(0);
    expect(Math.max(x + 9, y + 8)).toBeLessThanOrEqual(60);
    const isBeside = x + 9 <= 20 || x - 9 >= 40 || y + 8 <= 20 || y - 8 >= 40;
    expect(isBeside).toBe(true);
  }
  const large = placeFor([{ width: 54, height: 54 }], [60, 60], random);
  expect(large.x).toBeGreaterThanOrEqual(27);
});

test("paired differences by Agresti and Min; a difference of nothing cannot be told", () => {
  // 30 pairs: 9 with the distractor only, 2 with the control only
  const { value, low, high } = pairedDifference({ pictures: 30, first: 9, second: 2 });
  expect(value).toBeCloseTo(7 / 30, 12);
  expect(low).toBeCloseTo((7 - 1.96 * Math.sqrt(12 - 49 / 32)) / 32, 12);
  expect(high).toBeCloseTo((7 + 1.96 * Math.sqrt(12 - 49 / 32)) / 32, 12);
  const none = pairedDifference({ pictures: 200, first: 0, second: 0 });
  expect([none.value, verdictOf(none)]).toEqual([0, "cannot tell"]);
  expect(none.high).toBeCloseTo(-none.low, 12);
  expect(verdictOf(pairedDifference({ pictures: 40, first: 1, second: 15 }))).toBe("worse than random");
  expect(verdictOf(pairedDifference({ pictures: 40, first: 15, second: 1 }))).toBe("works");
});

test("the interval of a paired difference holds what is true about as often as it says", () => {
  const random = new Random(7);
  let held = 0;
  const rounds = 2000;
  for (let round = 0; round < rounds; round++) {
    let [first, second] = [0, 0];
    for (let i = 0; i < 60; i++) {
      const luck = random.uniform();
      if (luck < 0.1) first++;
      else if (luck < 0.13) second++;
    }
    const { low, high } = pairedDifference({ pictures: 60, first, second });
    if (low <= 0.07 && high >= 0.07) held++;
  }
  expect(held / rounds).toBeGreaterThan(0.93);
  expect(held / rounds).toBeLessThan(0.985);
});

test("over several units each counts the same, and units are what is resampled", () => {
  const units = [
    { pictures: 10, first: 5, second: 0 },
    { pictures: 1000, first: 100, second: 0 },
  ];
  const { value, low, high } = meanDifference(units, 1);
  expect([value, low, high].map((share) => Number(share.toFixed(6)))).toEqual([0.3, 0.1, 0.5]);
  expect(meanDifference(units.slice(0, 1), 1)).toEqual(pairedDifference(units[0]));
});

test("that nothing succeeded with any of several units is no certainty", () => {
  const none = { pictures: 20, first: 0, second: 0 };
  const { value, low, high } = meanDifference([none, none, none], 1);
  expect(value).toBe(0);
  expect([low, high]).toEqual(Object.values(pairedDifference({ pictures: 60, first: 0, second: 0 })).slice(1));
  expect(high).toBeGreaterThan(0.02);
});
