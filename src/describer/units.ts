/** Picking units out of the array of all units' features. */
import { type NdArray, ndarray, sizeOf } from "../engine/tensor/ndarray.js";

/**
 * The features of some units, float32 [unit, exemplar, feature]: a view if the units follow each other, otherwise a copy.
 */
export function selectUnits({ data, shape }: NdArray<"float32">, units: readonly number[]): NdArray<"float32"> {
  const size = sizeOf(shape.slice(1));
  const selected = [units.length, ...shape.slice(1)];
  if (units.every((unit, index) => unit === units[0] + index)) {
    const first = (units[0] ?? 0) * size;
    return ndarray("float32", selected, data.subarray(first, first + units.length * size));
  }
  const copy = new Float32Array(units.length * size);
  units.forEach((unit, index) => {
    copy.set(data.subarray(unit * size, (unit + 1) * size), index * size);
  });
  return ndarray("float32", selected, copy);
}

/** The units whose features are all finite. A plain loop: a callback per value costs as much as a decoding step. */
export function finiteUnits({ data, shape }: NdArray<"float32">): number[] {
  const size = sizeOf(shape.slice(1));
  const isReadable = (unit: number) => {
    for (let i = unit * size; i < (unit + 1) * size; i++) if (!Number.isFinite(data[i])) return false;
    return true;
  };
  return Array.from({ length: shape[0] }, (_, unit) => unit).filter(isReadable);
}
