/** Judgements as a table in Markdown, for cards and for the terminal. */

import type { Interval } from "../../base/bootstrap.js";
import { formatScore } from "../../language/metric.js";
import type { Judgement } from "./judge.js";

/** Rows of a Markdown table, header included. Intervals are of 95 %. */
export function formatJudgements(judgements: readonly Judgement[]): string[] {
  const layered = judgements.some(({ layer }) => layer !== "");
  const rows = judgements.map(({ metric, layer, units, describer, constant, shuffled }) => [
    metric,
    ...(layered ? [layer === "" ? "all" : layer] : []),
    String(units),
    withInterval(metric, describer),
    `${withInterval(metric, constant)} "${constant.label}"`,
    withInterval(metric, shuffled),
  ]);
  const header = [
    "metric",
    ...(layered ? ["layer"] : []),
    "units",
    "describer [95 %]",
    "one label for all",
    "shuffled descriptions",
  ];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escaped).join(" | ")} |`);
}

/** A score and its interval, as they are printed. */
export function withInterval(metric: string, { value, low, high }: Interval): string {
  const [score, from, to] = [value, low, high].map((each) => formatScore(metric, each));
  return `${score} [${from}, ${to}]`;
}

const escaped = (cell: string) => cell.replace(/\|/g, "\\|").replace(/[\r\n]/g, " ");
