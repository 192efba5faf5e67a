/**
 * Masks: the pixels of an exemplar where the unit's upsampled activation exceeds its level (paper, section 3.1).
 * As in the reference: half-pixel bilinear upsampling with zeros outside the map, then strictly greater.
 */
import { resizeBilinear } from "../engine/tensor/resize.js";

/**
 * The mask of one activation map.
 * @param map float32 [height, width].
 * @param level the unit's quantile level; NaN (a unit that cannot be judged) gives an empty mask.
 * @param into uint8 [toHeight, toWidth], filled with 0 or 1 and returned.
 */
export function maskOf(
  map: Float32Array,
  shape: readonly [number, number],
  level: number,
  into: Uint8Array,
  toShape: readonly [number, number],
): Uint8Array {
  const upsampled = resizeBilinear(finite(map), shape, new Float64Array(into.length), toShape, "zero");
  for (let i = 0; i < into.length; i++) into[i] = upsampled[i] > level ? 1 : 0;
  return into;
}

/** The largest float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** Infinite activations as the largest finite ones: nothing times infinity would be NaN, and spoil the cells beside them. */
function finite(map: Float32Array): Float32Array {
  return map.every(Number.isFinite) ? map : map.map((value) => Math.min(Math.max(value, -LARGEST), LARGEST));
}
