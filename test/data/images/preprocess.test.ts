import { describe, expect, it } from "vitest";
import { checkPreprocessing, IMAGENET, normalise, type Preprocessing } from "../../../src/data/images/preprocess.js";
import { noise, planes } from "./made.js";

const small: Preprocessing = { ...IMAGENET, width: 3, height: 2 };
const pixels = Uint8Array.from([...planes(noise(3, 2, 1)), ...planes(noise(3, 2, 2))]); // [2, 3, 2, 3]
const value = (pixel: number, channel: number) =>
  Math.fround((pixel / 255 - IMAGENET.mean[channel]) / IMAGENET.std[channel]);

describe("normalising", () => {
  it("applies mean and standard deviation per channel", () => {
    const { shape, data } = normalise(pixels, small);
    expect(shape).toEqual([2, 3, 2, 3]);
    expect([...data]).toEqual(Array.from(pixels, (pixel, i) => value(pixel, Math.floor(i / 6) % 3)));
  });

  it("maps black and white to the range first", () => {
    const one = { ...small, range: [-1, 3] as const, mean: [0.5], std: [2] };
    expect([...normalise(Uint8Array.from(Array(18).fill(255)), one).data]).toEqual(Array(18).fill(1.25));
    expect([...normalise(new Uint8Array(18), one).data]).toEqual(Array(18).fill(-0.75));
    const bytes = { ...small, range: [0, 255] as const, mean: [0], std: [1] };
    expect([...normalise(pixels, bytes).data]).toEqual([...pixels]);
  });

  it("reorders channels: mean and std are in the network's order", () => {
    const bgr = { ...small, channels: "bgr" as const, range: [0, 255] as const, mean: [1, 2, 3], std: [1] };
    const { data } = normalise(pixels.subarray(0, 18), bgr);
    expect([...data]).toEqual([
      ...Array.from(pixels.subarray(12, 18), (pixel) => pixel - 1),
      ...Array.from(pixels.subarray(6, 12), (pixel) => pixel - 2),
      ...Array.from(pixels.subarray(0, 6), (pixel) => pixel - 3),
    ]);
  });

  it("puts channels last", () => {
    const { shape, data } = normalise(pixels, { ...small, layout: "nhwc" });
    expect(shape).toEqual([2, 2, 3, 3]);
    const first = normalise(pixels, small).data;
    for (let image = 0; image < 2; image++) {
      for (let i = 0; i < 6; i++) {
        for (let c = 0; c < 3; c++) expect(data[image * 18 + i * 3 + c]).toBe(first[image * 18 + c * 6 + i]);
      }
    }
  });

  it("makes grey of colour", () => {
    const grey = { ...small, channels: "grey" as const, range: [0, 255] as const, mean: [0], std: [1] };
    const { shape, data } = normalise(pixels, grey);
    expect(shape).toEqual([2, 1, 2, 3]);
    for (let i = 0; i < 6; i++) {
      const [r, g, b] = [pixels[i], pixels[6 + i], pixels[12 + i]];
      expect(Math.abs(data[i] - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThanOrEqual(0.51);
    }
    expect([...normalise(new Uint8Array(18).fill(77), grey).data]).toEqual(Array(6).fill(77));
  });

  it("writes only as much as needed of a larger buffer", () => {
    const into = new Float32Array(40).fill(7);
    const { data } = normalise(pixels.subarray(0, 18), small, into);
    expect(data.buffer).toBe(into.buffer);
    expect(data).toHaveLength(18);
    expect([...into.subarray(18)]).toEqual(Array(22).fill(7));
  });
});

it.each([
  [{ width: 0 }, /size 0x2; expected whole pixels/],
  [{ height: 2.5 }, /size 3x2\.5/],
  [{ mean: [1, 2] }, /2 values of mean; expected 3, one per channel, or one for all/],
  [{ std: [0.2, 0, 0.2] }, /standard deviation of 0/],
  [{ range: [0, Number.NaN] as const }, /finite/],
  [{ channels: "cmyk" as "rgb" }, /channels cmyk; expected rgb, bgr, grey/],
  [{ channels: "grey" as const }, /3 values of mean; expected 1/],
])("refuses %o", (change, why) => {
  expect(() => checkPreprocessing({ ...small, ...change })).toThrow(why);
});
