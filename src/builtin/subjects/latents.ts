/** Latents for the generators: what `milan dissect --latents` is given, all classes in turn. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../base/random.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { writeNpy } from "../../engine/tensor/npy.js";
import { CLASS, LATENTS } from "./gan-generator.js";

/** float32 [count, length], standard normal. */
export function drawLatents(count: number, length: number, random: Random): NdArray<"float32"> {
  const data = Float32Array.from({ length: count * length }, () => random.normal());
  return ndarray("float32", [count, length], data);
}

/** int64 [count]: class numbers by place. */
export const classNumbers = (count: number, classOf: (i: number) => number): NdArray<"int64"> =>
  ndarray(
    "int64",
    [count],
    BigInt64Array.from({ length: count }, (_, i) => BigInt(classOf(i))),
  );

export interface LatentsOptions {
  readonly count: number;
  readonly length: number;
  readonly classes: number;
  readonly seed: number;
}

/** Writes a folder of latents, `latents.npy` and `class.npy`: row i is of class i modulo their number. */
export async function writeLatents(folder: string, { count, length, classes, seed }: LatentsOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeNpy(join(folder, `${LATENTS}.npy`), drawLatents(count, length, new Random(seed)));
  await writeNpy(
    join(folder, `${CLASS}.npy`),
    classNumbers(count, (i) => i % classes),
  );
}
