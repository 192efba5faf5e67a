/** What a study of generalisation found, as tables: one of every outcome, one of the paper's groups. */
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { formatScore } from "../../language/metric.js";
import { METHODS, type Method, type Outcome } from "./generalize.js";

/** Means over outcomes of one kind: each network, and each seed, counts the same. */
export interface Summary {
  /** "within", "without alexnet-objects", ... or a group's name. */
  readonly group: string;
  readonly method: Method;
  /** How many outcomes, and units in all. */
  readonly outcomes: number;
  readonly units: number;
  /** By metric; `grade` is among them where pictures with labels were given. */
  readonly scores: Readonly<Record<string, GroupScore>>;
}

export interface GroupScore {
  /** Mean over outcomes, and the mean of their 95 % intervals' half widths over the root of their number: outcomes are independent. */
  readonly value: number;
  readonly margin: number;
  readonly shuffled: number;
  readonly constant: number;
}

/**
 * Means by group and method.
 * @param groupOf the group of an outcome; undefined leaves it out.
 */
export function summarise(outcomes: readonly Outcome[], groupOf: (outcome: Outcome) => string | undefined): Summary[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const group = groupOf(outcome);
    if (group === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), outcome]);
  }
  return [...groups].flatMap(([group, list]) =>
    METHODS.flatMap((method): Summary[] => {
      const own = list.filter((outcome) => outcome.method === method);
      if (own.length === 0) return [];
      const names = [...new Set(own.flatMap(({ judgements }) => judgements.map(({ metric }) => metric)))];
      const scores: [string, GroupScore][] = names.map((name) => [
        name,
        groupScore(
          own
            .flatMap(({ judgements }) => judgements.filter(({ metric }) => metric === name))
            .map(({ describer, shuffled, constant }) => ({ own: describer, shuffled, constant })),
        ),
      ]);
      const graded = own.flatMap(({ grades }) => grades ?? []);
      if (graded.length > 0) {
        scores.push([
          GRADE,
          groupScore(graded.map(({ grade, shuffled, constant }) => ({ own: grade, shuffled, constant }))),
        ]);
      }
      const units = own.reduce((sum, outcome) => sum + outcome.units.length, 0);
      return [{ group, method, outcomes: own.length, units, scores: Object.fromEntries(scores) }];
    }),
  );
}

/** The name of grades among metrics. */
export const GRADE = "grade";

function groupScore(
  list: readonly { readonly own: Interval; readonly shuffled: Interval; readonly constant: Interval }[],
): GroupScore {
  const mean = (read: (item: (typeof list)[number]) => number) =>
    list.reduce((sum, item) => sum + read(item), 0) / list.length;
  return {
    value: mean(({ own }) => own.value),
    margin: mean(({ own }) => (own.high - own.low) / 2) / Math.sqrt(list.length),
    shuffled: mean(({ shuffled }) => shuffled.value),
    constant: mean(({ constant }) => constant.value),
  };
}

/** A score as it is printed: "0.41 ± 0.03". */
export function shown(metric: string, score: GroupScore | undefined): string {
  return score === undefined ? "-" : `${format(metric, score.value)} ± ${format(metric, score.margin)}`;
}

const format = (metric: string, value: number) => (metric === GRADE ? value.toFixed(3) : formatScore(metric, value));

/** Rows of a table of summaries: group, method, outcomes, units, then each metric with its controls. */
export function summaryRows(summaries: readonly Summary[], metrics: readonly string[]): string[][] {
  return summaries.map(({ group, method, outcomes, units, scores }) => [
    ...[group, method, String(outcomes), String(units)],
    ...metrics.flatMap((metric) => {
      const score = scores[metric];
      const controls = score ? [score.shuffled, score.constant].map((value) => format(metric, value)) : ["-", "-"];
      return [shown(metric, score), controls.join(" / ")];
    }),
  ]);
}

export const summaryHeader = (metrics: readonly string[]): string[] => [
  ...["group", "method", "runs", "units"],
  ...metrics.flatMap((metric) => [metric, "shuffled / one label"]),
];

/** Every description of a study: experiment, seed, network, method, layer, unit, description, annotations. */
export function descriptionsTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ experiment, seed, test, method, units }) =>
    units.map(({ layer, unit, description, references }) => [
      ...[experiment, seed, test, method, layer, unit, description, references.join(" | ")],
    ]),
  );
  return stringify([
    ["experiment", "seed", "network", "method", "layer", "unit", "description", "annotations"],
    ...rows,
  ]);
}
