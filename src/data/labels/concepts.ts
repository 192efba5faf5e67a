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

/** What was counted in one part of the pictures. */
interface Counts {
  /** [concept]: pixels of which it is true. */
  readonly totals: number[];
  /** [unit]: pixels that the unit covers. */
  readonly covered: Float64Array;
  /** [unit][concept]: pixels of which both are true; short where the rest is 0. */
  readonly shared: number[][];
}

function sumOf(parts: readonly Counts[], read: (part: Counts) => number): number {
  let sum = 0;
  for (const part of parts) sum += read(part);
  return sum;
}

/** Where one unit is active in one picture: the positions of the pixels, y * size + x, each once. */
export type Covered = ArrayLike<number>;

/**
 * Intersection over union of every concept with every unit, over pictures that come one at a time. Pictures can be dealt into parts, and fits be asked of one part or of
 * all: a concept chosen on one can be judged on another.
 */
export class ConceptCounter {
  readonly #concepts = new ConceptNumbers();
  readonly #parts: readonly Counts[];

  constructor(units: number, parts = 1) {
    this.#parts = Array.from({ length: parts }, () => ({
      ...{ totals: [], covered: new Float64Array(units), shared: Array.from({ length: units }, () => []) },
    }));
  }

  /** The concepts met so far. */
  get atoms(): readonly Atom[] {
    return this.#concepts.atoms;
  }

  /** Pixels of which a concept is true. @param concept its position in `atoms`. */
  pixels(concept: number): number {
    return sumOf(this.#parts, ({ totals }) => totals[concept] ?? 0);
  }

  /** Pixels that a unit covers, in one part or in all. */
  covered(unit: number, part?: number): number {
    return sumOf(this.#of(part), ({ covered }) => covered[unit]);
  }

  /** Counts a picture. @param covered [unit] */
  add(labels: Labels, covered: readonly Covered[], part = 0): void {
    const { totals, covered: areas, shared } = this.#parts[part];
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
    count(undefined, totals);
    for (const [unit, pixels] of covered.entries()) {
      if (pixels.length === 0) continue;
      areas[unit] += pixels.length;
      count(pixels, shared[unit]);
    }
  }

  /** Fits of one unit in one part or in all, the best first; among equals the one met first. */
  fits(unit: number, part?: number): Fit[] {
    const parts = this.#of(part);
    const area = this.covered(unit, part);
    return this.atoms
      .map((atom, concept) => {
        const both = sumOf(parts, ({ shared }) => shared[unit][concept] ?? 0);
        const either = sumOf(parts, ({ totals }) => totals[concept] ?? 0) + area - both;
        return { atom, iou: either > 0 ? both / either : 0 };
      })
      .sort((a, b) => b.iou - a.iou);
  }

  #of(part: number | undefined): readonly Counts[] {
    return part === undefined ? this.#parts : [this.#parts[part]];
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
