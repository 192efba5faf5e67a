/** What commands print on standard output: aligned tables for people, JSON for programs. */

/** Prints JSON, one document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 1)}\n`);
}

/** Prints rows in columns as wide as their content; the last column is as long as it likes. */
export function printTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [header, ...rows].map((row) => row.map((cell) => plain(String(cell))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells) {
    const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column])));
    process.stdout.write(`${line.join("  ").trimEnd()}\n`);
  }
}

/** The same rows as a table of Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, header.map(() => "---"), ...rows];
  return cells
    .map((row) => `| ${row.map((cell) => plain(String(cell)).replaceAll("|", "\\|")).join(" | ")} |\n`)
    .join("");
}

/** A stranger's text without control characters, which could move the cursor of a terminal. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, "?");
