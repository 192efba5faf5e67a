/** Cut-outs: what is seen in a part of a picture, to be pasted into another (paper, Figure 14). */
import { sha256 } from "../../base/hash.js";
import { areasOf } from "../../data/labels/areas.js";

/** Height and width, pixels. */
export type Shape = readonly [height: number, width: number];

export interface Cutout {
  readonly width: number;
  readonly height: number;
  /** uint8 [y, x, 4]: red, green, blue, and alpha, which is 255 where the thing is and 0 elsewhere. */
  readonly rgba: Uint8Array;
  /** Pixels of the thing. */
  readonly area: number;
  /** The picture it comes from, for people. */
  readonly from: string;
  /** The same for programs: `identityOf` its pixels, so that nothing is pasted into the picture it was cut out of. */
  readonly source: string;
}

/** Smaller areas, of the picture's, are a few pixels that show nothing when enlarged. */
const LEAST = 1 / 200;

/** One picture, wherever it lies and whatever it is called. @param pixels uint8 [3, y, x]. */
export const identityOf = (pixels: Uint8Array): string => sha256(pixels);

/**
 * Cuts out the largest connected area of a mask; undefined where that is less than a two-hundredth of the picture.
 * @param pixels uint8 [3, y, x], RGB, 0..255. @param mask uint8 [y, x], not 0 where the thing is.
 */
export function cutOut(pixels: Uint8Array, mask: Uint8Array, [height, width]: Shape, from: string): Cutout | undefined {
  const side = Math.max(height, width);
  const square = new Uint8Array(side * side);
  for (let y = 0; y < height; y++) square.set(mask.subarray(y * width, (y + 1) * width), y * side);
  const { areas, of } = areasOf(square, side);
  const [largest] = [...areas.entries()].sort(([, a], [, b]) => b.pixels - a.pixels);
  if (largest === undefined || largest[1].pixels < LEAST * height * width) return undefined;
  const [id, { left, right, top, bottom, pixels: area }] = [largest[0] + 1, largest[1]];
  const [w, h] = [right - left + 1, bottom - top + 1];
  const rgba = new Uint8Array(4 * w * h);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++, to += 4) {
      const at = (top + y) * width + left + x;
      for (let channel = 0; channel < 3; channel++) rgba[to + channel] = pixels[channel * height * width + at];
      rgba[to + 3] = of[(top + y) * side + left + x] === id ? 255 : 0;
    }
  }
  return { width: w, height: h, rgba, area, from, source: identityOf(pixels) };
}
