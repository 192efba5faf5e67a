/**
 * Pasting: a cut-out at a size that is wanted, at a place drawn by the seed. Two cut-outs that are to be compared, a distractor and a control, are
 * pasted at the same size in the same place.
 */
import sharp from "sharp";
import type { Random } from "../../base/random.js";
import { interleaved } from "../../data/images/interleaved.js";
import type { Cutout, Shape } from "./cutout.js";

/** A cut-out at the size at which it is pasted. */
export interface Stamp {
  readonly width: number;
  readonly height: number;
  /** uint8 [y, x, 4], RGB and alpha, 0..255. */
  readonly rgba: Uint8Array;
  readonly cutout: Cutout;
}

/** The middle of what is pasted, pixels from the picture's upper left. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Enlarged further, what is cut out becomes a blur that no unit knows. */
const MOST_ENLARGED = 2;
/** Of the picture's sides, what a stamp may take. */
const MOST_SIDE = 0.9;
const TRIES = 64;

/** The largest area at which a cut-out can be pasted, pixels. */
export function reachOf({ width, height, area }: Cutout, [h, w]: Shape): number {
  return area * Math.min(MOST_ENLARGED, (MOST_SIDE * w) / width, (MOST_SIDE * h) / height) ** 2;
}

/** Resizes a cut-out. @param area pixels that it is to cover; see `reachOf`. */
export async function stampOf(cutout: Cutout, area: number): Promise<Stamp> {
  const scale = Math.sqrt(area / cutout.area);
  const [width, height] = [cutout.width, cutout.height].map((side) => Math.max(1, Math.round(scale * side)));
  const raw = { width: cutout.width, height: cutout.height, channels: 4 } as const;
  const rgba = await sharp(cutout.rgba, { raw }).resize({ width, height, fit: "fill" }).raw().toBuffer();
  return { width, height, rgba: new Uint8Array(rgba), cutout };
}

/**
 * A place in which all the stamps are wholly inside the picture. The first of up to 64 drawn at which none touches the middle ninth, where what
 * the picture shows tends to be; else the one at which they cover least of it.
 */
export function placeFor(stamps: readonly Pick<Stamp, "width" | "height">[], [h, w]: Shape, random: Random): Place {
  const [width, height] = [
    Math.max(...stamps.map((stamp) => stamp.width)),
    Math.max(...stamps.map((stamp) => stamp.height)),
  ];
  const shared = (middle: number, extent: number, side: number) =>
    Math.max(0, Math.min(middle + extent / 2, (2 * side) / 3) - Math.max(middle - extent / 2, side / 3));
  let best: Place = { x: w / 2, y: h / 2 };
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && least > 0; i++) {
    const x = width / 2 + random.uniform() * Math.max(0, w - width);
    const y = height / 2 + random.uniform() * Math.max(0, h - height);
    const covered = shared(x, width, w) * shared(y, height, h);
    if (covered < least) {
      least = covered;
      best = { x, y };
    }
  }
  return best;
}

/** A picture with a stamp in it, as a new array. @param picture uint8 [3, y, x], RGB, 0..255. */
export function pasted(picture: Uint8Array, [h, w]: Shape, stamp: Stamp, place: Place): Uint8Array {
  const found = picture.slice();
  const left = Math.round(place.x - stamp.width / 2);
  const top = Math.round(place.y - stamp.height / 2);
  for (let y = 0; y < stamp.height; y++) {
    for (let x = 0; x < stamp.width; x++) {
      const [toX, toY] = [left + x, top + y];
      if (toX < 0 || toX >= w || toY < 0 || toY >= h) continue; // half a pixel beyond the border, by rounding
      const from = 4 * (y * stamp.width + x);
      const alpha = stamp.rgba[from + 3] / 255;
      for (let channel = 0; channel < 3; channel++) {
        const at = (channel * h + toY) * w + toX;
        found[at] = Math.round(alpha * stamp.rgba[from + channel] + (1 - alpha) * found[at]);
      }
    }
  }
  return found;
}

/** A PNG of pixels. @param pixels uint8 [3, y, x], RGB, 0..255. */
export const pngOf = (pixels: Uint8Array, [height, width]: Shape): Promise<Buffer> =>
  interleaved(pixels, width, height).png().toBuffer();
