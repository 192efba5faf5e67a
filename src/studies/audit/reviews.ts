/**
 * What people found who looked at the units that an audit lists: `audit.csv` of a run, a row a verdict. A verdict is about a unit and its
 * description: another description of the unit wants another look. Of several verdicts on one, the last counts.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { withTableLock } from "../../base/lock.js";

export const REVIEWS_FILE = "audit.csv";
export const REVIEW_VERDICTS = ["yes", "no", "unsure"] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];

export interface Review {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  /** Whether the unit is what its description says. */
  readonly verdict: ReviewVerdict;
  readonly note: string;
  readonly reviewer: string;
  /** ISO 8601. */
  readonly date: string;
}

const COLUMNS = ["layer", "unit", "description", "verdict", "note", "reviewer", "date"] as const;

/** All verdicts of a run, oldest first. Errors: `UserError` when the table is damaged. */
export async function readReviews(run: string): Promise<Review[]> {
  const path = join(run, REVIEWS_FILE);
  if (!existsSync(path)) return [];
  const wrong = (what: string) =>
    new UserError(`reading ${path}: ${what}; expected the table that \`milan audit\` writes, mend or delete it`);
  let rows: Record<string, string>[];
  try {
    rows = parse(await readWhole("reading", path), { columns: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong(messageOf(error));
  }
  return rows.map((row, i) => {
    const verdict = REVIEW_VERDICTS.find((known) => known === row.verdict);
    if (COLUMNS.some((column) => row[column] === undefined)) throw wrong(`row ${i + 2} lacks columns`);
    if (!verdict || !/^\d+$/.test(row.unit)) throw wrong(`row ${i + 2}, unit ${row.unit}, verdict ${row.verdict}`);
    const { layer, description, note, reviewer, date } = row;
    return { layer, unit: Number(row.unit), description, verdict, note, reviewer, date };
  });
}

/** Adds verdicts to those of a run. */
export async function addReviews(run: string, reviews: readonly Review[]): Promise<void> {
  const path = join(run, REVIEWS_FILE);
  await withTableLock(path, async () => {
    const all = [...(await readReviews(run)), ...reviews];
    await writeFileAtomically(path, stringify(all, { header: true, columns: [...COLUMNS] }));
  });
}

/** The verdict that counts for a description of a unit. */
export function verdictOn(
  reviews: readonly Review[],
  { layer, unit, description }: Pick<Review, "layer" | "unit" | "description">,
): Review | undefined {
  return reviews.findLast(
    (review) => review.layer === layer && review.unit === unit && review.description === description,
  );
}
