/**
 * What people said of units: `annotations.csv` of MILANNOTATIONS (paper, section 4 and appendix A), one annotation a row, any number
 * of annotators a unit. Layer names are texts, also where they look like numbers.
 */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";

/** One annotation of a unit by one person. */
export interface Annotation {
  readonly layer: string;
  readonly unit: number;
  /** What the person said, as written; never empty. */
  readonly summary: string;
}

export interface Annotations {
  /** In the order of the file; equal ones are kept, since two people may agree. */
  readonly list: readonly Annotation[];
  /** Rows left out because they say nothing. */
  readonly empty: number;
}

const COLUMNS = ["layer", "unit", "summary"] as const;

/**
 * Reads a table with the columns `layer`, `unit`, `summary`; others are ignored.
 * Errors: `UserError` for a file that is no such table, a unit that is no whole number, a table that says nothing, or one whose
 * text is mostly not of Latin letters: nothing here could learn from it or judge it.
 */
export async function readAnnotations(path: string): Promise<Annotations> {
  const bytes = await readWhole("reading", path);
  const refuse = (problem: string) => new UserError(`reading ${path}: ${problem}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("it is not UTF-8 text; expected a CSV table, save it as UTF-8");
  }
  const rows = parsed(text, refuse);
  const list: Annotation[] = [];
  for (const [i, row] of rows.entries()) {
    if (!/^\s*\d{1,9}\s*$/.test(row.unit)) {
      throw refuse(`unit "${row.unit}" in row ${i + 2}; expected a whole number, correct the row`);
    }
    if (row.summary.trim() !== "") list.push({ layer: row.layer, unit: Number(row.unit), summary: row.summary });
  }
  if (list.length === 0) {
    throw refuse(
      rows.length === 0
        ? "it has no rows; expected annotations, one a row"
        : `all ${rows.length} summaries are empty; expected what people said`,
    );
  }
  checkLetters(list, refuse);
  return { list, empty: rows.length - list.length };
}

type Row = Record<(typeof COLUMNS)[number], string>;

function parsed(text: string, refuse: (problem: string) => UserError): Row[] {
  let rows: Record<string, string>[];
  let header: string[] = [];
  try {
    rows = parse(text, {
      bom: true,
      skip_empty_lines: true,
      columns: (names: string[]) => {
        header = names.map((name) => name.trim());
        return header;
      },
    });
  } catch (error) {
    throw refuse(`${messageOf(error)}; expected a CSV table with the columns ${COLUMNS.join(", ")}`);
  }
  const missing = COLUMNS.filter((name) => !header.includes(name));
  if (missing.length === 0) return rows as Row[];
  const found = header.length > 0 ? header.join(", ") : "none";
  throw refuse(`no column ${missing.join(", ")}; expected ${COLUMNS.join(", ")}, got ${found}, add a header line`);
}

/** Share of letters that must be Latin; numbers, punctuation and the odd foreign name are fine. */
const MOST_LATIN = 0.5;

function checkLetters(list: readonly Annotation[], refuse: (problem: string) => UserError): void {
  let letters = 0;
  let latin = 0;
  for (const { summary } of list) {
    letters += summary.match(/\p{L}/gu)?.length ?? 0;
    latin += summary.match(/\p{Script=Latin}/gu)?.length ?? 0;
  }
  if (latin > MOST_LATIN * letters) return;
  const sample = list[0].summary.slice(0, 40);
  throw refuse(
    letters === 0
      ? `its summaries have no words, such as "${sample}"; expected descriptions in English`
      : `its summaries are not English, such as "${sample}"; expected descriptions in English`,
  );
}

/** Writes annotations as `readAnnotations` reads them; atomically. */
export function writeAnnotations(path: string, list: readonly Annotation[]): Promise<void> {
  const rows = list.map(({ layer, unit, summary }) => [layer, unit, summary]);
  return writeFileAtomically(path, stringify([COLUMNS, ...rows]));
}
