/** Explanations on disk (`netdissect.csv`, `compexp.csv` beside the descriptions) and as numbers. */
import { stringify } from "csv-stringify/sync";
import { writeFileAtomically } from "../../base/files.js";
import type { Atom } from "../../data/labels/query.js";
import { CATEGORIES, type Category, categoryOf, nameOf } from "./categories.js";
import type { Formula } from "./compexp.js";
import type { Explanations, UnitExplanation } from "./explain-run.js";

/** A formula in words, with brackets where operators differ: "(dog or cat) and not red". */
export function wordsOf(formula: Formula, atoms: readonly Atom[]): string {
  const name = nameOf(atoms[formula.concept]);
  if (!("left" in formula)) return name;
  const left = wordsOf(formula.left, atoms);
  const isSame = !("left" in formula.left) || formula.left.operator === formula.operator;
  return `${isSame ? left : `(${left})`} ${formula.operator} ${name}`;
}

const HEADER = ["layer", "unit", "description", "iou", "category", "concept", "concept_iou", "source", "images"];

/** A row a unit. `description` is the formula, `concept` the best single concept, `category` the concept's. Empty where there is none. */
export function explanationsTable({ units, atoms, source, images }: Explanations): string {
  const rows = units.map(({ layer, unit, formula, iou, concept, conceptIou }) => [
    ...[layer, unit, formula ? wordsOf(formula, atoms) : "", iou.toFixed(4)],
    ...(concept === undefined ? ["", ""] : [categoryOf(atoms[concept]), nameOf(atoms[concept])]),
    ...[conceptIou.toFixed(4), source, images],
  ]);
  return stringify([HEADER, ...rows]);
}

/** Writes the table, whole or not at all. */
export const writeExplanations = (path: string, found: Explanations): Promise<void> =>
  writeFileAtomically(path, explanationsTable(found));

/** A layer in numbers. */
export interface Detectors {
  readonly layer: string;
  readonly units: number;
  /** Units whose single concept's IoU exceeds the threshold, and by category; and different concepts among them. */
  readonly detectors: number;
  readonly byCategory: Readonly<Partial<Record<Category, number>>>;
  readonly unique: number;
  /** Means over all units: of the single concept, and of the formula. */
  readonly conceptIou: number;
  readonly iou: number;
}

/** IoU beyond which Bau et al. (2017) call a unit a detector of its concept. */
export const DETECTOR_IOU = 0.04;

/** Counts detectors, layer by layer. */
export function countDetectors({ units, atoms }: Explanations, threshold = DETECTOR_IOU): Detectors[] {
  const layers = [...new Set(units.map(({ layer }) => layer))];
  return layers.map((layer) => {
    const own = units.filter((unit) => unit.layer === layer);
    const detectors = own.filter(({ concept, conceptIou }) => concept !== undefined && conceptIou > threshold);
    const counts = CATEGORIES.map(
      (category) =>
        [category, detectors.filter(({ concept }) => categoryOf(atoms[concept!]) === category).length] as const,
    );
    const mean = (read: (unit: UnitExplanation) => number) =>
      own.reduce((sum, unit) => sum + read(unit), 0) / own.length;
    return {
      ...{ layer, units: own.length, detectors: detectors.length },
      byCategory: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      unique: new Set(detectors.map(({ concept }) => concept)).size,
      ...{ conceptIou: mean((unit) => unit.conceptIou), iou: mean((unit) => unit.iou) },
    };
  });
}
