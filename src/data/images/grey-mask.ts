/**
 * Masks that strangers drew: PNGs whose grey values mean something, one number a pixel. Anything whose numbers would be changed on the way
 * (a palette, colours, 16 bits) is refused rather than read wrongly.
 */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { fileProblem, messageOf, UserError } from "../../base/errors.js";
import { MAX_PIXELS } from "./decode.js";
import { sniff } from "./sniff.js";

/** Values of a mask, uint8 [height, width]. */
export interface GreyMask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Reads a mask. Errors: `UserError` for a file that is missing, no 8-bit grey PNG, damaged, or of more than `MAX_PIXELS` pixels. */
export async function readGreyMask(path: string): Promise<GreyMask> {
  try {
    const bytes = await readFile(path);
    if (sniff(bytes) !== "PNG") throw new Error(`it is ${sniff(bytes) ?? "no picture"}`);
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "error" });
    const { isPalette, depth } = await image.metadata();
    if (isPalette) throw new Error("it has a palette");
    if (depth !== "uchar") throw new Error(`it is of ${depth}`);
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { data: grey(data, info.channels), width: info.width, height: info.height };
  } catch (error) {
    const problem = fileProblem("reading the mask", path, error);
    if (problem instanceof UserError) throw problem;
    throw new UserError(`reading the mask ${path}: ${messageOf(error)}; expected an 8-bit grey PNG, write it anew`, {
      cause: error,
    });
  }
}

/** One value a pixel, also of a picture of grey pixels written as colours. */
function grey(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return data;
  const values = new Uint8Array(data.length / channels);
  for (let i = 0, at = 0; i < values.length; i++, at += channels) {
    values[i] = data[at];
    if (channels > 2 && (data[at + 1] !== values[i] || data[at + 2] !== values[i])) throw new Error("it has colours");
  }
  return values;
}
