/**
 * Hedging: where candidates do not agree on what a thing is, they may agree on what that is a kind of, or on where the masks lie on it. "Bottoms of
 * footwear" beside "bottoms of tools", "of remote controls" and "of a car" are bottoms of objects, whichever of them is right. So a description has to
 * be backed by its beam, and where it is not, the most special claim that is backed is said instead (as Deng et al., 2012, do with classes of a
 * hierarchy: accuracy first, then as much information as there is). Not the paper's way: its winner may be one of fifty guesses.
 */
import type { Candidate } from "../run/descriptions.js";
import { drawn, likelihoodOf, saysTwice } from "./agreement.js";
import { MAJORITY, type Testimony } from "./witness.js";

/** What a description claims, to one who understands it. */
export interface Claim {
  /** The same for claims that say the same. */
  readonly key: string;
  /** Whether it says more than that there is something. */
  readonly tells: boolean;
  /** Whether it offers alternatives. */
  readonly isEither: boolean;
  /** The single things that it says. */
  readonly facets: readonly Claim[];
  /** Whether whatever it is true of, another one is true of, too. */
  implies(other: Claim): boolean;
}

/** One who understands descriptions. */
export interface Interpreter {
  /** Undefined for what claims nothing, or is not understood. */
  claimOf(description: string): Claim | undefined;
  /** Wordings with names of what things are kinds of: of "tops of dogs", "Tops of animals", "Tops of objects". */
  moreGeneral(description: string): readonly string[];
}

/** Share of the beam, drawn from by p(d|E)^½, that must say each single thing that a description claims, or more. */
const BACKED = 0.4;

/** What is to be said: a candidate, or its description made more general. */
export interface Hedged<Each> {
  readonly candidate: Each;
  readonly description: string;
}

/**
 * The most special claim that the beam backs, where the first candidate's is not; undefined where it is, or where nothing is that tells anything.
 * What pixels say to be true of a minority of the masks is not said instead of something else.
 * @param beam the best first. @param isOut candidates that cannot win, unless the first is one itself; those that are contradicted back nothing.
 * @param canSay whether a wording that is no candidate may be used.
 */
export function hedged<
  Each extends Pick<Candidate, "description" | "logp" | "alone" | "contradicted"> & Pick<Testimony, "share">,
>(
  beam: readonly Each[],
  isOut: (candidate: Each) => boolean,
  interpreter: Interpreter,
  canSay: (description: string) => boolean,
): Hedged<Each> | undefined {
  const [first] = beam;
  if (!first) return undefined;
  const heard = first.contradicted ? beam : beam.filter(({ contradicted }) => !contradicted);
  const weights = drawn(heard.map(likelihoodOf));
  const claims = new Map(heard.map((each) => [each, interpreter.claimOf(each.description)]));
  const known = new Map<string, number>();
  const backing = (claim: Claim): number => {
    const found =
      known.get(claim.key) ??
      weights.reduce((sum, weight, i) => (claims.get(heard[i])?.implies(claim) ? sum + weight : sum), 0);
    known.set(claim.key, found);
    return found;
  };
  const backed = ({ facets }: Claim) => Math.min(...facets.map(backing));
  const own = claims.get(first);
  if (own && backed(own) >= BACKED) return undefined;
  const found = new Map<string, Hedged<Each> & { readonly claim: Claim; readonly backing: number }>();
  const consider = (candidate: Each, description: string, claim: Claim | undefined) => {
    if (!claim?.tells || found.has(claim.key) || saysTwice(description)) return;
    found.set(claim.key, { candidate, description, claim, backing: backed(claim) });
  };
  const isMinor = ({ share = 1 }: Each) => share < MAJORITY;
  const sayable = heard.filter((each) => each === first || (!isOut(each) && (isMinor(first) || !isMinor(each))));
  for (const candidate of sayable) consider(candidate, candidate.description, claims.get(candidate));
  for (const candidate of sayable) {
    for (const description of interpreter.moreGeneral(candidate.description).filter(canSay)) {
      consider(candidate, description, interpreter.claimOf(description));
    }
  }
  const choice = [...found.values()].filter((each) => each.backing >= BACKED);
  const implied = new Map(choice.map((each) => [each, choice.filter(({ claim }) => each.claim.implies(claim)).length]));
  choice.sort(
    (a, b) =>
      Number(a.claim.isEither) - Number(b.claim.isEither) || implied.get(b)! - implied.get(a)! || b.backing - a.backing,
  );
  return choice[0];
}
