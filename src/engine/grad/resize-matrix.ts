/** Resizing along one axis as a matrix: what its derivative multiplies with. */
import { type NdArray, ndarray } from "../tensor/ndarray.js";
import type { ResizeAttributes } from "./operators.js";

/** float32 [to, from]: the weights with which each of `to` samples is made of `from`. Follows ONNX's Resize. */
export function resizeMatrix(
  from: number,
  to: number,
  { mode, coordinates, rounding }: ResizeAttributes,
): NdArray<"float32"> {
  const data = new Float32Array(to * from);
  const within = (i: number) => Math.min(from - 1, Math.max(0, i));
  for (let i = 0; i < to; i++) {
    const place = sourceOf(i, from, to, coordinates);
    if (mode === "nearest") {
      data[i * from + within(rounded(place, rounding))] += 1;
      continue;
    }
    const clamped = Math.min(from - 1, Math.max(0, place)); // beyond the centre of the outer cells its value holds
    const left = Math.floor(clamped);
    data[i * from + left] += 1 - (clamped - left);
    data[i * from + within(left + 1)] += clamped - left;
  }
  return ndarray("float32", [to, from], data);
}

function sourceOf(i: number, from: number, to: number, coordinates: ResizeAttributes["coordinates"]): number {
  const scale = to / from;
  if (coordinates === "asymmetric") return i / scale;
  if (coordinates === "align_corners") return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
  if (coordinates === "pytorch_half_pixel" && to === 1) return 0;
  return (i + 0.5) / scale - 0.5;
}

function rounded(place: number, rounding: ResizeAttributes["rounding"]): number {
  if (rounding === "floor") return Math.floor(place);
  if (rounding === "ceil") return Math.ceil(place);
  return rounding === "round_prefer_floor" ? Math.ceil(place - 0.5) : Math.floor(place + 0.5);
}
