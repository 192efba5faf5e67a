/**
 * Resizing as matrices, for encoders made of a classifier of any operator set: a picture or mask resized along both axes is
 * `rows . x . columns`, and matrix products mean the same in every version of ONNX, where `Resize` does not. The graph names the
 * length it wants, `ImageEncoder` feeds the matrix from the length it has.
 *
 * Images are resized with a triangle filter, as PIL and torchvision's antialiased bilinear resizing do; an image that has the
 * size already passes unchanged. Masks are resized by area: each cell gets the share of it that the mask covers, so that no
 * mask vanishes on a coarse map (the reference samples between cells, and loses 30 to 70 % of small masks there).
 */
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";

const FILTERS = { image: triangle, mask: area } as const;

/** Which filter a resizing matrix is made with. */
export type ResizedThing = keyof typeof FILTERS;
export type Axis = "rows" | "columns";

/** The name of the graph input for the matrix that resizes images or masks to `length` rows or columns. */
export const matrixName = (of: ResizedThing, axis: Axis, length: number): string => `${of}.${axis}.${length}`;

/** What such a name asks for, or undefined for any other name. */
export function matrixAskedBy(name: string): { of: ResizedThing; axis: Axis; length: number } | undefined {
  const match = /^(image|mask)\.(rows|columns)\.(\d+)$/.exec(name);
  return match ? { of: match[1] as ResizedThing, axis: match[2] as Axis, length: Number(match[3]) } : undefined;
}

/**
 * The matrix from `from` pixels to `to`: float32 [to, from] for rows, which stand left of what they resize, [from, to] for
 * columns, which stand right of it.
 */
export function resizeMatrix(of: ResizedThing, axis: Axis, from: number, to: number): NdArray<"float32"> {
  const weight = FILTERS[of](from, to);
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < from; j++) data[axis === "rows" ? i * from + j : j * to + i] = weight(i, j);
  }
  return ndarray("float32", axis === "rows" ? [to, from] : [from, to], data);
}

type Weight = (i: number, j: number) => number;

/** Share of cell `i`, of `to` equal cells over the axis, that lies in pixel `j` of `from`. */
function area(from: number, to: number): Weight {
  const width = from / to;
  return (i, j) => Math.max(0, Math.min((i + 1) * width, j + 1) - Math.max(i * width, j)) / width;
}

/** Linear interpolation between pixel centres; when shrinking, the triangle is as much wider. */
function triangle(from: number, to: number): Weight {
  const reach = Math.max(1, from / to);
  const centre = (i: number) => ((i + 0.5) * from) / to;
  const raw: Weight = (i, j) => Math.max(0, 1 - Math.abs(j + 0.5 - centre(i)) / reach);
  const sums = Array.from({ length: to }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < from; j++) sum += raw(i, j);
    return sum;
  });
  return (i, j) => raw(i, j) / sums[i];
}
