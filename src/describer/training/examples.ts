/**
 * What a describer learns from, as numbers: every annotation is an example, but units are what is split and held out (appendix
 * B), so that no unit is on both sides. Sequences are those of the vocabulary, without `<start>`, with `<stop>`.
 */
import { Random } from "../../base/random.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { seedAt } from "../../engine/train/seeds.js";
import type { Vocabulary } from "../../language/vocabulary.js";

/** A tokenised annotation of a unit. */
export interface Example {
  /** The unit's place in the list of all units. */
  readonly unit: number;
  /** Tokens, `<stop>` included unless it was cut off. */
  readonly tokens: readonly number[];
}

/** An annotation as tokens; one longer than `length` is cut, without a `<stop>`: where it would end is not known. */
export function toExample(unit: number, words: readonly string[], vocabulary: Vocabulary, length: number): Example {
  const ids = words.map((word) => vocabulary.id(word));
  return { unit, tokens: [...ids, vocabulary.stop].slice(0, length) };
}

/** Targets of a batch, int64 [row, step], filled up with `<pad>`; rows that are missing are `<pad>` throughout. */
export function targetsOf(
  examples: readonly Example[],
  rows: number,
  steps: number,
  { pad }: Pick<Vocabulary, "pad">,
): NdArray<"int64"> {
  const data = new BigInt64Array(rows * steps).fill(BigInt(pad));
  for (const [row, { tokens }] of examples.entries()) {
    for (const [step, token] of tokens.entries()) data[row * steps + step] = BigInt(token);
  }
  return ndarray("int64", [rows, steps], data);
}

/** The order in which the training loop sees the examples in an epoch: what it asks for with the same seed. */
export const orderOf = (count: number, seed: number, epoch: number): Uint32Array =>
  new Random(seedAt(seed, epoch)).permutation(count);

/**
 * The most tokens that any batch of a training holds. The loss then weighs the vocabulary at so many places instead of at all of
 * them, most of which are `<pad>`; batches are known in advance, being functions of the seed.
 */
export function mostTokens(
  examples: readonly Example[],
  { rows, epochs, seed }: { readonly rows: number; readonly epochs: number; readonly seed: number },
): number {
  let most = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = orderOf(examples.length, seed, epoch);
    for (let first = 0; first + rows <= order.length; first += rows) {
      let count = 0;
      for (let i = first; i < first + rows; i++) count += examples[order[i]].tokens.length;
      most = Math.max(most, count);
    }
  }
  return most;
}
