/**
 * Pictures in a `.npy` array, as many published image sets come: read row by row, so the array may exceed memory.
 *
 * The fingerprint covers the contents, because names and sizes say nothing here: opening reads the file once, about a
 * second per gigabyte.
 */
import { basename } from "node:path";
import { UserError } from "../../base/errors.js";
import { sha256File } from "../../base/hash.js";
import { type DType, toFloat32 } from "../../engine/tensor/ndarray.js";
import { openNpy } from "../../engine/tensor/npy.js";
import { DamagedImage, type ImageSet, type RawPixels } from "./imageset.js";

/** How one row of the array becomes a picture. */
interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly channelFirst: boolean;
}

const FLOATS: readonly DType[] = ["float16", "float32", "float64"];

/**
 * Opens an array of pictures: uint8 in 0..255, or floating-point in 0..1 (rounded to 8 bits), of shape [n,h,w] (grey), [n,h,w,c] or [n,c,h,w] with
 * c = 1 or 3. Errors: `UserError` for any other shape, dtype or range.
 */
export async function openArray(location: string): Promise<ImageSet> {
  const file = await openNpy(location);
  try {
    const { dtype, shape } = file;
    const layout = layoutOf(shape);
    const isFloat = FLOATS.includes(dtype);
    const reject = (problem: string) =>
      new UserError(
        `opening the images ${location}: ${problem}; expected uint8 in 0..255 or floats in 0..1, ` +
          "shaped [n,h,w], [n,h,w,3] or [n,3,h,w]; convert it",
      );
    if (!layout) throw reject(`it has shape [${shape}]`);
    if (!isFloat && dtype !== "uint8") throw reject(`it holds ${dtype}`);
    if (isFloat && outOfRange(toFloat32(await file.readRows(0, 1)).data)) throw reject("its first picture leaves 0..1");
    const name = basename(location);
    return {
      location,
      entries: Array.from({ length: shape[0] }, (_, row) => ({ file: `${name}[${row}]`, label: undefined })),
      ignored: 0,
      fingerprint: await sha256File(location),
      async read(index) {
        const row = await file.readRows(index, index + 1);
        if (!isFloat) return pictureOf(row.data as Uint8Array, 1, layout);
        const values = toFloat32(row).data;
        if (outOfRange(values)) {
          throw new DamagedImage(
            `reading ${location}[${index}]: values outside 0..1, or NaN; expected all within, convert it`,
          );
        }
        return pictureOf(values, 255, layout);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function layoutOf(shape: readonly number[]): Layout | undefined {
  const [count, a, b, c] = shape;
  const isChannels = (n: number): n is 1 | 3 => n === 1 || n === 3;
  if (shape.some((n) => n === 0) || count === undefined) return undefined;
  if (shape.length === 3) return { height: a, width: b, channels: 1, channelFirst: false };
  if (shape.length !== 4) return undefined;
  if (isChannels(c)) return { height: a, width: b, channels: c, channelFirst: false };
  if (isChannels(a)) return { height: b, width: c, channels: a, channelFirst: true };
  return undefined;
}

function outOfRange(values: Float32Array): boolean {
  return !values.every((value) => value >= 0 && value <= 1); // NaN fails both
}

/** Values of one picture, times `scale`, as bytes [height, width, channels]. */
function pictureOf(values: Float32Array | Uint8Array, scale: number, layout: Layout): RawPixels {
  const { height, width, channels, channelFirst } = layout;
  const area = height * width;
  const data = new Uint8Array(area * channels);
  const pixelStep = channelFirst ? 1 : channels;
  const channelStep = channelFirst ? area : 1;
  for (let pixel = 0, to = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < channels; channel++, to++) {
      data[to] = Math.round(values[pixel * pixelStep + channel * channelStep] * scale);
    }
  }
  return { width, height, channels, data };
}
