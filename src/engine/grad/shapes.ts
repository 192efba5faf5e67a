/** Arithmetic on shapes, as NumPy and ONNX define it. */
import { sizeOf } from "../tensor/ndarray.js";

/** The shape that all these broadcast to, or undefined when there is none. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result: number[] = new Array(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, n] of shape.entries()) {
      const axis = rank - shape.length + i;
      if (n !== 1 && result[axis] !== 1 && n !== result[axis]) return undefined;
      if (n !== 1) result[axis] = n;
    }
  }
  return result;
}

/** The axes of `shape` along which a tensor of shape `from` was repeated to fill it, and whether each exists in `from`. */
export function repeatedAxes(from: readonly number[], shape: readonly number[]): number[] {
  const extra = shape.length - from.length;
  return shape.flatMap((n, axis) => (axis < extra || (from[axis - extra] === 1 && n !== 1) ? [axis] : []));
}

/** A target of Reshape with its 0 (as before) and -1 (the rest) filled in, or undefined when it does not fit. */
export function resolveShape(from: readonly number[], target: readonly number[]): number[] | undefined {
  const shape = target.map((n, axis) => (n === 0 ? from[axis] : n));
  const open = shape.indexOf(-1);
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  if (open >= 0) shape[open] = sizeOf(from) / known;
  const fits = shape.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(shape) === sizeOf(from);
  return fits ? shape : undefined;
}

/** An axis counted from the front. Throws when there is none. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw new Error(`no axis ${axis} among ${rank}`);
  return normal;
}
