/** The decoders of the reference data, opened through the real reader. */
import { readFileSync } from "node:fs";
import { Captioner } from "../../src/describer/captioner.js";
import { readCheckpoint } from "../../src/describer/checkpoint/checkpoint.js";
import type { Decoder } from "../../src/describer/describe-features.js";
import { LanguageModel } from "../../src/describer/language-model.js";
import type { NdArray } from "../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { shared } from "../shared.js";

/** The decoder of a checkpoint in golden/checkpoint. Token ids follow from the vocabulary: `<start>`, `<stop>`, `<pad>`, `<unk>` last. */
export async function goldenDecoder(file: string): Promise<Decoder> {
  const { tensors } = await readCheckpoint(
    shared(`golden/checkpoint/${file}`),
    (name) => !/^encoder\./.test(name), // its classifiers are a hundred times larger
  );
  const words = new Map([...tensors].filter(([name]) => name.startsWith("lm.")).map(([n, w]) => [n.slice(3), w]));
  const captioner = await Captioner.open(tensors);
  const { vocabulary } = captioner.sizes;
  const languageModel = words.size > 0 ? await LanguageModel.open(words) : undefined;
  return { captioner, languageModel, start: vocabulary - 4, stop: vocabulary - 3 };
}

export async function closeDecoder({ captioner, languageModel }: Decoder): Promise<void> {
  await captioner.close();
  await languageModel?.close();
}

export const readFloats = async (path: string): Promise<NdArray<"float32">> =>
  (await readNpy(shared(path))) as NdArray<"float32">;

// biome-ignore lint/suspicious/noExplicitAny: the shapes of these files are stated in golden/README.md
export const readJson = (path: string): any => JSON.parse(readFileSync(shared(path), "utf8"));

/** The greatest absolute difference of two sequences of equal length. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= greatest)) greatest = difference; // NaN too
  }
  return greatest;
}

/** Tokens up to and including the first `stop`. */
export function untilStop(tokens: readonly number[], stop: number): number[] {
  const end = tokens.indexOf(stop);
  return end < 0 ? [...tokens] : tokens.slice(0, end + 1);
}
