/**
 * Teacher forcing: what the captioner, and the language model, think of given sequences. Sequences that begin alike share
 * their beginnings.
 */
import { UserError } from "../../base/errors.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import type { Captioner } from "../captioner.js";
import { selectUnits } from "../units.js";
import { collect, PrefixTree } from "./prefix-tree.js";

/** A sequence to be scored as a description of a unit. */
export interface Sequence {
  /** Row of its unit in the features. */
  readonly unit: number;
  /** Without `<start>`, as far as they are to be counted. */
  readonly tokens: readonly number[];
}

/** What the captioner says of a sequence, token by token. NaN where the unit's features are not finite. */
export interface Forced {
  /** log p(token | tokens before, E). */
  readonly logp: readonly number[];
  /** Weights over the exemplars: float32 [exemplar] per token. */
  readonly attention: readonly Float32Array[];
  /** log p(w | tokens before, E) of all words: float32 [vocabulary] per token; empty unless asked for. */
  readonly distributions: readonly Float32Array[];
}

/** Sequences scored together; bounds the memory for log-probabilities to 5 MB at a vocabulary of 5,000. */
const TOGETHER = 256;

/**
 * Scores sequences. Throws `UserError` for a token or unit that does not exist.
 * @param features float32 [unit, exemplar, feature].
 */
export async function forceTokens(
  captioner: Captioner,
  start: number,
  features: NdArray<"float32">,
  sequences: readonly Sequence[],
  options: { readonly distributions?: boolean } = {},
): Promise<Forced[]> {
  for (const { unit, tokens } of sequences) {
    check("unit", unit, features.shape[0]);
    for (const token of tokens) check("token", token, captioner.sizes.vocabulary);
  }
  const forced: Forced[] = [];
  for (let first = 0; first < sequences.length; first += TOGETHER) {
    const some = sequences.slice(first, first + TOGETHER);
    forced.push(...(await forceTogether(captioner, start, features, some, options.distributions ?? false)));
  }
  return forced;
}

async function forceTogether(
  captioner: Captioner,
  start: number,
  features: NdArray<"float32">,
  sequences: readonly Sequence[],
  distributions: boolean,
): Promise<Forced[]> {
  const units = [...new Set(sequences.map(({ unit }) => unit))];
  const place = new Map(units.map((unit, index) => [unit, index]));
  const exemplars = await captioner.begin(selectUnits(features, units));
  const tree = new PrefixTree(exemplars.origins, start);
  const paths = sequences.map(({ unit, tokens }) => tree.add(place.get(unit)!, tokens));
  for (const level of tree.levels()) collect(level, await captioner.step(exemplars, level), distributions);
  return paths.map((path, s) => ({
    logp: path.map(({ targets }, index) => targets.get(sequences[s].tokens[index])!),
    attention: path.map((at) => at.attention),
    distributions: distributions ? path.map((at) => at.distribution) : [],
  }));
}

function check(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new UserError(`scoring a description: no ${what} ${index}; expected 0 to ${count - 1}`);
}
