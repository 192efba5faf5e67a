/**
 * How well a query fits a unit's exemplars. An annotator asks: is what is masked mostly this (precision), and is this not what pictures are
 * full of anyway (lift)? Both at once are the information that a masked pixel gives: the divergence of how often the query is true under the mask
 * from how often it is elsewhere. That says whether something is worth saying. What is said best is what would pick out the same regions among
 * pictures at large (`expectedIou`), and does in the exemplars (`iou`).
 */
import type { Query } from "../../data/labels/query.js";
import type { FitAtLarge } from "./at-large.js";
import { keyOf, type Picture, type View } from "./views.js";

export interface Fit {
  readonly query: Query;
  /** Share of the masks that the query covers, mean over exemplars, 0..1. */
  readonly precision: number;
  /** Share of the pixels it covers elsewhere: in pictures at large, and around the masks. */
  readonly base: number;
  /** Nats that a masked pixel tells; negative where the query is rarer under masks than elsewhere. */
  readonly information: number;
  /** Of masks and query, over all exemplars. */
  readonly iou: number;
  /** Of the unit's regions and the query in pictures at large, should the unit be in them as it is in its exemplars. */
  readonly expectedIou: number;
  /** In pictures at large, where that was measured. */
  readonly atLarge?: FitAtLarge;
  /** Share of each mask that it covers. */
  readonly shares: readonly number[];
}

/** Weights of the pictures at large and of the surroundings of the masks. */
const AT_LARGE = 0.65;
/** Nothing is so rare that seeing it once proves anything. */
const FLOOR = 0.012;

/** Share of the pixels of pictures at large in which a unit is active; levels are set for about this. */
const ACTIVE = 0.01;

/** Queries true of less of the masks are not measured further. */
const NEGLIGIBLE = 0.1;

/** The units of one store are measured against the same sample. */
export class Yardstick {
  readonly #sample: readonly Picture[];
  readonly #rates = new Map<string, number>();

  constructor(sample: readonly Picture[]) {
    this.#sample = sample;
  }

  get sample(): readonly Picture[] {
    return this.#sample;
  }

  /** Share of the pixels of pictures at large of which the query is true. */
  rate(query: Query): number {
    const key = keyOf(query);
    let rate = this.#rates.get(key);
    if (rate === undefined) {
      let sum = 0;
      for (const picture of this.#sample) {
        const plane = picture.covers(query);
        if (plane) sum += count(plane) / plane.length;
      }
      this.#rates.set(key, (rate = sum / Math.max(1, this.#sample.length)));
    }
    return rate;
  }

  fit(query: Query, views: readonly View[]): Fit {
    let [inside, outside, both, either] = [0, 0, 0, 0];
    const shares: number[] = [];
    for (const { picture, mask, area } of views) {
      const plane = picture.covers(query);
      if (!plane) {
        shares.push(0);
        either += area;
        continue;
      }
      let [hit, all] = [0, 0];
      for (let i = 0; i < plane.length; i++) {
        hit += plane[i] & mask[i];
        all += plane[i];
      }
      shares.push(hit / area);
      inside += hit / area;
      outside += (all - hit) / Math.max(1, plane.length - area);
      both += hit;
      either += area + all - hit;
    }
    const n = views.length;
    if (inside < NEGLIGIBLE * n)
      return { query, precision: inside / n, base: 0, information: 0, iou: 0, expectedIou: 0, shares };
    const rate = this.rate(query);
    const base = FLOOR + (1 - 2 * FLOOR) * (AT_LARGE * rate + (1 - AT_LARGE) * (outside / n));
    const precision = inside / n;
    // as if one more exemplar had been an ordinary picture
    const seen = (inside + base) / (n + 1);
    const divergence = seen * Math.log(seen / base) + (1 - seen) * Math.log((1 - seen) / (1 - base));
    const information = seen > base ? divergence : -divergence;
    const shared = (ACTIVE * (inside + rate)) / (n + 1);
    const expectedIou = shared / (rate + ACTIVE - shared);
    return { query, precision, base, information, iou: both / Math.max(1, either), expectedIou, shares };
  }
}

function count(plane: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < plane.length; i++) sum += plane[i];
  return sum;
}
