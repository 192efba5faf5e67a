/**
 * The grades of one layer's descriptions, once everything is counted.
 *
 * A description's grade is the IoU of what it claims with where the unit is active, over that of the concept that fits the unit best: the best
 * of all atomic concepts, and of the description itself, so that a description that says more than any one concept is graded 1 and not above. One that
 * was not understood, or that is missing, is graded 0.
 *
 * Controls, of the same units: the mean grade of all other descriptions of the layer ("shuffled"), and the one description that, given to
 * all units, has the highest mean grade ("constant", chosen in hindsight).
 *
 * The best concept is chosen in hindsight, too: of hundreds, the one that happens to fit these pictures, which is less than it promises where a unit fits nothing well. What is
 * "reachable" is the grade of the concept that is best on one half of the pictures, on the other half: whoever knew all concepts and half of the pictures would get it.
 */
import { bootstrap, type Interval, type Sample } from "../../base/bootstrap.js";
import type { Random } from "../../base/random.js";
import type { Fit } from "../../data/labels/concepts.js";
import type { Query } from "../../data/labels/query.js";
import type { Reading } from "./read.js";

/** A description to be graded. */
export interface Claim {
  readonly unit: number;
  readonly description: string;
  readonly reading: Reading;
  /** Position of its query among those that were counted; undefined when it has none. */
  readonly query: number | undefined;
}

/** What was counted of one layer. Units are rows. */
export interface Counted {
  /** The unit's row. */
  row(unit: number): number;
  iou(query: number, row: number): number;
  /** The atomic concept that fits best. */
  best(row: number): Fit;
  /** IoU of the atomic concept that fits best on one half of the pictures, on the other half; the mean of both ways. */
  reachable(row: number): number;
  /** Pixels in which the unit is active. */
  covered(row: number): number;
}

export interface Graded {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  readonly query: Query | undefined;
  readonly unknownWords: readonly string[];
  /** Of the description's query; 0 when there is none. */
  readonly iou: number;
  readonly best: Fit;
  /** `iou` over the best concept's, 0 to 1; NaN for a unit that is active in no held-out picture. */
  readonly grade: number;
  /** Means of the grades that the two controls get for this unit. */
  readonly shuffled: number;
  readonly constant: number;
  /** Of the concept that fits best on other pictures. */
  readonly reachable: number;
}

export interface GradedLayer {
  readonly layer: string;
  readonly rows: readonly Graded[];
  /** Means over the units that can be graded, with 95 % intervals from resampling units. */
  readonly grade: Interval;
  readonly shuffled: Interval;
  readonly constant: Interval;
  readonly reachable: Interval;
  readonly iou: Interval;
  readonly bestIou: Interval;
  readonly constantLabel: string | undefined;
}

/** Grades the descriptions of a layer. @param resamples for the intervals. */
export function gradeLayer(
  layer: string,
  claims: readonly Claim[],
  counted: Counted,
  random: Random,
  resamples: number,
): GradedLayer {
  // by meaning: two wordings of one query are one control
  const labels = new Map<number, string>();
  for (const { query, description } of claims)
    if (query !== undefined && !labels.has(query)) labels.set(query, description);
  const queries = [...labels.keys()];
  const gradeOf = (query: number | undefined, row: number): number => {
    if (counted.covered(row) === 0) return Number.NaN;
    return shareOf(query === undefined ? 0 : counted.iou(query, row), counted.best(row));
  };
  const rows = claims.map(({ unit }) => counted.row(unit));
  const constant = bestOf(queries, (query) => mean(rows.map((row) => gradeOf(query, row))));
  const saidOf = new Map<number, Set<number | undefined>>();
  for (const { unit, query } of claims) saidOf.set(unit, (saidOf.get(unit) ?? new Set()).add(query));
  const graded = claims.map(({ unit, description, reading, query }, i): Graded => {
    const row = rows[i];
    const others = claims.filter((other) => other.unit !== unit && !saidOf.get(unit)!.has(other.query));
    return {
      ...{ layer, unit, description, query: reading.query, unknownWords: reading.unknownWords },
      iou: query === undefined ? 0 : counted.iou(query, row),
      best: counted.best(row),
      grade: gradeOf(query, row),
      shuffled: mean(others.map((other) => gradeOf(other.query, row))),
      constant: gradeOf(constant, row),
      reachable: counted.covered(row) === 0 ? Number.NaN : shareOf(counted.reachable(row), counted.best(row)),
    };
  });
  return {
    layer,
    rows: graded,
    ...intervals(graded, random, resamples),
    constantLabel: constant === undefined ? undefined : labels.get(constant),
  };
}

/** Intervals of the means over units; a unit with several descriptions counts with their mean. */
export function intervals(rows: readonly Graded[], random: Random, resamples: number) {
  const units = new Map<string, Graded[]>();
  for (const row of rows) {
    if (Number.isNaN(row.grade)) continue;
    const key = JSON.stringify([row.layer, row.unit]);
    units.set(key, [...(units.get(key) ?? []), row]);
  }
  const sample = (read: (row: Graded) => number): Sample => ({
    statistics: [...units.values()].map((same) => Float64Array.of(mean(same.map(read)))),
    score: (sum, count) => sum[0] / count,
  });
  // a layer where all say the same has no other descriptions; its units then shuffle to the same grade
  const reads = [
    (row: Graded) => row.grade,
    (row: Graded) => (Number.isNaN(row.shuffled) ? row.grade : row.shuffled),
    (row: Graded) => row.constant,
    (row: Graded) => row.iou,
    (row: Graded) => row.best.iou,
    (row: Graded) => row.reachable,
  ];
  const none: Interval = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const scores = units.size === 0 ? reads.map(() => none) : bootstrap(reads.map(sample), resamples, random).scores;
  const [grade, shuffled, constant, iou, bestIou, reachable] = scores;
  return { grade, shuffled, constant, reachable, iou, bestIou };
}

const shareOf = (iou: number, best: Fit): number => (iou === 0 ? 0 : iou / Math.max(iou, best.iou));

const mean = (values: readonly number[]): number => {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
};

function bestOf(queries: readonly number[], score: (query: number) => number): number | undefined {
  let best: { query: number; score: number } | undefined;
  for (const query of queries) {
    const found = score(query);
    if (best === undefined || found > best.score) best = { query, score: found };
  }
  return best?.query;
}
