/** Judgements as a table in Markdown, for cards and for the terminal. */
import type { Interval } from "./bootstrap.js";
import type { Judgement } from "./judge.js";

/** Rows of a Markdown table, header included. Intervals are of 95 %. */
export function formatJudgements(judgements: readonly Judgement[]): string[] {
  const layered = judgements.some(({ layer }) => layer !== "");
  const rows = judgements.map(({ metric, layer, units, describer, constant, shuffled }) => [
    metric,
    ...(layered ? [layer === "" ? "all" : layer] : []),
    String(units),
    withInterval(describer),
    `${withInterval(constant)} "${constant.label}"`,
    withInterval(shuffled),
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

const withInterval = ({ value, low, high }: Interval) => `${digits(value)} [${digits(low)}, ${digits(high)}]`;

/** BLEU is a percentage, the others are shares. */
const digits = (value: number) => (Math.abs(value) >= 2 ? value.toFixed(1) : value.toFixed(3));

const escaped = (cell: string) => cell.replace(/\|/g, "\\|").replace(/[\r\n]/g, " ");
