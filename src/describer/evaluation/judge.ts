/**
 * How alike descriptions are to what people said (paper, section 4), beside two controls without which a score means little:
 * one constant label for all units, the best one there is, and the describer's own descriptions dealt out to the wrong units. A
 * metric that a constant label satisfies (unrescaled BERTScore is one) shows nothing about the units.
 */

import { bootstrap, type Interval, type Sample } from "../../base/bootstrap.js";
import type { Random } from "../../base/random.js";
import { normalised, sumOf, type TextMetric } from "../../language/metric.js";

/** A unit that people and the describer have described. */
export interface JudgedUnit {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  /** At least one. */
  readonly references: readonly string[];
}

/** One metric over a set of units. */
export interface Judgement {
  readonly metric: string;
  /** "" for all layers together. */
  readonly layer: string;
  readonly units: number;
  readonly describer: Interval;
  readonly constant: Interval & { readonly label: string };
  /** Mean over the deals. */
  readonly shuffled: Interval;
  /** Share of the resamples in which the describer scored higher than the control. */
  readonly beatsConstant: number;
  readonly beatsShuffled: number;
}

export interface JudgeOptions {
  readonly random: Random;
  /** Default 1,000. */
  readonly resamples?: number;
  /** How often the descriptions are dealt out anew; default 5. */
  readonly deals?: number;
  /** Labels that are tried as the constant one, the most frequent first; default 200. */
  readonly candidates?: number;
}

/**
 * Judges all units together, then each layer with at least two, by each metric. Needs at least two units. Case and final full
 * stops do not count, as in the reference.
 */
export async function judge(
  judged: readonly JudgedUnit[],
  metrics: readonly TextMetric[],
  options: JudgeOptions,
): Promise<Judgement[]> {
  const units = judged.map((unit) => ({
    ...unit,
    description: normalised(unit.description),
    references: unit.references.map(normalised),
  }));
  const layers = [...new Set(units.map(({ layer }) => layer))];
  const parts = layers.length > 1 ? layers : [];
  const groups = [
    { layer: "", some: units },
    ...parts.map((layer) => ({ layer, some: units.filter((unit) => unit.layer === layer) })),
  ];
  const found: Judgement[] = [];
  for (const metric of metrics) {
    for (const { layer, some } of groups)
      if (some.length > 1) found.push(await judgeGroup(layer, some, metric, options));
  }
  return found;
}

async function judgeGroup(
  layer: string,
  units: readonly JudgedUnit[],
  metric: TextMetric,
  { random, resamples = 1000, deals = 5, candidates = 200 }: JudgeOptions,
): Promise<Judgement> {
  const references = units.map((unit) => unit.references);
  const own = await metric.statistics(
    units.map(({ description }) => description),
    references,
  );
  const constant = await bestConstant(units, metric, candidates);
  const dealt: (readonly Float64Array[])[] = [];
  for (let deal = 0; deal < deals; deal++) {
    const order = wrongOrder(units.length, random);
    dealt.push(
      await metric.statistics(
        units.map((_, i) => units[order[i]].description),
        references,
      ),
    );
  }
  const score = (sum: Float64Array, count: number) => metric.score(sum, count);
  const samples: Sample[] = [
    { statistics: own, score },
    { statistics: constant.statistics, score },
    mixed(dealt, score),
  ];
  const { scores, firstBetter } = bootstrap(samples, resamples, random);
  return {
    ...{ metric: metric.name, layer, units: units.length },
    describer: scores[0],
    constant: { ...scores[1], label: constant.label },
    shuffled: scores[2],
    beatsConstant: firstBetter[1],
    beatsShuffled: firstBetter[2],
  };
}

/** The mean of the scores of several deals, as one system: their statistics side by side. */
function mixed(deals: readonly (readonly Float64Array[])[], score: Sample["score"]): Sample {
  const width = deals[0][0].length;
  const statistics = deals[0].map((_, unit) => {
    const row = new Float64Array(width * deals.length);
    for (const [deal, rows] of deals.entries()) row.set(rows[unit], deal * width);
    return row;
  });
  return {
    statistics,
    score: (sum, count) =>
      deals.reduce((total, _, deal) => total + score(sum.subarray(deal * width, (deal + 1) * width), count), 0) /
      deals.length,
  };
}

/** The label that, given to every unit, scores best here: of all that people or the describer said, the most frequent are tried. */
async function bestConstant(units: readonly JudgedUnit[], metric: TextMetric, most: number) {
  const counts = new Map<string, number>();
  for (const { description, references } of units) {
    for (const label of [description, ...references]) if (label !== "") counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const labels = [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
  const references = units.map((unit) => unit.references);
  let best: { label: string; statistics: readonly Float64Array[]; score: number } | undefined;
  for (const [label] of labels) {
    const statistics = await metric.statistics(new Array(units.length).fill(label), references);
    const score = metric.score(sumOf(statistics), units.length);
    if (!best || score > best.score) best = { label, statistics, score };
  }
  return best!;
}

/** A random order in which no unit keeps its place (a random cycle, Sattolo's). */
function wrongOrder(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
