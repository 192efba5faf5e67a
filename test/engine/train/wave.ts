/** Numbers that look random and that PyTorch was given as well: sin(1.7 i + phase), row by row. */
import { expect } from "vitest";
import { type NdArray, ndarray, sizeOf } from "../../../src/engine/tensor/ndarray.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";

export const wave = (shape: readonly number[], phase: number): NdArray<"float32"> =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i + phase)),
  );

export const floats = (shape: readonly number[], values: readonly number[]) =>
  ndarray("float32", shape, Float32Array.from(values));

export const integers = (...values: readonly number[]) =>
  ndarray("int64", [values.length], BigInt64Array.from(values, BigInt));

/** Parameters by name: shape and phase. */
export const waves = (of: Readonly<Record<string, readonly [readonly number[], number]>>): ParameterValues =>
  new Map(Object.entries(of).map(([name, [shape, phase]]) => [name, wave(shape, phase)]));

/** Each number within `tolerance`. */
export function expectClose(found: NdArray | ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void {
  const values = Array.from(("data" in found ? found.data : found) as ArrayLike<number>);
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value - expected[i]) <= tolerance, `element ${i}: ${value}; expected ${expected[i]}`).toBe(true);
  }
}
