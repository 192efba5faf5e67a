/**
 * What was said, as `annotations.csv` of MILANNOTATIONS: `layer,unit,summary`, which `milan train`, `milan evaluate` and `milan annotations` read.
 * Rejected answers are left out, and those that those commands would refuse: without words, or not in Latin letters.
 */
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import { isLatin, saysSomething } from "../data/annotations/english.js";
import { type Answered, answers } from "./review.js";
import type { Study } from "./study.js";

export interface ExportOptions {
  /** Only what a reviewer has accepted; default: all that was not rejected. */
  readonly reviewed?: boolean | undefined;
  /** Further columns: `annotator`, `seconds`, `status`, `flags`. Whoever reads the table ignores them. */
  readonly details?: boolean | undefined;
}

export interface ExportedTable {
  readonly csv: string;
  readonly annotations: number;
  readonly units: number;
  /** Units with as many answers as are wanted. */
  readonly complete: number;
  readonly unreviewed: number;
  readonly flagged: number;
  /** Answers left out because they say nothing, or not in English. */
  readonly unusable: number;
}

const COLUMNS = ["layer", "unit", "summary"];
const DETAILS = ["annotator", "seconds", "status", "flags"];

/** The table, units in the order of the run. Errors: `UserError` when there is nothing to export. */
export function exportTable(study: Study, { reviewed = false, details = false }: ExportOptions = {}): ExportedTable {
  const counted = answers(study).filter(({ status }) => (reviewed ? status === "accepted" : status !== "rejected"));
  const usable = counted.filter(({ text }) => saysSomething(text) && isLatin(text));
  if (usable.length === 0) {
    throw new UserError(
      `exporting ${study.database.path}: nobody has said anything${reviewed ? " that was accepted" : ""} yet; expected answers, ${reviewed ? "review them first" : "wait for some"}`,
    );
  }
  const order = unitOrder(study);
  const sorted = [...usable].sort((a, b) => order.get(a.unitId)! - order.get(b.unitId)! || a.id - b.id);
  const perUnit = new Map<number, number>();
  for (const { unitId } of sorted) perUnit.set(unitId, (perUnit.get(unitId) ?? 0) + 1);
  const rows = sorted.map((answer) => [
    ...[answer.layer, answer.unit, answer.text],
    ...(details ? detailsOf(answer) : []),
  ]);
  return {
    csv: stringify([details ? [...COLUMNS, ...DETAILS] : COLUMNS, ...rows]),
    annotations: sorted.length,
    units: perUnit.size,
    complete: [...perUnit.values()].filter((n) => n >= study.settings.annotators).length,
    unreviewed: sorted.filter(({ status }) => status === "pending").length,
    flagged: sorted.filter(({ flags }) => flags.length > 0).length,
    unusable: counted.length - usable.length,
  };
}

const detailsOf = ({ annotator, elapsed, status, flags }: Answered) => [
  ...[annotator, (elapsed / 1000).toFixed(1), status, flags.join(" ")],
];

/** By layer, then number: as runs list them. */
function unitOrder({ database }: Study): Map<number, number> {
  const layers = database.all<{ layer: string }>(
    "SELECT layer, min(id) AS first FROM units GROUP BY layer ORDER BY layer",
  );
  const place = new Map(layers.map(({ layer }, i) => [layer, i]));
  const units = database.all<{ id: number; layer: string; unit: number }>("SELECT id, layer, unit FROM units");
  units.sort((a, b) => place.get(a.layer)! - place.get(b.layer)! || a.unit - b.unit);
  return new Map(units.map(({ id }, i) => [id, i]));
}
