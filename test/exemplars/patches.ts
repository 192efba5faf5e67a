/** Pictures of which everything is known, and dissections of small networks over them. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll } from "vitest";
import { type OnnxModel, writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { type DissectOptions, dissect } from "../../src/exemplars/dissect.js";
import { imageFolder, type ProbeOpener } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";

export const folder = mkdtempSync(join(tmpdir(), "milan-kinds-"));
export const [HEIGHT, WIDTH, COUNT] = [16, 32, 12];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Writes black pictures, 16 x 32, each with one grey 8 x 8 patch: picture i has it at row i % 2 and column i % 4 of the grid of
 * patches, of brightness 100 + 10 i.
 */
export async function writePatches(name: string): Promise<void> {
  mkdirSync(join(folder, name));
  for (let i = 0; i < COUNT; i++) {
    const pixels = new Uint8Array(HEIGHT * WIDTH * 3);
    for (let y = 0; y < 8; y++) {
      const start = (8 * (i % 2) + y) * WIDTH + 8 * (i % 4);
      pixels.fill(100 + 10 * i, 3 * start, 3 * (start + 8));
    }
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    await sharp(pixels, { raw })
      .png()
      .toFile(join(folder, name, `${String(i).padStart(2, "0")}.png`));
  }
}
beforeAll(() => writePatches("patches"));

/** The patches as they are, 0..1. */
export const patches = (name = "patches") => imageFolder(join(folder, name), { mean: [0], std: [1] });

/** Writes a model and dissects it, over the patches unless said otherwise, k = 3 unless said otherwise. */
export async function dissected(
  model: OnnxModel,
  name: string,
  options: Partial<DissectOptions> = {},
  probe: ProbeOpener = patches(),
) {
  const path = join(folder, `${name}.onnx`);
  await writeModel(model, path);
  return dissect(await openModel(path), probe, { out: join(folder, name), k: 3, ...options });
}

export const floats = (shape: number[], values: readonly number[]) =>
  ndarray("float32", shape, Float32Array.from(values));
export const integers = (...values: number[]) => ndarray("int64", [values.length], BigInt64Array.from(values, BigInt));
