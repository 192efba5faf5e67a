/**
 * What people said of units: `annotations.csv` of MILANNOTATIONS (paper, section 4 and appendix A), one annotation a row, any number
 * of annotators a unit. Layer names are texts, also where they look like numbers.
 */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { isLatin, mayBeEnglish, saysSomething } from "./english.js";

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
  /** Rows left out, when asked for, because they say nothing, or not in English. */
  readonly empty: number;
}

export interface ReadAnnotationsOptions {
  /** Leave out rows that say nothing instead of refusing the table; default no. */
  readonly partial?: boolean;
}

const COLUMNS = ["layer", "unit", "summary"] as const;
/** What tables of descriptions call it. */
const DESCRIBED = "description";

/**
 * Reads a table with the columns `layer`, `unit`, `summary`; others are ignored. Where a describer's table has `description` instead of `summary`, as the
 * reference's and a run's have, that is taken.
 * Errors: `UserError` for a file that is no such table, a unit that is no whole number, a summary that says nothing, or text that
 * is not English: nothing here could learn from it or judge it.
 */
export async function readAnnotations(
  path: string,
  { partial = false }: ReadAnnotationsOptions = {},
): Promise<Annotations> {
  const bytes = await readWhole("reading", path);
  const refuse = (problem: string) => new UserError(`reading ${path}: ${problem}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("it is not UTF-8 text; expected a CSV table, save it as UTF-8");
  }
  const rows = parsed(text, refuse);
  if (rows.length === 0) throw refuse("it has no rows; expected annotations, one a row, add what people said");
  const list = rows.map(({ layer, unit, summary }, i) => {
    if (/^\s*\d{1,9}\s*$/.test(unit)) return { layer, unit: Number(unit), summary };
    throw refuse(`unit "${unit}" in row ${i + 2}; expected a whole number, correct the row`);
  });
  checkAll(list, refuse);
  const said = list.filter(({ summary }) => saysSomething(summary) && isLatin(summary));
  if (said.length < list.length && !partial) {
    const kept = new Set(said);
    const mute = list.findIndex((row) => !kept.has(row));
    const { summary } = list[mute];
    const problem = summary.trim() === "" ? "is empty" : `is "${shortened(summary)}"`;
    throw refuse(
      `the summary in row ${mute + 2} ${problem}; expected a description in English in every row, got ${list.length - said.length} without, complete them or leave them out with --partial`,
    );
  }
  return { list: said, empty: list.length - said.length };
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
        const isDescriptions = !header.includes("summary");
        return header.map((name) => (isDescriptions && name === DESCRIBED ? "summary" : name));
      },
    });
  } catch (error) {
    throw refuse(`${messageOf(error)}; expected a CSV table with the columns ${COLUMNS.join(", ")}`);
  }
  const has = (name: string) => header.includes(name) || (name === "summary" && header.includes(DESCRIBED));
  const missing = COLUMNS.filter((name) => !has(name));
  if (missing.length === 0) return rows as Row[];
  const found = header.length > 0 ? header.join(", ") : "none";
  throw refuse(`no column ${missing.join(", ")}; expected ${COLUMNS.join(", ")}, got ${found}, add a header line`);
}

/** Refuses a table as a whole: with no words at all, or mostly in another language. */
function checkAll(list: readonly Annotation[], refuse: (problem: string) => UserError): void {
  const said = list.map(({ summary }) => summary).filter(saysSomething);
  const expected = "expected descriptions in English, correct the table";
  if (said.length === 0) throw refuse(`all ${list.length} summaries are empty; ${expected}`);
  const sample = shortened(said[0]);
  if (!said.some((text) => /\p{L}/u.test(text)))
    throw refuse(`its summaries have no words, such as "${sample}"; ${expected}`);
  if (!mayBeEnglish(said)) throw refuse(`its summaries are not English, such as "${sample}"; ${expected}`);
}

/** On one line. */
const shortened = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, 40);

/** Writes annotations as `readAnnotations` reads them; atomically. */
export function writeAnnotations(path: string, list: readonly Annotation[]): Promise<void> {
  const rows = list.map(({ layer, unit, summary }) => [layer, unit, summary]);
  return writeFileAtomically(path, stringify([COLUMNS, ...rows]));
}
