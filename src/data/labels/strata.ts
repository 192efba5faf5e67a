/**
 * Pictures as strata: all pixels of which exactly the same concepts are true count as one stratum, whichever pictures they are in. There are
 * hundreds of times fewer strata than pixels, and any formula of atomic concepts is true of whole strata, so its overlap with a unit is a sum over
 * strata: exact, and no mask of any formula is ever made. Pixels of pictures in which other kinds of things were labelled are of other strata.
 */
import { ConceptNumbers } from "./concept-planes.js";
import type { Covered } from "./concepts.js";
import type { LabelKind, Labels } from "./labels.js";
import type { Atom } from "./query.js";

/** One unit's active pixels by stratum; strata without any are left out. */
export interface UnitStrata {
  /** Numbers of strata, ascending. */
  readonly strata: Int32Array;
  /** Pixels in each. */
  readonly pixels: Float64Array;
  /** All its active pixels. */
  readonly covered: number;
}

/** Adds up pictures, then tells. */
export class Strata {
  readonly #concepts = new ConceptNumbers();
  /** By the concepts that are true, joined. */
  readonly #numbers = new Map<string, number>();
  readonly #members: Uint32Array[] = [];
  readonly #unlabelled: (readonly LabelKind[])[] = [];
  readonly #pixels: number[] = [];
  /** [unit]: stratum -> active pixels. */
  readonly #active: Map<number, number>[];

  constructor(units: number) {
    this.#active = Array.from({ length: units }, () => new Map());
  }

  /** The concepts met so far; numbers of concepts are positions here. */
  get atoms(): readonly Atom[] {
    return this.#concepts.atoms;
  }

  /** How many strata there are so far. */
  get count(): number {
    return this.#members.length;
  }

  /** Pixels of a stratum, in all pictures. */
  pixels(stratum: number): number {
    return this.#pixels[stratum];
  }

  /** The concepts that are true of a stratum's pixels, ascending. */
  members(stratum: number): Uint32Array {
    return this.#members[stratum];
  }

  /** What nobody labelled in the pictures of a stratum. */
  unlabelled(stratum: number): readonly LabelKind[] {
    return this.#unlabelled[stratum];
  }

  /** Counts a picture. @param covered [unit]: the positions of its active pixels, y * size + x. */
  add(labels: Labels, covered: readonly Covered[]): void {
    const strata = this.#strataOf(labels);
    for (let at = 0; at < strata.length; at++) this.#pixels[strata[at]]++;
    for (const [unit, pixels] of covered.entries()) {
      const active = this.#active[unit];
      for (let i = 0; i < pixels.length; i++) {
        const stratum = strata[pixels[i]];
        active.set(stratum, (active.get(stratum) ?? 0) + 1);
      }
    }
  }

  /** What is known of a unit. */
  unit(unit: number): UnitStrata {
    const strata = Int32Array.from(this.#active[unit].keys()).sort();
    const pixels = Float64Array.from(strata, (stratum) => this.#active[unit].get(stratum)!);
    return { strata, pixels, covered: pixels.reduce((sum, count) => sum + count, 0) };
  }

  /** int32 [y, x]: the stratum of each pixel. */
  #strataOf(labels: Labels): Int32Array {
    const planes = this.#concepts.planes(labels);
    const area = labels.thing.length;
    // first by the values of the planes: few combinations occur in one picture
    let combined = new Int32Array(area);
    let combinations: number[][] = [[]];
    for (const { plane, concepts } of planes) {
      const next = new Map<number, number>();
      const found: number[][] = [];
      const into = new Int32Array(area);
      for (let at = 0; at < area; at++) {
        const key = combined[at] * 256 + plane[at];
        let number = next.get(key);
        if (number === undefined) {
          number = found.push([...combinations[combined[at]], ...concepts[plane[at]]]) - 1;
          next.set(key, number);
        }
        into[at] = number;
      }
      combined = into;
      combinations = found;
    }
    const numbers = combinations.map((concepts) => this.#numberOf(concepts, labels.unlabelled ?? []));
    return combined.map((combination) => numbers[combination]);
  }

  #numberOf(concepts: readonly number[], unlabelled: readonly LabelKind[]): number {
    const members = Uint32Array.from(new Set(concepts)).sort();
    const key = [...members, ...unlabelled].join(" ");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#members.push(members) - 1;
      this.#unlabelled.push(unlabelled);
      this.#pixels.push(0);
      this.#numbers.set(key, number);
    }
    return number;
  }
}
