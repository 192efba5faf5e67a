/**
 * What each exemplar by itself makes of the candidates. A captioner that is shown fifteen exemplars at once follows those it knows best: three dogs among
 * twelve other things are "dogs" to it. Shown one at a time, each says how likely a description is of it alone, and the median of them is what at least half
 * of the exemplars agree to: as if every exemplar had a vote, where p(d|E) has one for all. Not the paper's way, which ranks by p(d|E).
 *
 * Costs a pass of the captioner over the beam's candidates for each exemplar (they share their beginnings): several times what the beam itself costs.
 */
import { median } from "../base/median.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { isVague } from "../language/vague.js";
import { drawn } from "./agreement.js";
import type { Describer } from "./describer.js";
import type { Evidence } from "./evidence.js";
import type { Ranked } from "./rerank-beam.js";
import { forceTokens } from "./search/force.js";
import type { Testimony } from "./witness.js";

/** What exemplars by themselves make of a description. */
export interface Alone {
  /** Median over the exemplars of log p(d | e), natural logarithm. */
  readonly alone: number;
  /** Share of the exemplars, 0 to 1, by each of which the description is likelier than without any: log p(d | e) > log p(d). Only with a language model. */
  readonly support?: number;
}

/** Share of the exemplars up to which a description has too few of them behind it: the doubt `outvoted`. */
export const OUTVOTED = 1 / 3;

/** Share of the draws above which exemplars would mostly say nothing. */
const MOSTLY = 0.5;

/** What each exemplar that has a mask makes of sequences of tokens, each up to and including `<stop>`. Empty where none has a mask. */
export async function aloneOf(
  { decoder, encoder }: Describer,
  { features, masked }: Evidence,
  candidates: readonly { readonly tokens: readonly number[]; readonly logpLm: number | undefined }[],
): Promise<Alone[]> {
  const size = features.length / masked.length;
  const exemplars = Array.from(masked.keys()).filter((at) => masked[at] === 1);
  if (exemplars.length === 0 || candidates.length === 0) return [];
  const own = new Float32Array(exemplars.length * size);
  for (const [i, at] of exemplars.entries()) own.set(features.subarray(at * size, (at + 1) * size), i * size);
  const shape = [exemplars.length, size / encoder.featureSize, encoder.featureSize];
  const sequences = exemplars.flatMap((_, unit) => candidates.map(({ tokens }) => ({ unit, tokens })));
  const forced = await forceTokens(decoder.captioner, decoder.start, ndarray("float32", shape, own), sequences);
  const sums = forced.map(({ logp }) => logp.reduce((sum, value) => sum + value, 0));
  return candidates.map(({ logpLm }, i): Alone => {
    const each = exemplars.map((_, exemplar) => sums[exemplar * candidates.length + i]);
    const alone = median(each);
    if (logpLm === undefined) return { alone };
    return { alone, support: each.filter((logp) => logp > logpLm).length / each.length };
  });
}

type Candidate = Ranked & Partial<Testimony>;

/**
 * The candidates in the order of log p(d|e) of the median exemplar less λ log p(d). Those that a witness contradicts or that are cut short are not asked about
 * and come behind, in their order; so do those that say nothing ("random areas", true of any exemplar), unless they are the more likely half of what is asked
 * about: then nothing is what there is to say.
 */
export async function weighed<Each extends Candidate>(
  found: readonly Each[],
  describer: Describer,
  evidence: Evidence,
  lambda: number,
): Promise<(Each & Partial<Alone>)[]> {
  const { vocabulary } = describer;
  const textOf = ({ tokens }: Each) => vocabulary.reconstruct(tokens);
  const asked = found.filter(
    (each) => !each.contradicted && each.tokens.includes(vocabulary.stop) && textOf(each) !== "",
  );
  const alone = await aloneOf(describer, evidence, asked);
  if (alone.length === 0) return [...found];
  const told = asked.map((each, i) => ({ each, alone: alone[i], isVague: isVague(textOf(each)) }));
  const weights = drawn(alone.map((own) => own.alone));
  const nothing = told.reduce((sum, { isVague: says }, i) => sum + (says ? weights[i] : 0), 0);
  const heard = nothing > MOSTLY ? told : told.filter((each) => !each.isVague);
  const scoreOf = ({ each: { logpLm = 0 }, alone: own }: (typeof told)[number]) => own.alone - lambda * logpLm;
  heard.sort((a, b) => scoreOf(b) - scoreOf(a));
  const first = new Set(heard.map(({ each }) => each));
  return [...heard.map(({ each, alone: own }) => ({ ...each, ...own })), ...found.filter((each) => !first.has(each))];
}
