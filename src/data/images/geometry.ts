/**
 * How a picture of any size becomes one of the network's size: which size it is resized to, and which window of that is
 * seen. Sizes and offsets are those of torchvision's `Resize(size)` and `CenterCrop(size)`, rounding included, because
 * half a pixel of displacement moves edges by tens of grey levels.
 */
import { UserError } from "../../base/errors.js";

/**
 * - `crop`: cover the network's size, keep the proportions, cut off what is too much on both sides.
 * - `squash`: the network's size exactly, proportions lost.
 * - `pad`: fit inside, keep the proportions, black around it.
 */
export const FITS = ["crop", "squash", "pad"] as const;
export type Fit = (typeof FITS)[number];

/** One axis: `from` pixels are resized to `resized`, of which those from `offset` on are seen; outside (`pad`) is black. */
export interface Axis {
  readonly from: number;
  readonly resized: number;
  readonly offset: number;
}

/** The two axes of a picture of [width, height] pixels shown at [toWidth, toHeight]. */
export function fitAxes(
  [width, height]: readonly [number, number],
  [toWidth, toHeight]: readonly [number, number],
  fit: Fit,
): { x: Axis; y: Axis } {
  if (!FITS.includes(fit)) throw new UserError(`fitting images: unknown fit ${fit}; expected ${FITS.join(", ")}`);
  const isWide = width * toHeight > height * toWidth; // wider, in proportion, than the network's input
  let [w, h] = [toWidth, toHeight];
  if (fit !== "squash") {
    // Cropping makes the axis that is relatively longer overhang; padding makes the other one fall short.
    if (isWide === (fit === "crop")) w = Math.max(1, Math.floor((width * toHeight) / height));
    else h = Math.max(1, Math.floor((height * toWidth) / width));
  }
  return {
    x: { from: width, resized: w, offset: roundHalfEven((w - toWidth) / 2) },
    y: { from: height, resized: h, offset: roundHalfEven((h - toHeight) / 2) },
  };
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const isUp = value - floor > 0.5 || (value - floor === 0.5 && floor % 2 !== 0);
  return isUp ? floor + 1 : floor;
}
