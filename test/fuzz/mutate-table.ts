/** Spoils tables: cells, rows and columns, and how they are written. */
import type { Random } from "../../src/base/random.js";
import { chance, NUMBERS, pick, spoil, texts } from "./mutate.js";

/** A CSV table, spoilt in one to six cells, rows or columns; now and then its bytes besides. @param rows the first is the header. */
export function spoilTable(random: Random, rows: readonly (readonly string[])[]): Buffer {
  const table = rows.map((row) => [...row]);
  let [comma, end] = [",", "\n"];
  for (let left = 1 + random.integer(pick(random, [1, 2, 6])); left > 0; left--) {
    const row = random.integer(table.length);
    const cells = table[row] ?? [];
    const cell = random.integer(Math.max(1, cells.length));
    switch (random.integer(9)) {
      case 0:
      case 1:
        cells[cell] = String(pick(random, NUMBERS));
        break;
      case 2:
      case 3:
        cells[cell] = pick(random, texts());
        break;
      case 4:
        cells.splice(cell, 1);
        break;
      case 5:
        cells.splice(cell, 0, ...Array(pick(random, [1, 2, 2000])).fill(cells[cell] ?? "x"));
        break;
      case 6:
        table.splice(row, 1);
        break;
      case 7:
        table.splice(row, 0, ...Array(pick(random, [1, 2, 500])).fill(cells));
        break;
      default:
        [comma, end] = [pick(random, [",", ";", "\t", ""]), pick(random, ["\n", "\r\n", "\r", ""])];
    }
    if (table.length === 0) table.push([]);
  }
  const quoted = (cell: string) =>
    /[",\n\r]/.test(cell) && chance(random, 0.7) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const text = Buffer.from(table.map((row) => row.map((cell) => quoted(String(cell))).join(comma)).join(end) + end);
  return chance(random, 0.15) ? spoil(random, text) : text;
}

/** The rows of a table as Milan writes them, without quotes. */
export const rowsOf = (text: string): string[][] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
