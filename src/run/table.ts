/** Tables of numbers as the reference writes them: comma-separated, one row a unit, no header. */
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";

/** Writes rows of integers (`ids.csv`). @param values int32 [rows, columns]. */
export function writeIntegers(path: string, values: Int32Array, columns: number): Promise<void> {
  return writeFileAtomically(path, toText(values, columns, String));
}

/** Writes rows of reals with six significant digits (`activations.csv`). @param values float32 [rows, columns]. */
export function writeReals(path: string, values: Float32Array, columns: number): Promise<void> {
  return writeFileAtomically(path, toText(values, columns, scientific));
}

/** Reads a table of numbers. Errors: rows of different lengths, or something that is not a number. */
export async function readTable(path: string): Promise<{ rows: number; columns: number; values: Float64Array }> {
  const lines = (await readWhole("reading", path)).toString("utf8").split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  const columns = lines[0]?.split(",").length ?? 0;
  const values = new Float64Array(lines.length * columns);
  for (const [row, line] of lines.entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== columns || !cells.every((cell) => NUMBER.test(cell))) {
      throw new UserError(`reading ${path}: line ${row + 1} is damaged; expected ${columns} numbers, dissect again`);
    }
    values.set(cells.map(toNumber), row * columns);
  }
  return { rows: lines.length, columns, values };
}

const NUMBER = /^([-+]?\d+(\.\d*)?(e[-+]?\d+)?|nan|-?inf)$/i;

const toNumber = (cell: string) => (/inf/i.test(cell) ? Number(cell.replace(/inf/i, "Infinity")) : Number(cell));

function toText<T extends Int32Array | Float32Array>(values: T, columns: number, cell: (n: number) => string): string {
  const lines: string[] = [];
  for (let at = 0; at < values.length; at += columns) {
    lines.push(Array.from(values.subarray(at, at + columns), cell).join(","));
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** As C's `%.5e`. */
function scientific(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return value.toExponential(5).replace(/e([+-])(\d)$/, "e$10$2");
}
