/** What was found, on disk and as a few numbers: `faithfulness.csv` beside the descriptions, and a summary of each layer. */
import { stringify } from "csv-stringify/sync";
import { writeFileAtomically } from "../../base/files.js";
import { withTableLock } from "../../base/lock.js";
import { readVerdicts } from "../../run/verdicts.js";
import type { Judged } from "./judge-layer.js";
import type { Verification } from "./verify.js";

const COLUMNS: readonly [string, (row: Judged) => string | number | undefined][] = [
  ["layer", ({ layer }) => layer],
  ["unit", ({ unit }) => unit],
  ["description", ({ description }) => description],
  ["auprc", ({ when }) => when?.auprc],
  ["base_rate", ({ when }) => when?.baseRate],
  ["auc", ({ when }) => when?.auc],
  ["pearson", ({ when }) => when?.pearson],
  ["place_auprc", ({ where }) => where?.auprc],
  ["place_base_rate", ({ where }) => where?.baseRate],
  ["place_auc", ({ where }) => where?.auc],
  ["place_pearson", ({ where }) => where?.pearson],
  ["score", ({ score }) => score],
  ["shuffled", ({ shuffled }) => shuffled],
  ["shuffled_95", ({ shuffledHigh }) => shuffledHigh],
  ["constant", ({ constant }) => constant],
  ["controls", ({ controls }) => controls],
  ["other_units", ({ otherUnits }) => otherUnits],
  ["p", ({ p }) => p],
  ["verdict", ({ verdict }) => verdict],
  ["reason", ({ reason }) => reason],
  ["unknown_words", ({ unknownWords }) => unknownWords.join(" ")],
];
const HEADER = [...COLUMNS.map(([name]) => name), "predictor", "images"];

/** The rows of the table, one a description. Reals have four decimals; what is not defined is left empty. */
function rowsOf({ layers, predictor, images }: Verification): (string | number)[][] {
  const cell = (value: string | number | undefined) => {
    if (typeof value !== "number" || Number.isInteger(value)) return value ?? "";
    return Number.isNaN(value) ? "" : value.toFixed(4);
  };
  return layers
    .flatMap(({ rows }) => rows)
    .map((row) => [...COLUMNS.map(([, read]) => cell(read(row))), predictor, images]);
}

/** The table of `faithfulness.csv`. */
export const faithfulnessTable = (verification: Verification): string => stringify([HEADER, ...rowsOf(verification)]);

/** Writes the table, whole or not at all. What an older one at this place says of other layers is kept. */
export async function writeFaithfulness(path: string, verification: Verification): Promise<void> {
  const judged = new Set(verification.layers.map(({ layer }) => layer));
  await withTableLock(path, async () => {
    const kept = (await readVerdicts(path)).filter(({ layer }) => !judged.has(layer));
    const keptRows = kept.map((row) => HEADER.map((column) => row[column] ?? ""));
    await writeFileAtomically(path, stringify([HEADER, ...keptRows, ...rowsOf(verification)]));
  });
}

/** One layer in a few numbers; means are over the descriptions that have the number, null when none has. */
export interface LayerSummary {
  readonly layer: string;
  readonly descriptions: number;
  readonly supported: number;
  /** How many descriptions are not called supported, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly auprc: number | null;
  readonly baseRate: number | null;
  readonly placeAuprc: number | null;
  readonly placeBaseRate: number | null;
  /** Means of the scores, and of what the two controls score for the same units. */
  readonly score: number | null;
  readonly shuffled: number | null;
  readonly constant: number | null;
  readonly constantLabel: string | null;
}

/** A summary of each layer. */
export function summarise({ layers }: Verification): LayerSummary[] {
  return layers.map(({ layer, rows, constantLabel }) => {
    const mean = (read: (row: Judged) => number | undefined): number | null => {
      const values = rows.map(read).filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const reasons: Record<string, number> = {};
    for (const { reason } of rows) if (reason) reasons[reason] = (reasons[reason] ?? 0) + 1;
    return {
      ...{ layer, descriptions: rows.length, reasons },
      supported: rows.filter(({ verdict }) => verdict === "supported").length,
      auprc: mean(({ when }) => when?.auprc),
      baseRate: mean(({ when, score }) => (Number.isNaN(score) ? undefined : when?.baseRate)),
      placeAuprc: mean(({ where }) => where?.auprc),
      placeBaseRate: mean(({ where, score }) => (Number.isNaN(score) ? undefined : where?.baseRate)),
      score: mean(({ score }) => score),
      shuffled: mean(({ shuffled }) => shuffled),
      constant: mean(({ constant, score }) => (Number.isNaN(score) ? undefined : constant)),
      constantLabel: constantLabel ?? null,
    };
  });
}
