/**
 * `faithfulness.csv` of a run: what `milan verify` found out about each description on images that the run was not made with.
 * A verdict is about a unit and a text, so that one of an older description does not touch the present one.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";

export const VERDICTS_FILE = "faithfulness.csv";

/** One row of the table, by column. Every row has `layer`, `unit`, `description` and `reason`. */
export type VerdictRow = Readonly<Record<string, string>>;

/** The reason of those descriptions that do not predict their units better than others of the layer do. */
export const NOT_ABOVE_SHUFFLED = "not-above-shuffled";

/** Reads a table of verdicts; none when there is no file. Errors: `UserError` when it is no such table. */
export async function readVerdicts(path: string): Promise<VerdictRow[]> {
  if (!existsSync(path)) return [];
  const wrong = (what: string) =>
    new UserError(
      `reading ${path}: ${what}; expected the table that \`milan verify\` writes, verify again or delete it`,
    );
  let rows: VerdictRow[];
  try {
    rows = parse(await readWhole("reading", path), { columns: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong((error as Error).message);
  }
  const missing = ["layer", "unit", "description", "reason"].find((column) => rows.some((row) => !(column in row)));
  if (missing !== undefined) throw wrong(`no column ${missing}`);
  return rows;
}

/** Tells of a description of the run whether it failed on images the run was not made with. */
export async function readUnfaithful(
  folder: string,
): Promise<(item: { readonly layer: string; readonly unit: number; readonly description: string }) => boolean> {
  const keyOf = (layer: string, unit: string | number, description: string) =>
    JSON.stringify([layer, +unit, description]);
  const failed = (await readVerdicts(join(folder, VERDICTS_FILE))).filter(
    ({ reason }) => reason === NOT_ABOVE_SHUFFLED,
  );
  const keys = new Set(failed.map(({ layer, unit, description }) => keyOf(layer, unit, description)));
  return ({ layer, unit, description }) => keys.has(keyOf(layer, unit, description));
}
