/**
 * Which of two methods describes the same units better: differences of scores, paired by unit, with intervals from resampling units. Two
 * intervals that overlap say little; that of the difference says whether there is an order (the paper's Table 2 has one).
 */
import { bootstrap, type Interval, type Sample } from "../../base/bootstrap.js";
import type { Random } from "../../base/random.js";
import type { JudgedUnit } from "../../describer/evaluation/judge.js";
import { normalised, type TextMetric } from "../../language/metric.js";

/** The name of grades among metrics. */
export const GRADE = "grade";

/** A unit with its grade, where there are labelled pictures; null for one that cannot be graded. */
export interface ScoredUnit extends JudgedUnit {
  readonly grade?: number | null;
}

/**
 * How far the first is ahead, by metric and by grade. Units that only one of them describes are left out.
 * @param resamples for the intervals; default 1,000.
 */
export async function lead(
  first: readonly ScoredUnit[],
  second: readonly ScoredUnit[],
  metrics: readonly TextMetric[],
  random: Random,
  resamples = 1000,
): Promise<Record<string, Interval>> {
  const keyOf = ({ layer, unit }: JudgedUnit) => `${unit} ${layer}`;
  const others = new Map(second.map((unit) => [keyOf(unit), unit]));
  const pairs = first.flatMap((unit) => {
    const other = others.get(keyOf(unit));
    return other ? [[unit, other] as const] : [];
  });
  const found: Record<string, Interval> = {};
  if (pairs.length === 0) return found;
  const intervalOf = (sample: Sample) => bootstrap([sample], resamples, random).scores[0];
  for (const metric of metrics) {
    const references = pairs.map(([{ references }]) => references.map(normalised));
    const of = (which: 0 | 1) =>
      metric.statistics(
        pairs.map((pair) => normalised(pair[which].description)),
        references,
      );
    found[metric.name] = intervalOf(difference(await of(0), await of(1), metric));
  }
  const graded = pairs.flatMap(([a, b]) =>
    typeof a.grade === "number" && typeof b.grade === "number" ? [Float64Array.of(a.grade - b.grade)] : [],
  );
  if (graded.length > 0) found[GRADE] = intervalOf({ statistics: graded, score: ([sum], count) => sum / count });
  return found;
}

/** The difference of two sets' scores as one score: their statistics side by side. */
function difference(first: readonly Float64Array[], second: readonly Float64Array[], metric: TextMetric): Sample {
  const width = first[0].length;
  return {
    statistics: first.map((row, i) => Float64Array.of(...row, ...second[i])),
    score: (sum, count) => metric.score(sum.subarray(0, width), count) - metric.score(sum.subarray(width), count),
  };
}
