/** Activations as shades of grey; a page gives them colours. */
import { resizeBilinear } from "../../engine/tensor/resize.js";
import type { Size } from "../mask-bits.js";

/**
 * @param map float32 [height, width]; resized as masks are.
 * @param most the activation that is white; all is black where it is not above 0, or where activations are not numbers.
 * @returns uint8 [toHeight, toWidth], 0 for activations of 0 and below.
 */
export function heatOf(map: Float32Array, shape: Size, toShape: Size, most: number): Uint8Array {
  const area = toShape[0] * toShape[1];
  const shades = new Uint8Array(area);
  if (!(most > 0) || !Number.isFinite(most) || !map.every(Number.isFinite)) return shades;
  const values = resizeBilinear(map, shape, new Float64Array(area), toShape, "zero");
  for (let i = 0; i < area; i++) shades[i] = Math.round(255 * Math.min(1, Math.max(0, values[i] / most)));
  return shades;
}
