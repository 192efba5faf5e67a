/**
 * All atomic concepts of pictures at once: which there are, and how well each fits each of many units. The concepts are found in the
 * labels as they come, so a source needs no list of them.
 *
 * Counting costs one look at each covered pixel, whatever the number of concepts: pixels are counted by thing, colour, texture, place and part,
 * and what is true of a thing is added up from those counts.
 */
import { ConceptNumbers } from "./concept-planes.js";
import type { Labels } from "./labels.js";
import type { Vocabulary } from "./lexicon.js";
import type { Atom } from "./query.js";

/** The atomic concepts that are true of some pixel of a picture, each once. */
export function atomsOf(labels: Labels): Atom[] {
  const counter = new ConceptCounter(0);
  counter.add(labels, []);
  return counter.atoms.filter((_, concept) => counter.pixels(concept) > 0);
}

/** A concept with its fit to a unit. */
export interface Fit {
  readonly atom: Atom;
  /** Intersection over union, summed over the pictures; 0 to 1. */
  readonly iou: number;
}

/** Where one unit is active in one picture: the positions of the pixels, y * size + x, each once. */
export type Covered = ArrayLike<number>;

/** Intersection over union of every concept with every unit, over pictures that come one at a time. */
export class ConceptCounter {
  readonly #concepts = new ConceptNumbers();
  /** [concept]: pixels of which it is true. */
  readonly #totals: number[] = [];
  /** [unit]: pixels that the unit covers. */
  readonly #covered: Float64Array;
  /** [unit][concept]: pixels of which both are true; short where the rest is 0. */
  readonly #shared: number[][];

  constructor(units: number) {
    this.#covered = new Float64Array(units);
    this.#shared = Array.from({ length: units }, () => []);
  }

  /** The concepts met so far. */
  get atoms(): readonly Atom[] {
    return this.#concepts.atoms;
  }

  /** Pixels of which a concept is true. @param concept its position in `atoms`. */
  pixels(concept: number): number {
    return this.#totals[concept] ?? 0;
  }

  /** Counts a picture. @param covered [unit] */
  add(labels: Labels, covered: readonly Covered[]): void {
    const picture = this.#concepts.planes(labels);
    const counts = picture.map(({ concepts }) => new Float64Array(concepts.length));
    const count = (pixels: Covered | undefined, into: number[]) => {
      for (const [p, { plane, concepts }] of picture.entries()) {
        const found = counts[p].fill(0);
        if (pixels === undefined) for (let at = 0; at < plane.length; at++) found[plane[at]]++;
        else for (let i = 0; i < pixels.length; i++) found[plane[pixels[i]]]++;
        for (let value = 0; value < found.length; value++) {
          if (found[value] === 0) continue;
          for (const concept of concepts[value]) into[concept] = (into[concept] ?? 0) + found[value];
        }
      }
    };
    count(undefined, this.#totals);
    for (const [unit, pixels] of covered.entries()) {
      if (pixels.length === 0) continue;
      this.#covered[unit] += pixels.length;
      count(pixels, this.#shared[unit]);
    }
  }

  /** Fits of one unit, the best first; among equals the one met first. */
  fits(unit: number): Fit[] {
    const shared = this.#shared[unit];
    return this.atoms
      .map((atom, concept) => {
        const both = shared[concept] ?? 0;
        const either = this.pixels(concept) + this.#covered[unit] - both;
        return { atom, iou: either > 0 ? both / either : 0 };
      })
      .sort((a, b) => b.iou - a.iou);
  }

  /** The names met so far, for reading descriptions. A name of the source's that was not met is taken for a thing's. */
  vocabulary(names: ReadonlySet<string> = new Set()): Vocabulary {
    const called = (is: string) =>
      new Set(this.atoms.flatMap((atom) => (atom.is === is && "name" in atom ? [atom.name] : [])));
    const [things, scenes] = [called("thing"), called("scene")];
    for (const name of names) if (!scenes.has(name)) things.add(name);
    return { things, scenes, materials: called("material"), shapes: called("shape"), parts: called("part") };
  }
}
