/** Tables that strangers wrote: bounded before they are read, refused in a line when they are not what they should be. */
import { stat } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { fileProblem, messageOf, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";

/** A table of a hundred thousand rows of a hundred letters. */
const MOST_BYTES = 16 * 2 ** 20;
/** Letters in a row. */
const MOST_LETTERS = 2 ** 20;

/**
 * The rows of a table, each by its columns' names.
 * @param columns those that must be there; others may be.
 * @param mostBytes size beyond which it is not read.
 * Errors: `UserError` when it cannot be read, is too large, is no CSV, has no rows, or lacks a column.
 */
export async function readCsv<Column extends string>(
  path: string,
  columns: readonly Column[],
  mostBytes = MOST_BYTES,
): Promise<(Record<Column, string> & Record<string, string | undefined>)[]> {
  const file = await stat(path).catch((error) => {
    throw fileProblem("reading", path, error);
  });
  if (file.isFile() && file.size > mostBytes) {
    throw new UserError(`reading ${path}: it has ${file.size} bytes; expected at most ${mostBytes}, leave rows out`);
  }
  if (!file.isFile() && !file.isDirectory())
    throw new UserError(`reading ${path}: it is no file; expected a CSV table`);
  const text = (await readWhole("reading", path)).toString("utf8");
  let rows: (Record<Column, string> & Record<string, string | undefined>)[];
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, max_record_size: MOST_LETTERS });
  } catch (error) {
    throw new UserError(`reading ${path}: ${messageOf(error)}; expected a CSV table`, { cause: error });
  }
  const missing = columns.filter((column) => rows[0]?.[column] === undefined);
  if (missing.length === 0) return rows;
  const what = rows.length === 0 ? "no rows" : `no column ${missing.join(", ")}`;
  throw new UserError(`reading ${path}: ${what}; expected the columns ${columns.join(", ")}, a row each`);
}
