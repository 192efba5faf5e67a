/**
 * Compositional Explanations (Mu and Andreas, 2020): the formula of up to N concepts, joined by and, or, and-not, whose mask overlaps a unit's best,
 * found by a beam search over intersection over union. Length 1 is NetDissect (Bau et al., 2017).
 *
 * The reference takes the masks of each candidate formula over all pixels. Here one pass over the strata (`data/labels/strata.ts`) of which a formula is true
 * counts its overlaps with all concepts at once, and those are all that its extensions are counted from: |F or C|, |F and C|, |F and not C|, in
 * the pictures and in the unit. Counts are exact, and every extension is looked at: no candidate is given up for speed.
 */

import type { Atom, Query } from "../../data/labels/query.js";
import type { Strata, UnitStrata } from "../../data/labels/strata.js";
import { categoryOf } from "./categories.js";

export const OPERATORS = ["or", "and", "and not"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A concept, or a shorter formula joined with one. */
export type Formula =
  | { readonly concept: number }
  | { readonly left: Formula; readonly operator: Operator; readonly concept: number };

export interface Explained {
  readonly formula: Formula;
  /** Intersection over union with the unit, over all pictures; 0 to 1. */
  readonly iou: number;
  /** Concepts in it. */
  readonly length: number;
}

export interface CompexpOptions {
  /** Most concepts in a formula; default 3, as in the paper. */
  readonly length?: number;
  /** Formulas kept at each length; default 5, as in the reference. */
  readonly beam?: number;
  /**
   * Whether a concept is compared in those pictures only in which its category was labelled, as in NetDissect; for length 1. Compositional
   * Explanations compare in all pictures, since a formula has concepts of several categories. Default no.
   */
  readonly onlyLabelled?: boolean;
}

/** Searches formulas for the units of one set of pictures. What does not depend on the unit is counted once. */
export class Explainer {
  readonly #strata: Strata;
  readonly #allowed: Uint8Array;
  readonly #sizes: Float64Array;

  /** @param concepts numbers of those that may be used; default all. */
  constructor(strata: Strata, concepts?: readonly number[]) {
    this.#strata = strata;
    this.#allowed = new Uint8Array(strata.atoms.length).fill(concepts ? 0 : 1);
    for (const concept of concepts ?? []) this.#allowed[concept] = 1;
    this.#sizes = new Float64Array(strata.atoms.length);
    for (let stratum = 0; stratum < strata.count; stratum++) {
      for (const concept of strata.members(stratum)) this.#sizes[concept] += strata.pixels(stratum);
    }
  }

  /**
   * The best formula of each length from 1, as far as the search went; a longer one is there only if it is better than all shorter. Empty for a
   * unit that is active nowhere, or nowhere where a concept is.
   */
  explain(unit: UnitStrata, { length = 3, beam = 5, onlyLabelled = false }: CompexpOptions = {}): Explained[] {
    if (unit.covered === 0) return [];
    if (onlyLabelled && length > 1) throw new Error("compexp: formulas are compared in all pictures");
    const seen = onlyLabelled ? this.#coveredWhereLabelled(unit) : () => unit.covered;
    const single = this.#overlaps(unit, undefined);
    let kept: Scored[] = [];
    for (const [concept, both] of single.entries()) {
      if (both > 0 && this.#allowed[concept] === 1)
        kept.push(scored({ concept }, both, this.#sizes[concept], seen(concept)));
    }
    kept = best(kept, beam);
    const found = kept.slice(0, 1);
    for (let n = 2; n <= length && kept.length > 0; n++) {
      // a shorter formula may stay in the beam, as in the reference
      const candidates = [...kept];
      for (const { formula, both, size } of kept) {
        if (lengthOf(formula) !== n - 1) continue;
        const within = this.#overlaps(unit, formula);
        const shared = this.#shared(formula);
        for (let concept = 0; concept < this.#allowed.length; concept++) {
          if (this.#allowed[concept] === 0 || uses(formula, concept)) continue;
          const joined = { left: formula, concept } as const;
          const either = both + single[concept] - within[concept];
          const union = size + this.#sizes[concept] - shared[concept];
          candidates.push(scored({ ...joined, operator: "or" }, either, union, unit.covered));
          if (within[concept] > 0)
            candidates.push(scored({ ...joined, operator: "and" }, within[concept], shared[concept], unit.covered));
          if (shared[concept] > 0)
            candidates.push(
              scored({ ...joined, operator: "and not" }, both - within[concept], size - shared[concept], unit.covered),
            );
        }
      }
      kept = best(candidates, beam);
      if (kept[0].iou > found[found.length - 1].iou) found.push(kept[0]);
    }
    return found.map(({ formula, iou }) => ({ formula, iou, length: lengthOf(formula) }));
  }

  /** Of all concepts at once: the unit's active pixels of which the concept and the formula are true. */
  #overlaps({ strata, pixels }: UnitStrata, formula: Formula | undefined): Float64Array {
    const counts = new Float64Array(this.#allowed.length);
    for (let i = 0; i < strata.length; i++) {
      const members = this.#strata.members(strata[i]);
      if (formula && !holds(formula, members)) continue;
      for (const concept of members) counts[concept] += pixels[i];
    }
    return counts;
  }

  readonly #cache = new Map<string, Float64Array>();

  /** Of all concepts at once: the pixels of which the concept and the formula are true. */
  #shared(formula: Formula): Float64Array {
    const key = keyOf(formula);
    let counts = this.#cache.get(key);
    if (counts) return counts;
    counts = new Float64Array(this.#allowed.length);
    for (let stratum = 0; stratum < this.#strata.count; stratum++) {
      const members = this.#strata.members(stratum);
      if (!holds(formula, members)) continue;
      for (const concept of members) counts[concept] += this.#strata.pixels(stratum);
    }
    if (this.#cache.size >= MOST_KEPT) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(key, counts);
    return counts;
  }

  /** The unit's active pixels in pictures in which a concept's category was labelled. */
  #coveredWhereLabelled({ strata, pixels, covered }: UnitStrata): (concept: number) => number {
    const missed = new Map<string, number>();
    for (let i = 0; i < strata.length; i++) {
      for (const kind of this.#strata.unlabelled(strata[i])) missed.set(kind, (missed.get(kind) ?? 0) + pixels[i]);
    }
    return (concept) => covered - (missed.get(categoryOf(this.#strata.atoms[concept])) ?? 0);
  }
}

const scored = (formula: Formula, both: number, size: number, covered: number): Scored => ({
  ...{ formula, both, size },
  iou: both / (size + covered - both),
});

/** Formulas whose overlaps are kept: other units come by them again. */
const MOST_KEPT = 4096;

interface Scored {
  readonly formula: Formula;
  /** Pixels of the unit of which it is true, and of all pictures. */
  readonly both: number;
  readonly size: number;
  readonly iou: number;
}

/** The best; of equals those that came first, so shorter ones. */
const best = (candidates: Scored[], count: number) => candidates.sort((a, b) => b.iou - a.iou).slice(0, count);

function holds(formula: Formula, members: Uint32Array): boolean {
  const own = members.includes(formula.concept);
  if (!("left" in formula)) return own;
  switch (formula.operator) {
    case "or":
      return own || holds(formula.left, members);
    case "and":
      return own && holds(formula.left, members);
    case "and not":
      return !own && holds(formula.left, members);
  }
}

const uses = (formula: Formula, concept: number): boolean =>
  formula.concept === concept || ("left" in formula && uses(formula.left, concept));

const lengthOf = (formula: Formula): number => ("left" in formula ? 1 + lengthOf(formula.left) : 1);

const keyOf = (formula: Formula): string =>
  "left" in formula ? `${keyOf(formula.left)} ${formula.operator} ${formula.concept}` : `${formula.concept}`;

/** The formula as a question to labels, for grading it like a description. */
export function queryOf(formula: Formula, atoms: readonly Atom[]): Query {
  const atom = atoms[formula.concept];
  if (!("left" in formula)) return atom;
  const left = queryOf(formula.left, atoms);
  if (formula.operator === "or") return { is: "or", of: [left, atom] };
  return { is: "and", of: [left, formula.operator === "and" ? atom : { is: "not", of: atom }] };
}
