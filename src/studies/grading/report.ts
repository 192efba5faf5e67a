/** Grades on disk, `grades.csv` beside the descriptions, and as text. */
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { writeFileAtomically } from "../../base/files.js";
import type { Grades } from "./grade.js";
import type { Graded } from "./grade-layer.js";
import { notation } from "./notation.js";

export const GRADES_FILE = "grades.csv";

const COLUMNS: readonly [string, (row: Graded) => string | number][] = [
  ["layer", ({ layer }) => layer],
  ["unit", ({ unit }) => unit],
  ["description", ({ description }) => description],
  ["understood_as", ({ query }) => (query ? notation(query) : "")],
  ["unknown_words", ({ unknownWords }) => unknownWords.join(" ")],
  ["iou", ({ iou }) => iou],
  ["best_concept", ({ best }) => notation(best.atom)],
  ["best_iou", ({ best }) => best.iou],
  ["grade", ({ grade }) => grade],
  ["shuffled", ({ shuffled }) => shuffled],
  ["constant", ({ constant }) => constant],
  ["reachable", ({ reachable }) => reachable],
];

/** The table. Reals have four decimals; what is not defined is left empty. */
export function gradesTable({ layers, source, images }: Grades): string {
  const cell = (value: string | number) => {
    if (typeof value === "string" || Number.isInteger(value)) return value;
    return Number.isNaN(value) ? "" : value.toFixed(4);
  };
  const header = [...COLUMNS.map(([name]) => name), "source", "images"];
  const rows = layers.flatMap((layer) => layer.rows);
  return stringify([header, ...rows.map((row) => [...COLUMNS.map(([, read]) => cell(read(row))), source, images])]);
}

/** Writes the table, whole or not at all. */
export const writeGrades = (path: string, grades: Grades): Promise<void> =>
  writeFileAtomically(path, gradesTable(grades));

/** The table's lines for a reader, one a layer, and one for all: in the order of `GRADES_HEADER`. */
export function gradesLines(grades: Grades): (string | number)[][] {
  const units = (rows: readonly Graded[]) =>
    new Set(rows.filter(({ grade }) => !Number.isNaN(grade)).map(({ layer, unit }) => `${unit} ${layer}`)).size;
  const line = (
    name: string,
    rows: readonly Graded[],
    means: Pick<Grades, "grade" | "shuffled" | "constant" | "reachable" | "iou" | "bestIou">,
    label = "",
  ) => [
    ...[name, units(rows), ...[means.grade, means.shuffled, means.reachable, means.iou, means.bestIou].map(shown)],
    label === "" ? shown(means.constant) : `${shown(means.constant)} "${label}"`,
  ];
  const lines = grades.layers.map((layer) => line(layer.layer, layer.rows, layer, layer.constantLabel));
  const all = grades.layers.flatMap(({ rows }) => rows);
  return lines.length > 1 ? [...lines, line("all", all, grades)] : lines;
}

export const GRADES_HEADER = [
  "layer",
  "units",
  "grade",
  "shuffled",
  "reachable",
  "IoU",
  "best concept's IoU",
  "one label for all",
] as const;

const shown = ({ value, low, high }: Interval): string =>
  Number.isNaN(value) ? "-" : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
