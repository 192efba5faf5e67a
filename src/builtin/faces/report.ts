/** The audit with blurred faces on disk: figures, a table of units, and lines for people. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { writeFileAtomically } from "../../base/files.js";
import { wilson } from "../../base/proportion.js";
import { Plot, writeFigure } from "../../studies/figure.js";
import type { FacesFindings, FacesModel } from "./findings.js";
import { writeSheet } from "./sheet.js";
import { DEFINITIONS, type Definition, type WordList } from "./verdicts.js";

/** Writes `fig5.svg` and `.png`, `fig6.png` and `faces.csv`. Returns their paths. @param out the study's folder. */
export async function writeFaces(folder: string, findings: FacesFindings, out: string): Promise<string[]> {
  const [table, sheet] = [join(folder, "faces.csv"), join(folder, "fig6.png")];
  await writeFileAtomically(table, facesTable(findings));
  const figure = await writeFigure(join(folder, "fig5"), figure5(findings));
  await writeSheet(sheet, findings, out);
  return [table, ...figure, sheet];
}

const KEYS = Object.keys(DEFINITIONS) as Definition[];
const yes = (value: boolean) => (value ? 1 : 0);

/** A row a unit: what is said of it, whether the audit lists it, what the labels say, and by which definitions it is a face unit. */
export function facesTable({ models }: FacesFindings): string {
  const header = [
    ...["model", "layer", "unit", "description", "found_face", "found_people", "face_iou", "best", "best_iou"],
    ...["active", "active_on_faces", "active_on_blurred", ...KEYS.map((key) => `face_unit_${key}`)],
  ];
  const rows = models.flatMap(({ name, units }) =>
    units.map((unit) => [
      ...[name, unit.layer, unit.unit, unit.description, yes(unit.found.face), yes(unit.found.people)],
      ...[unit.faceIou.toFixed(4), unit.best, unit.bestIou.toFixed(4), unit.active, unit.activeOnFaces],
      ...[unit.activeOnBlurred, ...KEYS.map((key) => yes(DEFINITIONS[key](unit)))],
    ]),
  );
  return stringify([header, ...rows]);
}

/** Figure 5: units for faces by network, those trained on plain pictures beside those trained on blurred ones, by the audit and by the labels. */
function figure5({ models }: FacesFindings): Plot.PlotOptions {
  const bars = models.flatMap((model) =>
    COUNTS.map(({ title, holds }) => {
      const { low, high, value } = wilson(model.units.filter(holds).length, model.units.length);
      const percent = { value: 100 * value, low: 100 * low, high: 100 * high };
      return { by: title, pair: `${model.network} ${model.seed}`, faces: model.training, ...percent };
    }),
  );
  return {
    ...{ width: 720, height: 480, marginRight: 150, marginLeft: 50 },
    x: { axis: null, domain: ["plain", "blurred"], padding: 0.15 },
    y: { label: "units for faces (%)", grid: true, ticks: 5 },
    fx: { label: "network and seed" },
    fy: { label: null, domain: COUNTS.map(({ title }) => title) },
    color: { legend: true, label: "faces in training", domain: ["plain", "blurred"], range: ["#4269d0", "#efb118"] },
    marks: [
      Plot.barY(bars, { x: "faces", y: "value", fx: "pair", fy: "by", fill: "faces" }),
      Plot.ruleX(bars, { x: "faces", y1: "low", y2: "high", fx: "pair", fy: "by" }),
      Plot.ruleY([0]),
    ],
  };
}

const COUNTS = [
  { title: "described as such", holds: (unit: FacesModel["units"][number]) => unit.found.face },
  { title: "by the labels", holds: DEFINITIONS.overlap },
] as const;

export const MODELS_HEADER = [
  ...["network", "plain val", "blurred val", "units", "found: face words", "found: people words"],
  ...KEYS.map((key) => `face units: ${key}`),
] as const;

/** A row a network: accuracies, and counts of units. */
export const modelRows = ({ models }: FacesFindings): string[][] =>
  models.map(({ name, accuracy, units }) => {
    const count = (holds: (unit: FacesModel["units"][number]) => boolean) => String(units.filter(holds).length);
    return [
      ...[name, percent(accuracy.plain), percent(accuracy.blurred), String(units.length)],
      ...(["face", "people"] as const).map((words) => count((unit) => unit.found[words])),
      ...KEYS.map((key) => count(DEFINITIONS[key])),
    ];
  });

export const VERDICTS_HEADER = ["of", "words", "truth", "found", "face units", "both", "precision", "recall"] as const;

/** How right the audit is. @param of those groups only: "all", "plain", "blurred", names of models. */
export const verdictRows = (
  { verdicts }: FacesFindings,
  of: readonly string[] = ["all", "plain", "blurred"],
  words: readonly WordList[] = ["face", "people"],
): string[][] =>
  verdicts
    .filter((verdict) => of.includes(verdict.of) && words.includes(verdict.words))
    .map((verdict) => [
      ...[verdict.of, verdict.words, verdict.definition, verdict.found, verdict.faces, verdict.right].map(String),
      ...[share(verdict.precision), share(verdict.recall)],
    ]);

const share = ({ value, low, high }: Interval) =>
  Number.isNaN(value) ? "-" : `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

const percent = ({ value, low, high }: Interval) =>
  `${(100 * value).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
