/**
 * Small random changes to training pictures, made on the way from pixels to the network's input: one pass over memory, as cheap
 * as normalisation alone.
 */
import type { Random } from "../../base/random.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { type Preprocessing, tableOf } from "./preprocess.js";

export const AUGMENTATIONS = ["flip", "crop"] as const;
/** `flip`: left and right are exchanged in half of the pictures. `crop`: moved by up to an eighth of the side, black behind. */
export type Augmentation = (typeof AUGMENTATIONS)[number];

/** Of the side: how far a picture is moved at most. */
const CROP_SHARE = 1 / 8;

/**
 * Normalises pictures that are randomly changed.
 * @param pixels uint8 [n, 3, height, width], RGB, 0..255.
 * @param preprocessing for RGB networks with channels first.
 * @param into float32 of the same size.
 * @param random three draws for every picture.
 * @returns float32 [n, 3, height, width], over `into`.
 */
export function augment(
  pixels: Uint8Array,
  preprocessing: Preprocessing,
  augmentations: readonly Augmentation[],
  random: Random,
  into: Float32Array,
): NdArray<"float32"> {
  const { width, height } = preprocessing;
  const tables = [0, 1, 2].map((channel) => tableOf(preprocessing, channel));
  const [farX, farY] = augmentations.includes("crop")
    ? [Math.floor(width * CROP_SHARE), Math.floor(height * CROP_SHARE)]
    : [0, 0];
  const count = pixels.length / (3 * width * height);
  for (let image = 0; image < count; image++) {
    const isFlipped = random.bits() % 2 === 1 && augmentations.includes("flip");
    const right = random.integer(2 * farX + 1) - farX;
    const down = random.integer(2 * farY + 1) - farY;
    for (let channel = 0; channel < 3; channel++) {
      const plane = (image * 3 + channel) * width * height;
      const table = tables[channel];
      for (let y = 0; y < height; y++) {
        const to = plane + y * width;
        const from = y - down;
        into.fill(table[0], to, to + width);
        if (from < 0 || from >= height) continue;
        const [first, end] = [Math.max(0, right), Math.min(width, width + right)];
        const row = plane + from * width;
        if (isFlipped) for (let x = first; x < end; x++) into[to + x] = table[pixels[row + width - 1 - (x - right)]];
        else for (let x = first; x < end; x++) into[to + x] = table[pixels[row + x - right]];
      }
    }
  }
  return ndarray("float32", [count, 3, height, width], into);
}
