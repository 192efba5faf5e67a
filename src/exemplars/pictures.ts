/**
 * Pictures a generator made of the winning latents, kept in the run so that describing and showing need no generator:
 * `pictures/<id>.png`.
 */
import { join } from "node:path";
import sharp from "sharp";
import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { type NdArray, sizeOf } from "../engine/tensor/ndarray.js";

/** A generated picture's path below its run. */
export const pictureName = (id: number): string => `pictures/${id}.png`;

/** Path of a generated picture. */
export const picturePath = (run: string, id: number): string => join(run, pictureName(id));

/** Writes the generated images of a batch, float [image, 3 or 1, height, width] in [-1, 1]. */
export async function writePictures(run: string, ids: ArrayLike<number>, generated: NdArray): Promise<void> {
  const { shape, data } = generated;
  const [, channels, height, width] = shape;
  if (shape.length !== 4 || (channels !== 3 && channels !== 1)) {
    throw new UserError(`reading generated images: expected [image, 3 or 1, height, width], got [${shape}]`);
  }
  const size = sizeOf(shape.slice(1));
  const area = height * width;
  for (let image = 0; image < ids.length; image++) {
    const pixels = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      const value = Number(data[image * size + i]);
      pixels[(i % area) * channels + Math.floor(i / area)] = Math.min(
        255,
        Math.max(0, Math.round((value + 1) * 127.5)),
      );
    }
    const png = await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
    await writeFileAtomically(picturePath(run, ids[image]), png);
  }
}
