/**
 * From the bytes of a picture file to pixels at the network's size, in sharp's (libvips') threads.
 *
 * - A picture that already has the size comes out with its exact pixels.
 * - Shrinking is bilinear with antialiasing, as torchvision's. Against PIL, in grey levels, mean and largest difference
 *   on photographs: 0.18 and 3 (short side 256 to 224), 0.22 and 13 (to 112), 0.32 and 5 (1/9 of 5.6 megapixels). From
 *   fourfold shrinking on libvips first averages whole pixels, which small results show most: 0.89 and 15 (256 to 64).
 * - Decoding JPEGs at reduced size ("shrink on load") is switched off. It would save a third of the time on those 5.6
 *   megapixels, but raises the last figures to 1.34 and 38, and a JPEG would differ from a PNG of the same pixels.
 * - Enlarging is done here (`enlarge.ts`): libvips' is displaced by up to half a pixel, 5 grey levels on average.
 * - EXIF orientation is applied. Of an animation the first frame is used.
 * - Transparent pixels are shown on white. 16-bit values lose their lower byte. Grey becomes RGB.
 * - Colour profiles are ignored, and no gamma is applied, because the networks were trained on pixels read that way;
 *   except for CMYK, which means nothing without one (its own, else a standard press profile).
 */
import sharp, { type Sharp } from "sharp";
import { messageOf, UserError } from "../../base/errors.js";
import { enlarge, windowOf } from "./enlarge.js";
import { type Fit, fitAxes } from "./geometry.js";
import { DamagedImage, type RawPixels } from "./imageset.js";
import { DECODABLE, isDecodable, sniff } from "./sniff.js";

// Many pictures at once, one thread each, none of them kept: every picture of a probe set is seen once.
sharp.cache(false);
sharp.concurrency(1);

/** Pictures of more pixels are refused unread: 100 million, beyond which a few damaged headers would exhaust the memory. */
export const MAX_PIXELS = 100_000_000;

/** Serious damage is refused; warnings such as stray bytes between JPEG markers are not damage. */
const STRICTNESS = { limitInputPixels: MAX_PIXELS, failOn: "error" } as const;

/** What pixels are wanted. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly fit: Fit;
}

/**
 * Decodes a picture.
 * @param picture the bytes of a file, or pixels.
 * @param name names it in errors.
 * @param into filled if given, exactly 3 * height * width long.
 * @returns uint8 [3, height, width], RGB, 0..255.
 * Errors: `DamagedImage` when it is no picture, damaged, or too large.
 */
export async function decode(
  picture: Uint8Array | RawPixels,
  view: View,
  name = "an image",
  into: Uint8Array = new Uint8Array(3 * view.height * view.width),
): Promise<Uint8Array> {
  try {
    const source = picture instanceof Uint8Array ? await inspect(picture) : fromPixels(picture);
    const { x, y } = fitAxes([source.width, source.height], [view.width, view.height], view.fit);
    const columns = windowOf(x, view.width);
    const rows = windowOf(y, view.height);
    const { data, info } = await source
      .open()
      // Taking the whole as an extract first is how sharp is told not to shrink on load.
      .extract({ left: 0, top: 0, width: source.width, height: source.height })
      .resize({ width: columns.shrunk, height: rows.shrunk, fit: "fill", kernel: "linear" })
      .extract({ left: columns.start, top: rows.start, width: columns.length, height: rows.length })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
    return enlarge(data, columns, rows, into);
  } catch (error) {
    // Those are mistakes of the caller or of ours, not of the picture.
    if (error instanceof UserError || error instanceof TypeError || error instanceof RangeError) throw error;
    throw new DamagedImage(`decoding ${name}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Width and height of a picture as `decode` sees it, pixels.
 * Errors: `DamagedImage` when it is no picture.
 */
export async function sidesOf(picture: Uint8Array | RawPixels, name = "an image"): Promise<readonly [number, number]> {
  try {
    const { width, height } = picture instanceof Uint8Array ? await inspect(picture) : picture;
    return [width, height];
  } catch (error) {
    throw new DamagedImage(`decoding ${name}: ${messageOf(error)}`, { cause: error });
  }
}

interface Source {
  /** Size after orientation, in pixels. */
  readonly width: number;
  readonly height: number;
  open(): Sharp;
}

/** Reads the header of a picture file. */
async function inspect(bytes: Uint8Array): Promise<Source> {
  const format = sniff(bytes);
  if (!isDecodable(format)) {
    const what = bytes.length === 0 ? "the file is empty" : `it is ${format ? `a ${format} file` : "no picture"}`;
    throw new Error(`${what}; expected ${DECODABLE.join(", ")}, convert it`);
  }
  const { autoOrient, space } = await sharp(bytes, STRICTNESS).metadata();
  return {
    width: autoOrient.width,
    height: autoOrient.height,
    open: () => sharp(bytes, { ...STRICTNESS, ignoreIcc: space !== "cmyk" }).autoOrient(),
  };
}

function fromPixels({ data, width, height, channels }: RawPixels): Source {
  return { width, height, open: () => sharp(data, { raw: { width, height, channels } }) };
}
