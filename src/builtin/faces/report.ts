/** The audit with blurred faces on disk: figures, a table of units, and lines for people. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { writeFileAtomically } from "../../base/files.js";
import { median } from "../../base/median.js";
import { wilson } from "../../base/proportion.js";
import { Plot, writeFigure } from "../../studies/figure.js";
import { type FacesFindings, type FacesModel, type FaceUnit, SPEAKERS, TRAININGS } from "./findings.js";
import { shortLayer, writeFacesSheet } from "./sheet.js";
import { DEFINITIONS, type Definition, WORDS, type WordList } from "./verdicts.js";

/** Writes `fig5.svg` and `.png`, `fig6.svg` and `.png`, and `faces.csv`. Returns their paths. @param out the study's folder. */
export async function writeFaces(folder: string, findings: FacesFindings, out: string): Promise<string[]> {
  const table = join(folder, "faces.csv");
  await writeFileAtomically(table, facesTable(findings));
  const figure = await writeFigure(join(folder, "fig5"), figure5(findings));
  return [table, ...figure, ...(await writeFacesSheet(join(folder, "fig6"), findings, out))];
}

const KEYS = Object.keys(DEFINITIONS) as Definition[];
const yes = (value: boolean | undefined) => (value === undefined ? "" : value ? 1 : 0);

/**
 * A row a unit: what the labels say of it (`verdicts.ts` defines a face unit by these numbers); what each describer says of it; and whether the audit lists it
 * for that, by face words and by words for people. Who does not describe a network has empty columns there.
 */
export function facesTable({ models }: FacesFindings): string {
  const header = [
    ...["model", "layer", "unit", "face_iou", "best", "best_of_all"],
    ...["active", "active_on_faces", "active_on_people", "active_on_blurred", "built_in", "taught"],
    ...SPEAKERS.flatMap((speaker) => WORDS.map((words) => `${speaker.replace("-", "_")}_${words}`)),
  ];
  const rows = models.flatMap(({ name, units }) =>
    units.map((unit) => [
      ...[name, shortLayer(unit.layer), unit.unit, unit.faceIou.toFixed(3), unit.best, unit.bestOfAll],
      ...[unit.active, unit.activeOnFaces, unit.activeOnPeople, unit.activeOnBlurred],
      ...[unit.said["built-in"]?.description, unit.said.taught?.description],
      ...SPEAKERS.flatMap((speaker) => WORDS.map((words) => yes(unit.said[speaker]?.found[words]))),
    ]),
  );
  return stringify([header, ...rows]);
}

/** What is counted in Figure 5. */
const COUNTS: readonly { readonly title: string; readonly holds: (unit: FaceUnit) => boolean | undefined }[] = [
  { title: "built-in describer", holds: ({ said }) => said["built-in"]?.found.face },
  { title: "taught describer", holds: ({ said }) => said.taught?.found.face },
  { title: "labels", holds: DEFINITIONS.mostly },
];

/** Figure 5: face units by network, trained on plain pictures beside trained on blurred ones, as described and as the labels have it. */
function figure5({ models }: FacesFindings): Plot.PlotOptions {
  const bars = models.flatMap((model) =>
    COUNTS.flatMap(({ title, holds }) => {
      const answers = model.units.map(holds).filter((answer) => answer !== undefined);
      if (answers.length === 0) return [];
      const { low, high, value } = wilson(answers.filter(Boolean).length, answers.length);
      const percent = { value: 100 * value, low: 100 * low, high: 100 * high };
      return [{ by: title, pair: `${model.network} ${model.seed}`, faces: model.training, ...percent }];
    }),
  );
  const titles = COUNTS.map(({ title }) => title).filter((title) => bars.some(({ by }) => by === title));
  return {
    ...{ width: 640, height: 60 + 150 * titles.length, marginRight: 120, marginLeft: 50 },
    x: { axis: null, domain: [...TRAININGS], padding: 0.15 },
    y: { label: "face units (%)", grid: true, ticks: 5, domain: [0, Math.max(...bars.map(({ high }) => high))] },
    fx: { label: "network and seed; blue: trained on faces, yellow: on blurred faces" },
    fy: { label: null, domain: titles },
    color: { domain: [...TRAININGS], range: ["#4269d0", "#efb118"] },
    marks: [
      Plot.barY(bars, { x: "faces", y: "value", fx: "pair", fy: "by", fill: "faces" }),
      Plot.ruleX(bars, { x: "faces", y1: "low", y2: "high", fx: "pair", fy: "by" }),
      Plot.ruleY([0]),
    ],
  };
}

export const MODELS_HEADER = ["network", "plain faces", "blurred faces", "units", ...KEYS, "blurred / plain"] as const;

/**
 * A row a network: accuracies on validation pictures, how many units meet each definition, and how active its face units ("mostly") are on blurred faces,
 * their activity on the same faces as they are being 1: the median.
 */
export const modelRows = ({ models }: FacesFindings): string[][] =>
  models.map(({ name, accuracy, units }) => [
    ...[name, percent(accuracy.plain), percent(accuracy.blurred), String(units.length)],
    ...KEYS.map((key) => String(units.filter(DEFINITIONS[key]).length)),
    medianOf(units.filter(DEFINITIONS.mostly).map((unit) => unit.activeOnBlurred / unit.activeOnFaces)),
  ]);

function medianOf(values: readonly number[]): string {
  return values.length === 0 ? "-" : median(values).toFixed(2);
}

export const PAIRS_HEADER = ["network", "counted by", "plain", "blurred", "plain - blurred [95 %], points"] as const;

/** Figure 5 in numbers: what training on blurred faces changes in the share of face units, by network and seed. */
export const pairRows = ({ models, comparisons }: FacesFindings): string[][] =>
  comparisons.flatMap(({ speaker, rule, first, second, difference, low, high }) => {
    const [plain, blurred] = [first, second].map((name) => models.find((model) => model.name === name)!);
    const isPair = plain.network === blurred.network && plain.seed === blurred.seed;
    if (!isPair || plain.training !== "plain") return [];
    const points = [difference, low, high].map((share) => (100 * share).toFixed(1));
    const counted = speaker === "labels" ? rule : `${speaker} ${rule} words`;
    const count = (model: FacesModel) =>
      speaker === "labels"
        ? model.units.filter(DEFINITIONS[rule as Definition]).length
        : model.units.filter(({ said }) => said[speaker]?.found[rule as WordList]).length;
    return [
      [
        `${plain.network} ${plain.seed}`,
        counted,
        String(count(plain)),
        String(count(blurred)),
        `${points[0]} [${points[1]}, ${points[2]}]`,
      ],
    ];
  });

export const VERDICTS_HEADER = [
  ...["described by", "networks", "words", "truth", "units", "found", "true", "both", "precision", "recall"],
] as const;

/** How right the audit is, by everybody's words. @param of these groups of networks: "all", "plain", "blurred", or names. */
export const verdictRows = ({ verdicts }: FacesFindings, of: readonly string[] = ["all"]): string[][] =>
  verdicts
    .filter((verdict) => of.includes(verdict.of))
    .map(({ speaker, words, definition, units, found, faces, right, precision, recall, of: group }) => [
      ...[speaker, group, words, definition, ...[units, found, faces, right].map(String)],
      ...[share(precision), share(recall)],
    ]);

const share = ({ value, low, high }: Interval) =>
  Number.isNaN(value) ? "-" : `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

const percent = ({ value, low, high }: Interval) =>
  `${(100 * value).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
