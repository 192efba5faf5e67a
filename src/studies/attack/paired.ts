/** What pasting does, counted in pairs: the same pictures once with a distractor and once with a control, in the same place. */
import { bootstrap, type Interval } from "../../base/bootstrap.js";
import { type Pairs, pairedDifference } from "../../base/proportion.js";
import { Random } from "../../base/random.js";

export const VERDICTS = ["works", "cannot tell", "worse than random"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How many of the pictures came to be taken for the class: with the distractor only, with the control only, with both. */
export interface PastedPairs extends Pairs {
  readonly both: number;
}

/**
 * The difference over several units, each with the same weight. Units are resampled: it is about units, not about pictures. Where units do not differ among
 * each other, resampling them would call the difference certain; then all pictures are counted together.
 */
export function meanDifference(units: readonly Pairs[], seed: number): Interval {
  const differences = new Set(units.map(({ pictures, first, second }) => (first - second) / pictures));
  if (differences.size === 1) return pairedDifference(units.reduce(together));
  const statistics = units.map(({ pictures, first, second }) => Float64Array.of((first - second) / pictures));
  return bootstrap([{ statistics, score: ([sum], count) => sum / count }], 2000, new Random(seed)).scores[0];
}

const together = (a: Pairs, b: Pairs): Pairs => ({
  pictures: a.pictures + b.pictures,
  first: a.first + b.first,
  second: a.second + b.second,
});

export const verdictOf = ({ low, high }: Interval): Verdict =>
  low > 0 ? "works" : high < 0 ? "worse than random" : "cannot tell";
