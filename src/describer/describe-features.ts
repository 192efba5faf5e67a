/**
 * From the features of units' exemplars to their descriptions, with all the evidence: the whole beam, log p(d | E),
 * log p(d), their weighted difference, and where the captioner looked (the paper, section 3).
 *
 * At the paper's sizes a unit costs about 3 billion floating-point operations, nearly all in products of large matrices.
 */
import { UserError } from "../base/errors.js";
import type { NdArray } from "../engine/tensor/ndarray.js";
import type { Captioner } from "./captioner.js";
import type { LanguageModel } from "./language-model.js";
import { beamSearch, type Hypothesis, unroll } from "./search/beam.js";
import { forceTokens } from "./search/force.js";
import { languageModelPrior } from "./search/mutual-information.js";
import { completed, type DecodingOptions, type Settings } from "./search/options.js";
import { countedByReference, wordLogps } from "./search/rerank.js";
import { finiteUnits, selectUnits } from "./units.js";

export { type DecodingOptions, SEARCHES, type Search } from "./search/options.js";

/** What turns features into token sequences. */
export interface Decoder {
  readonly captioner: Captioner;
  readonly languageModel?: LanguageModel | undefined;
  /** The token before the first. */
  readonly start: number;
  /** The token after the last. */
  readonly stop: number;
}

/** A description and its evidence. */
export interface Decoded {
  /** Up to and including `<stop>`, which is missing where a caption was cut at the greatest length. */
  readonly tokens: readonly number[];
  /** log p(d | E), natural logarithm. */
  readonly logp: number;
  /** log p(d); undefined without a language model. */
  readonly logpLm: number | undefined;
  /** log p(d | E) - λ log p(d); undefined without a language model. */
  readonly pmi: number | undefined;
  /** For each token the weights over the exemplars with which it was chosen: float32 [exemplar], sum 1. */
  readonly attention: readonly Float32Array[];
}

export interface UnitBeam {
  /** Best first, by `pmi` (`rerank`, `mi`) or by `logp` (`beam`, `greedy`); empty when the unit cannot be decoded. */
  readonly beam: readonly Decoded[];
  /** Why the unit cannot be decoded. */
  readonly problem?: string;
}

/**
 * Decodes units. One whose features are not finite numbers is returned with a `problem`, and affects no other.
 * Throws `UserError` when features do not fit the captioner, an option is out of range, or a language model is missing.
 * @param features float32 [unit, exemplar, feature], from the encoder the captioner was trained with.
 */
export async function describeFeatures(
  decoder: Decoder,
  features: NdArray<"float32">,
  options: DecodingOptions,
): Promise<UnitBeam[]> {
  const settings = completed(options, decoder.languageModel !== undefined);
  checkVocabulary(decoder);
  const readable = finiteUnits(features);
  const beams: Hypothesis[][] = [];
  for (const some of chunks(readable, settings.batch)) {
    beams.push(...(await decode(decoder, selectUnits(features, some), settings)));
  }
  const logpLms = await scoreWords(decoder, beams, settings);
  const units = Array.from({ length: features.shape[0] }, () => undecodable("its features are not finite numbers"));
  readable.forEach((unit, index) => {
    units[unit] =
      beams[index].length > 0
        ? { beam: ranked(beams[index], logpLms[index], settings) }
        : undecodable("the captioner's log-probabilities are not numbers");
  });
  return units;
}

function checkVocabulary({ captioner, languageModel }: Decoder): void {
  const [expected, got] = [captioner.sizes.vocabulary, languageModel?.sizes.vocabulary];
  if (got === undefined || got === expected) return;
  throw new UserError(
    `describing: the language model has another vocabulary; expected the captioner's ${expected} tokens, got ${got}`,
  );
}

const undecodable = (problem: string): UnitBeam => ({ beam: [], problem });

function decode(decoder: Decoder, features: NdArray<"float32">, settings: Settings): Promise<Hypothesis[][]> {
  const { captioner, languageModel, start, stop } = decoder;
  const { search, lambda, beam, length, compat } = settings;
  const greedy = search === "greedy";
  return beamSearch(captioner, features, {
    width: greedy ? 1 : beam,
    length,
    start,
    stop: greedy && compat ? undefined : stop,
    prior: search === "mi" ? languageModelPrior(languageModel!, lambda, start) : undefined,
  });
}

/**
 * What captioner and language model think of one given sequence of tokens.
 * @param features float32 [1, exemplar, feature]. @param tokens up to and including `<stop>`. @param lambda of `pmi`.
 */
export async function scoreTokens(
  { captioner, languageModel, start }: Decoder,
  features: NdArray<"float32">,
  tokens: readonly number[],
  lambda: number,
): Promise<Decoded> {
  const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const [forced] = await forceTokens(captioner, start, features, [{ unit: 0, tokens }]);
  const logp = sumOf(forced.logp);
  const logpLm = languageModel && sumOf((await wordLogps(languageModel, start, [tokens]))[0]);
  const pmi = logpLm === undefined ? undefined : logp - lambda * logpLm;
  return { tokens, logp, logpLm, pmi, attention: forced.attention };
}

/** log p(d) of every hypothesis. */
async function scoreWords(
  { languageModel, start, stop }: Decoder,
  beams: readonly (readonly Hypothesis[])[],
  { search, batch, compat }: Settings,
): Promise<(readonly (number | undefined)[])[]> {
  if (!languageModel) return beams.map((beam) => beam.map(() => undefined));
  if (search === "mi") return beams.map((beam) => beam.map(({ logpLm }) => logpLm));
  const sequences = beams.map((beam) => beam.map((hypothesis) => untilStop(unroll(hypothesis).tokens, stop)));
  const columns = sequences.flat().reduce((most, { length }) => Math.max(most, length), 0);
  const scores: number[][] = [];
  for (const some of chunks(sequences, batch)) {
    const counted = compat ? some.flat().map((tokens) => countedByReference(tokens, stop, columns)) : some.flat();
    const words = await wordLogps(languageModel, start, counted);
    const sums = words.map((logps) => logps.reduce((sum, logp) => sum + logp, 0));
    let first = 0;
    for (const beam of some) scores.push(sums.slice(first, (first += beam.length)));
  }
  return scores;
}

/** The beam with its evidence, in the order of the search. */
function ranked(
  hypotheses: readonly Hypothesis[],
  logpLms: readonly (number | undefined)[],
  { search, lambda }: Settings,
): Decoded[] {
  const beam = hypotheses.map((hypothesis, rank): Decoded => {
    const logpLm = logpLms[rank];
    const pmi = logpLm === undefined ? undefined : hypothesis.logp - lambda * logpLm;
    return { ...unroll(hypothesis), logp: hypothesis.logp, logpLm, pmi };
  });
  return search === "rerank" ? beam.sort((a, b) => b.pmi! - a.pmi!) : beam;
}

/**
 * A beam with what says nothing put last: a weak captioner gives much of its probability to stopping at once, which is no
 * description. (The reference would return it.)
 */
export function speakingFirst<D extends Decoded>(beam: readonly D[], stop: number): D[] {
  const saysNothing = ({ tokens }: D) => tokens[0] === stop;
  return [...beam.filter((each) => !saysNothing(each)), ...beam.filter(saysNothing)];
}

const untilStop = (tokens: readonly number[], stop: number): readonly number[] => {
  const end = tokens.indexOf(stop);
  return end < 0 ? tokens : tokens.slice(0, end + 1);
};

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
