/** Intersection over union of many queries with many units, over pictures that come one at a time. */
import { evaluate } from "../../data/labels/evaluate.js";
import type { Labels } from "../../data/labels/labels.js";
import { mayHold, thingsIn } from "../../data/labels/may-hold.js";
import type { Query } from "../../data/labels/query.js";

export class Overlaps {
  readonly #queries: readonly Query[];
  readonly #all: readonly number[];
  /** [query]: the units that are asked. */
  readonly #units: readonly (readonly number[])[];
  /** [query] and [unit]: pixels covered. */
  readonly #asked: Float64Array;
  readonly #covered: Float64Array;
  /** [query][place among the units that are asked]: pixels covered by both. */
  readonly #both: readonly Float64Array[];
  /** Pixels of all pictures. */
  #seen = 0;

  /** @param asked [query]: the units that it is asked of; default all. */
  constructor(queries: readonly Query[], units: number, asked?: readonly (readonly number[])[]) {
    this.#queries = queries;
    this.#all = Array.from({ length: units }, (_, unit) => unit);
    this.#units = asked ?? queries.map(() => this.#all);
    this.#asked = new Float64Array(queries.length);
    this.#covered = new Float64Array(units);
    this.#both = this.#units.map(({ length }) => new Float64Array(length));
  }

  /** @param covered [unit]: positions of its active pixels. */
  add(labels: Labels, covered: readonly Uint32Array[]): void {
    this.#seen += labels.size ** 2;
    for (const [unit, { length }] of covered.entries()) this.#covered[unit] += length;
    const there = thingsIn(labels);
    for (const [i, query] of this.#queries.entries()) {
      if (!mayHold(query, there)) continue;
      const mask = evaluate(query, labels);
      let total = 0;
      for (let at = 0; at < mask.length; at++) total += mask[at];
      if (total === 0) continue;
      this.#asked[i] += total;
      for (const [place, unit] of this.#units[i].entries()) {
        const pixels = covered[unit];
        let both = 0;
        for (let j = 0; j < pixels.length; j++) both += mask[pixels[j]];
        this.#both[i][place] += both;
      }
    }
  }

  /** Pixels in which the unit is active. */
  covered(unit: number): number {
    return this.#covered[unit];
  }

  /** The pixels of both over the pixels of either, in all pictures; 0 when there are none. */
  iou(query: number, unit: number): number {
    const both = this.#shared(query, unit);
    const either = this.#asked[query] + this.#covered[unit] - both;
    return either > 0 ? both / either : 0;
  }

  /** How much more often the query is true where the unit is active than anywhere; 0 where it never is. */
  lift(query: number, unit: number): number {
    const both = this.#shared(query, unit);
    return both > 0 ? (both * this.#seen) / (this.#covered[unit] * this.#asked[query]) : 0;
  }

  #shared(query: number, unit: number): number {
    const units = this.#units[query];
    return this.#both[query][units === this.#all ? unit : units.indexOf(unit)];
  }
}
