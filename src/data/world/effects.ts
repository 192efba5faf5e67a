/**
 * Between the world and its photograph: light that falls unevenly, exposure and tint, a lens that blurs, a sensor with noise, JPEG. Labels
 * know nothing of it.
 */
import sharp from "sharp";
import { Random } from "../../base/random.js";
import type { Canvas } from "./canvas.js";
import type { Dice } from "./dice.js";

export interface Effects {
  /** Light grows across the picture in this direction, by so much from end to end. */
  readonly slopeX: number;
  readonly slopeY: number;
  /** How much darker the corners are, 0..1. */
  readonly vignette: number;
  /** Factors of red, green, blue. */
  readonly gains: readonly [number, number, number];
  /** 1 leaves contrast as it is. */
  readonly contrast: number;
  /** Standard deviation of the blur, sides of the picture. */
  readonly blur: number;
  /** Standard deviation of the noise, levels of 255, and the seed it is drawn from. */
  readonly noise: number;
  readonly seed: number;
  /** JPEG quality; undefined for a picture that was never compressed. */
  readonly jpeg: number | undefined;
  readonly subsampled: boolean;
}

export function someEffects(dice: Dice): Effects {
  const exposure = Math.exp(0.14 * dice.normal());
  const warmth = 0.05 * dice.normal();
  return {
    slopeX: dice.range(-0.3, 0.3),
    slopeY: dice.range(-0.3, 0.3),
    vignette: dice.chance(0.4) ? dice.range(0, 0.4) : 0,
    gains: [exposure * (1 + warmth), exposure * (1 + 0.02 * dice.normal()), exposure * (1 - warmth)],
    contrast: dice.range(0.78, 1.12),
    blur: dice.chance(0.45) ? dice.range(0, 0.013) : 0,
    noise: dice.chance(0.6) ? dice.range(0, 9) : 0,
    seed: dice.random.bits(),
    jpeg: dice.chance(0.85) ? dice.whole(60, 95) : undefined,
    subsampled: dice.chance(0.5),
  };
}

/** The picture as the camera saves it, uint8 [y, x, 3], before compression. */
export function photograph({ size, rgb, shade }: Canvas, effects: Effects): Uint8Array {
  const lit = new Float32Array(rgb.length);
  const { slopeX, slopeY, vignette, gains, contrast } = effects;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const [x, y] = [(i + 0.5) / size - 0.5, (j + 0.5) / size - 0.5];
      const light = (1 + slopeX * x + slopeY * y) * (1 - vignette * 2 * (x * x + y * y)) * shade[j * size + i];
      const at = 3 * (j * size + i);
      for (let c = 0; c < 3; c++) lit[at + c] = (rgb[at + c] * light * gains[c] - 118) * contrast + 118;
    }
  }
  if (effects.blur * size > 0.2) blur(lit, size, effects.blur * size);
  const random = new Random(effects.seed);
  const pixels = new Uint8Array(lit.length);
  for (let i = 0; i < lit.length; i++) {
    // The sum of four uniform numbers is near enough to a normal one, and four times as fast.
    if (effects.noise > 0) {
      const bits = random.bits();
      const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
      lit[i] += (effects.noise * (sum - 510)) / 147.8;
    }
    pixels[i] = Math.min(Math.max(Math.round(lit[i]), 0), 255);
  }
  return pixels;
}

/** Gaussian, in place, with the border repeated. */
function blur(plane: Float32Array, size: number, sigma: number): void {
  const radius = Math.ceil(2.5 * sigma);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const row = new Float32Array(3 * size);
  for (const [step, stride] of [
    [3, 3 * size],
    [3 * size, 3],
  ]) {
    for (let line = 0; line < size; line++) {
      for (let i = 0; i < size; i++) {
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let k = -radius; k <= radius; k++) {
            const from = Math.min(Math.max(i + k, 0), size - 1);
            sum += kernel[k + radius] * plane[line * stride + from * step + c];
          }
          row[3 * i + c] = sum / total;
        }
      }
      for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) plane[line * stride + i * step + c] = row[3 * i + c];
    }
  }
}

/** The file that the picture is saved as, and whether it is a JPEG or a PNG. */
export async function encode(
  pixels: Uint8Array,
  size: number,
  { jpeg, subsampled }: Effects,
): Promise<{ file: Buffer; extension: "jpg" | "png" }> {
  const image = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  if (jpeg === undefined) return { file: await image.png().toBuffer(), extension: "png" };
  const chromaSubsampling = subsampled ? "4:2:0" : "4:4:4";
  return { file: await image.jpeg({ quality: jpeg, chromaSubsampling }).toBuffer(), extension: "jpg" };
}
