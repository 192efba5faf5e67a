/** What a generator makes, at a glance: a row a class, a column a latent. */
import sharp from "sharp";
import { writeFileAtomically } from "../../base/files.js";
import { Random } from "../../base/random.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { openSession } from "../../engine/runtime/open.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { CLASS, IMAGES, LATENTS } from "./gan-generator.js";
import { classNumbers, drawLatents } from "./latents.js";

export interface SheetOptions {
  readonly latent: number;
  readonly classes: number;
  readonly columns: number;
  readonly seed: number;
}

/** Draws the images of every class for the same few latents, and writes them as a PNG. */
export async function writeContactSheet(model: OnnxModel, path: string, options: SheetOptions): Promise<void> {
  const { latent, classes, columns, seed } = options;
  const cells = classes * columns;
  const { data } = drawLatents(columns, latent, new Random(seed));
  const repeated = Float32Array.from({ length: cells * latent }, (_, i) => data[i % data.length]);
  const session = await openSession(model);
  try {
    const images = (
      await session.run({
        [LATENTS]: ndarray("float32", [cells, latent], repeated),
        [CLASS]: classNumbers(cells, (i) => Math.floor(i / columns)),
      })
    )[IMAGES];
    await writeFileAtomically(path, await sheetOf(images, columns));
  } finally {
    await session.close();
  }
}

/** A PNG of images float32 [n, 3, y, x] in -1..1, so many in a row. */
export function sheetOf({ data, shape }: NdArray, columns: number): Promise<Buffer> {
  const [count, , height, width] = shape;
  const area = height * width;
  const stride = 3 * columns * width;
  const canvas = Buffer.alloc(stride * height * Math.ceil(count / columns));
  for (let n = 0; n < count; n++) {
    const corner = Math.floor(n / columns) * height * stride + (n % columns) * 3 * width;
    for (let i = 0; i < 3 * area; i++) {
      const [channel, y, x] = [Math.floor(i / area), Math.floor((i % area) / width), i % width];
      canvas[corner + y * stride + 3 * x + channel] = Math.round(
        127.5 * ((data as Float32Array)[n * 3 * area + i] + 1),
      );
    }
  }
  const raw = { width: columns * width, height: canvas.length / stride, channels: 3 } as const;
  return sharp(canvas, { raw }).png().toBuffer();
}
