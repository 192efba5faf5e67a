/**
 * Colour and texture of a photograph's pixels, measured. Colours are taken after slight blurring: people name areas, not pixels.
 */
import { decode } from "../images/decode.js";
import type { RawPixels } from "../images/imageset.js";
import { colourNumber } from "./colour.js";
import { measureTexture } from "./texture.js";

/** Larger pictures are measured at this size, pixels a side: finer texture is lost on networks and people alike. */
const MEASURED_SIZE = 96;

export interface Measured {
  /** uint8 [size, size], as in `Labels`. */
  readonly colour: Uint8Array;
  readonly texture: Uint8Array;
}

/**
 * Measures a square picture.
 * @param picture bytes of a file, or pixels; what is not square is cropped to its middle.
 * @param size side of the planes, pixels.
 */
export async function measurePicture(picture: Uint8Array | RawPixels, size: number, name?: string): Promise<Measured> {
  const side = Math.min(size, MEASURED_SIZE);
  const pixels = await decode(picture, { width: side, height: side, fit: "crop" }, name);
  const { colour, texture } = measurePixels(pixels, side);
  return { colour: resizePlane(colour, side, size), texture: resizePlane(texture, side, size) };
}

/** Measures pixels, uint8 [3, size, size], RGB. */
export function measurePixels(pixels: Uint8Array, size: number): Measured {
  const area = size * size;
  const grey = new Float32Array(area);
  for (let i = 0; i < area; i++) grey[i] = 0.299 * pixels[i] + 0.587 * pixels[area + i] + 0.114 * pixels[2 * area + i];
  return { colour: measureColour(pixels, size), texture: measureTexture(grey, size) };
}

/** Colours alone, uint8 [size, size] as in `Labels`. @param pixels uint8 [3, size, size], RGB. */
export function measureColour(pixels: Uint8Array, size: number): Uint8Array {
  const area = size * size;
  const [r, g, b] = [0, 1, 2].map((channel) => blurred(pixels.subarray(channel * area, (channel + 1) * area), size));
  return Uint8Array.from({ length: area }, (_, i) => colourNumber(r[i], g[i], b[i]));
}

/** Weights 1 2 1 along both axes, edges repeated. */
function blurred(plane: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(plane.length);
  const last = size - 1;
  for (let y = 0; y < size; y++) {
    const rows = [Math.max(0, y - 1), y, y, Math.min(last, y + 1)];
    for (let x = 0; x < size; x++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(last, x + 1)];
      let sum = 8;
      for (const row of rows) sum += plane[row * size + left] + 2 * plane[row * size + x] + plane[row * size + right];
      out[y * size + x] = sum >> 4;
    }
  }
  return out;
}

/** A plane of numbers at another size: the nearest pixel's. @param plane uint8 [from, from]. */
export function resizePlane(plane: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return plane;
  const out = new Uint8Array(to * to);
  const nearest = Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to)));
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) out[y * to + x] = plane[nearest[y] * from + nearest[x]];
  }
  return out;
}
