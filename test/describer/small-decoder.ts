/** A decoder of a few words with random weights: small enough to enumerate everything it can say. */
import type { Random } from "../../src/base/random.js";
import { Captioner } from "../../src/describer/captioner.js";
import type { Decoder } from "../../src/describer/describe-features.js";
import { LanguageModel } from "../../src/describer/language-model.js";
import { type NdArray, ndarray, sizeOf } from "../../src/engine/tensor/ndarray.js";

const [F, H, A, E] = [7, 6, 5, 4];

export function randomArray(random: Random, shape: number[], scale = 1): NdArray<"float32"> {
  return ndarray(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * scale),
  );
}

/** Weights of a captioner of `words` words and the four special tokens. */
export function captionerWeights(random: Random, words: number): Map<string, NdArray<"float32">> {
  const shapes: Record<string, number[]> = {
    "embedding.weight": [words + 4, E],
    "init_h.0.weight": [H, F],
    "init_h.0.bias": [H],
    "init_c.0.weight": [H, F],
    "init_c.0.bias": [H],
    "attend.query_to_hidden.weight": [A, H],
    "attend.query_to_hidden.bias": [A],
    "attend.key_to_hidden.weight": [A, F],
    "attend.key_to_hidden.bias": [A],
    "attend.output.0.weight": [1, A],
    "attend.output.0.bias": [1],
    "feature_gate.0.weight": [F, H],
    "feature_gate.0.bias": [F],
    "lstm.weight_ih": [4 * H, E + F],
    "lstm.weight_hh": [4 * H, H],
    "lstm.bias_ih": [4 * H],
    "lstm.bias_hh": [4 * H],
    "output.1.weight": [words + 4, H],
    "output.1.bias": [words + 4],
  };
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, randomArray(random, shape)]));
}

/** Weights of a language model with that many layers. */
export function languageModelWeights(random: Random, words: number, layers: number): Map<string, NdArray<"float32">> {
  const shapes: Record<string, number[]> = {
    "embedding.weight": [words + 4, E],
    "output.0.weight": [words + 4, H],
    "output.0.bias": [words + 4],
  };
  for (let k = 0; k < layers; k++) {
    shapes[`lstm.weight_ih_l${k}`] = [4 * H, k === 0 ? E : H];
    shapes[`lstm.weight_hh_l${k}`] = [4 * H, H];
    shapes[`lstm.bias_ih_l${k}`] = [4 * H];
    shapes[`lstm.bias_hh_l${k}`] = [4 * H];
  }
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, randomArray(random, shape)]));
}

export async function smallDecoder(random: Random, words: number, layers = 3): Promise<Decoder> {
  return {
    captioner: await Captioner.open(captionerWeights(random, words)),
    languageModel: await LanguageModel.open(languageModelWeights(random, words, layers)),
    start: words,
    stop: words + 1,
  };
}

/** Features of units: float32 [unit, exemplar, feature]. */
export const smallFeatures = (random: Random, units: number, k = 3) => randomArray(random, [units, k, F]);
