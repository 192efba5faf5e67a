/**
 * How sure a describer is of what it says, as against how it words it. A beam holds many wordings of one thing, or one wording each of many
 * things, and the score of its winner does not tell which. So candidates are drawn from the beam by p(d|E) and compared by the words they
 * speak of: a description that the others share words with is what the captioner means, whichever of them it prefers.
 *
 * This tells right descriptions from wrong ones better than any score does, and where the winner is one of many things that might have been said,
 * the one that most agree with is right more often (docs/describer.md, "How sure"). Costs beam² comparisons of short texts a unit.
 */
import { wordsSpoken, wordsTelling } from "../language/vague.js";
import { words } from "../language/words.js";
import type { Candidate } from "../run/descriptions.js";

/** Below this, what is said is one of many things that might have been: the doubt `scattered`. */
export const SCATTERED = 0.3;

/** Below this, a winner has to be what most of the beam agrees with. */
const CONTESTED = 0.5;

/**
 * Draws are by p(d|E) to the power of 1 / this: captioners are surer of their first few candidates than they are right.
 */
const TEMPERATURE = 2;

/**
 * Of each candidate, the expected F1 of the words that it shares with one drawn from the beam, itself among them; 0 to 1. Two without words agree.
 * @param beam their order is of no account. Empty when there are fewer than two, which nothing can be said of.
 */
export function agreements(beam: readonly Pick<Candidate, "description" | "logp" | "alone">[]): number[] {
  if (beam.length < 2) return [];
  const shares = drawn(beam.map(likelihoodOf));
  const said = beam.map(({ description }) => wordsSpoken(description));
  return said.map((own) => said.reduce((sum, other, i) => sum + shares[i] * sharedWords(own, other), 0));
}

/** What a candidate is drawn by: what exemplars by themselves make of it where they were asked (`alone.ts`), else p(d|E); natural logarithm. */
export const likelihoodOf = ({ logp, alone }: Pick<Candidate, "logp" | "alone">): number => alone ?? logp;

/** How often each candidate is drawn; sum 1. @param logps see `likelihoodOf`. */
export function drawn(logps: readonly number[]): number[] {
  const most = logps.reduce((max, logp) => Math.max(max, logp), Number.NEGATIVE_INFINITY);
  const weights = logps.map((logp) => Math.exp((logp - most) / TEMPERATURE));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Where the first candidate is contested, puts that before it which most agree with; of equal ones the first.
 * @param beam the best first. @param isOut candidates that cannot win, unless the first is one itself.
 */
export function consensusFirst<Each extends Pick<Candidate, "description" | "logp" | "alone">>(
  beam: readonly Each[],
  isOut: (candidate: Each) => boolean,
): readonly Each[] {
  const shared = agreements(beam);
  if (shared.length === 0 || shared[0] >= CONTESTED) return beam;
  let chosen = 0;
  for (const [i, candidate] of beam.entries()) if (shared[i] > shared[chosen] && !isOut(candidate)) chosen = i;
  return fromFront(beam, chosen);
}

/**
 * Where the first candidate says a thing twice ("brown and brown"), puts that before it which says the same things once each: of those with the
 * fewest words the first.
 * @param beam, isOut as of `consensusFirst`.
 */
export function onceFirst<Each extends Pick<Candidate, "description">>(
  beam: readonly Each[],
  isOut: (candidate: Each) => boolean,
): readonly Each[] {
  const first = beam[0]?.description ?? "";
  if (!saysTwice(first)) return beam;
  const things = new Set(wordsTelling(first));
  let [chosen, fewest] = [0, Number.POSITIVE_INFINITY];
  for (const [i, candidate] of beam.entries()) {
    const told = wordsTelling(candidate.description);
    const isSame = told.length === things.size && [...things].every((word) => told.includes(word));
    const length = words(candidate.description).length;
    if (isSame && length < fewest && !isOut(candidate)) [chosen, fewest] = [i, length];
  }
  return chosen === 0 ? beam : fromFront(beam, chosen);
}

/** Whether a description names a thing twice. */
export function saysTwice(description: string): boolean {
  const said = wordsTelling(description);
  return new Set(said).size < said.length;
}

/** The candidates with one of them before the others. */
const fromFront = <Each>(beam: readonly Each[], chosen: number): Each[] => [
  beam[chosen],
  ...beam.filter((_, i) => i !== chosen),
];

/** F1 of two sets of words. */
function sharedWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size + b.size === 0) return 1;
  let both = 0;
  for (const word of a) if (b.has(word)) both += 1;
  return (2 * both) / (a.size + b.size);
}
