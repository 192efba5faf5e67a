/**
 * Beam search over many units at once; greedy decoding is a beam of one. All units take their steps together, and a step
 * computes only what differs: finished hypotheses are not stepped, and those that continue the same beginning share its
 * cost (`prefix.ts`). No unit's result depends on the others.
 *
 * As in the reference: of all continuations of all hypotheses the best `width` survive; a finished hypothesis has one
 * continuation, itself. Where the vocabulary is smaller than the beam, the first beams are simply smaller.
 */
import type { NdArray } from "../../engine/tensor/ndarray.js";
import type { Captioner, CaptionPrefix } from "../captioner.js";
import { rowsOf } from "../prefix.js";
import { Best } from "./best.js";

/** A caption or the beginning of one. */
export interface Hypothesis extends CaptionPrefix {
  /** log p(tokens | E). */
  readonly logp: number;
  /** log p(tokens) by the language model, if one takes part in the search; otherwise 0. */
  readonly logpLm: number;
  /** What the beam is sorted by: `logp` - λ `logpLm`. */
  readonly score: number;
  readonly ended: boolean;
}

/** A language model that takes part in the search. */
export interface Prior {
  /** Its weight, λ. */
  readonly lambda: number;
  /** log p(token | tokens so far), float32 [vocabulary], of each hypothesis; valid until the next call. */
  rows(hypotheses: readonly Hypothesis[]): Promise<Float32Array[]>;
}

export interface BeamOptions {
  /** Hypotheses kept per unit. */
  readonly width: number;
  /** Largest number of tokens, `<stop>` included. */
  readonly length: number;
  readonly start: number;
  /** The token that ends a caption; none to go on for `length` tokens. */
  readonly stop: number | undefined;
  readonly prior?: Prior | undefined;
}

const NONE = new Float32Array(0);

/**
 * The beam of every unit, best first. A unit whose log-probabilities are not numbers has an empty beam.
 * @param features float32 [unit, exemplar, feature].
 */
export async function beamSearch(
  captioner: Captioner,
  features: NdArray<"float32">,
  options: BeamOptions,
): Promise<Hypothesis[][]> {
  const exemplars = await captioner.begin(features);
  const nothing = { token: options.start, state: NONE, attention: NONE, logp: 0, logpLm: 0, score: 0, ended: false };
  let beams: Hypothesis[][] = exemplars.origins.map((previous, unit) => [{ ...nothing, unit, previous }]);
  for (let step = 0; step < options.length; step++) {
    const open = beams.flatMap((beam) => beam.filter(({ ended }) => !ended));
    if (open.length === 0) break;
    const logp = rowsOf(await captioner.step(exemplars, open), open.length);
    const logpLm = await options.prior?.rows(open);
    const words = new Map(open.map((hypothesis, i) => [hypothesis, { logp: logp[i], logpLm: logpLm?.[i] }]));
    beams = beams.map((beam) => survivors(beam, words, options));
  }
  return beams;
}

/** What may follow an open hypothesis: log-probabilities, float32 [vocabulary]. */
interface Words {
  readonly logp: Float32Array;
  readonly logpLm: Float32Array | undefined;
}

/** The best continuations of one unit's beam; hypotheses that have no words to follow are finished. */
function survivors(
  beam: readonly Hypothesis[],
  words: ReadonlyMap<Hypothesis, Words>,
  { width, stop, prior }: BeamOptions,
): Hypothesis[] {
  const best = new Best(width);
  beam.forEach((hypothesis, owner) => {
    const next = words.get(hypothesis);
    if (next) best.offerAll(hypothesis.score, gains(next, prior?.lambda ?? 0), owner);
    else best.offer(hypothesis.score, owner, -1);
  });
  return Array.from({ length: best.count }, (_, rank) => {
    const previous = beam[best.owners[rank]];
    const next = words.get(previous);
    if (!next) return previous;
    const token = best.tokens[rank];
    return {
      token,
      previous,
      unit: previous.unit,
      state: NONE,
      attention: NONE,
      logp: previous.logp + next.logp[token],
      logpLm: previous.logpLm + (next.logpLm?.[token] ?? 0),
      score: best.scores[rank],
      ended: token === stop,
    };
  });
}

/** What each word adds to the score: float32 [vocabulary]. */
function gains({ logp, logpLm }: Words, lambda: number): Float32Array {
  if (!logpLm) return logp;
  const gains = new Float32Array(logp.length);
  for (let word = 0; word < gains.length; word++) gains[word] = logp[word] - lambda * logpLm[word];
  return gains;
}

/** The tokens of a hypothesis, without `<start>`, and for each the attention with which it was chosen. */
export function unroll(hypothesis: Hypothesis): { tokens: number[]; attention: Float32Array[] } {
  const tokens: number[] = [];
  const attention: Float32Array[] = [];
  for (let at = hypothesis; at.previous?.previous; at = at.previous as Hypothesis) {
    tokens.unshift(at.token);
    attention.unshift((at.previous as Hypothesis).attention);
  }
  return { tokens, attention };
}
