/** Bilinear resizing against values worked out by hand and by PyTorch. */
import { expect, test } from "vitest";
import { resizeBilinear } from "../../../src/engine/tensor/resize.js";

const map = Float32Array.of(1, 2, 3, 4);

test("clamped borders: torch.nn.functional.interpolate, align_corners=False", () => {
  const out = resizeBilinear(map, [2, 2], new Float32Array(16), [4, 4], "clamp");
  // torch.nn.functional.interpolate(torch.tensor([[[[1., 2.], [3., 4.]]]]), size=4, mode="bilinear", align_corners=False)
  const wanted = [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4];
  expect(Array.from(out)).toEqual(wanted);
});

test("zero borders fade over the outer half cell", () => {
  const out = resizeBilinear(map, [2, 2], new Float32Array(16), [4, 4], "zero");
  expect(out[0]).toBeCloseTo(0.75 * 0.75 * 1);
  expect(out[3]).toBeCloseTo(0.75 * 0.75 * 2);
  expect(out[5]).toBeCloseTo(1.75);
});

test("a map of one cell is constant either way", () => {
  for (const border of ["clamp", "zero"] as const) {
    expect(Array.from(resizeBilinear([7], [1, 1], new Float32Array(9), [3, 3], border))).toEqual(Array(9).fill(7));
  }
});

test("shrinking samples without antialiasing", () => {
  const row = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  expect(Array.from(resizeBilinear(row, [1, 8], new Float32Array(2), [1, 2], "clamp"))).toEqual([1.5, 5.5]);
});
