/** What a study of generalisation found, as tables: one of every outcome, one of the paper's groups. */
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { formatScore } from "../../language/metric.js";
import { METHODS, type Method, type Outcome } from "./generalize.js";
import { GRADE } from "./order.js";

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

/** By how much one method is ahead of another on the same units: means over outcomes, as in `GroupScore`. */
export interface Lead {
  readonly group: string;
  readonly first: Method;
  readonly second: Method;
  readonly outcomes: number;
  readonly by: Readonly<Record<string, { readonly value: number; readonly margin: number }>>;
}

/** The paper's order of methods, each against the next, by group. */
export function leads(outcomes: readonly Outcome[], groupOf: (outcome: Outcome) => string | undefined): Lead[] {
  const groups = [...new Set(outcomes.flatMap((outcome) => groupOf(outcome) ?? []))];
  return groups.flatMap((group) =>
    METHODS.flatMap((first): Lead[] => {
      const own = outcomes.flatMap((outcome) => {
        const isOwn = outcome.method === first && groupOf(outcome) === group;
        return isOwn && outcome.ahead ? [outcome.ahead] : [];
      });
      if (own.length === 0) return [];
      const names = new Set(own.flatMap((ahead) => Object.keys(ahead.by))); // some networks cannot be graded
      const by = [...names].map((name) => [name, meanOf(own.flatMap((ahead) => ahead.by[name] ?? []))] as const);
      return [{ group, first, second: own[0].of, outcomes: own.length, by: Object.fromEntries(by) }];
    }),
  );
}

/** Rows of a table of leads. */
export const leadRows = (list: readonly Lead[], metrics: readonly string[]): string[][] =>
  list.map(({ group, first, second, outcomes, by }) => [
    ...[group, `${first} over ${second}`, String(outcomes)],
    ...metrics.map((metric) => {
      const lead = by[metric];
      if (lead === undefined) return "-";
      const order = lead.value > lead.margin ? "better" : lead.value < -lead.margin ? "worse" : "cannot tell";
      return `${lead.value < 0 ? "" : "+"}${shown(metric, lead)} ${order}`;
    }),
  ]);

export const leadHeader = (metrics: readonly string[]): string[] => ["group", "methods", "runs", ...metrics];

const meanOf = (list: readonly Interval[]) => {
  const mean = (read: (item: Interval) => number) => list.reduce((sum, item) => sum + read(item), 0) / list.length;
  return {
    value: mean(({ value }) => value),
    margin: mean(({ low, high }) => (high - low) / 2) / Math.sqrt(list.length),
  };
};

function groupScore(
  list: readonly { readonly own: Interval; readonly shuffled: Interval; readonly constant: Interval }[],
): GroupScore {
  return {
    ...meanOf(list.map(({ own }) => own)),
    shuffled: meanOf(list.map(({ shuffled }) => shuffled)).value,
    constant: meanOf(list.map(({ constant }) => constant)).value,
  };
}

/** A score as it is printed: "0.41 ± 0.03". */
export function shown(metric: string, score: Pick<GroupScore, "value" | "margin"> | undefined): string {
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
