/** Intersection over union of many queries with many units, over pictures that come one at a time. */
import { evaluate } from "../../data/labels/evaluate.js";
import type { Labels } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";

export class Overlaps {
  readonly #queries: readonly Query[];
  readonly #units: number;
  /** [query] and [unit]: pixels covered. */
  readonly #asked: Float64Array;
  readonly #covered: Float64Array;
  /** [query, unit]: pixels covered by both. */
  readonly #both: Float64Array;

  constructor(queries: readonly Query[], units: number) {
    this.#queries = queries;
    this.#units = units;
    this.#asked = new Float64Array(queries.length);
    this.#covered = new Float64Array(units);
    this.#both = new Float64Array(queries.length * units);
  }

  /** @param covered [unit]: positions of its active pixels. */
  add(labels: Labels, covered: readonly Uint32Array[]): void {
    const active = covered.flatMap((pixels, unit) => (pixels.length > 0 ? [unit] : []));
    for (const unit of active) this.#covered[unit] += covered[unit].length;
    for (const [i, query] of this.#queries.entries()) {
      const mask = evaluate(query, labels);
      let total = 0;
      for (let at = 0; at < mask.length; at++) total += mask[at];
      if (total === 0) continue;
      this.#asked[i] += total;
      for (const unit of active) {
        const pixels = covered[unit];
        let both = 0;
        for (let j = 0; j < pixels.length; j++) both += mask[pixels[j]];
        this.#both[i * this.#units + unit] += both;
      }
    }
  }

  /** Pixels in which the unit is active. */
  covered(unit: number): number {
    return this.#covered[unit];
  }

  /** The pixels of both over the pixels of either, in all pictures; 0 when there are none. */
  iou(query: number, unit: number): number {
    const both = this.#both[query * this.#units + unit];
    const either = this.#asked[query] + this.#covered[unit] - both;
    return either > 0 ? both / either : 0;
  }
}
