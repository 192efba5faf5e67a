/** `milan reproduce` prints tables and leaves them as Markdown and JSON; the study behind them is tested in `test/builtin`. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { markdownTable } from "../../src/cli/print.js";
import { expectDone, expectRefusal, milan } from "./milan.js";

const folder = mkdtempSync(join(tmpdir(), "milan-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test("Table 1, of the networks that ship, is printed and left as Markdown and JSON", async () => {
  const out = at("tables");
  const done = await milan("reproduce", "table1", "--out", out);
  expectDone(done);
  const page = readFileSync(`${out}/tables.md`, "utf8");
  const [title, , header, rule, ...rows] = page.trimEnd().split("\n");
  expect(title).toBe("## Table 1");
  expect(rule.split("---").length).toBe(header.split(" | ").length + 1);
  const told = JSON.parse(readFileSync(`${out}/tables.json`, "utf8")).table1 as { name: string; bytes: number }[];
  expect(told.length).toBe(7);
  expect(rows.map((row) => row.split(" | ")[0])).toEqual(told.map(({ name }) => `| ${name}`));
  for (const row of rows) {
    // the same cells as on the terminal
    const cells = row.slice(2, -2).split(" | ");
    expect(done.stdout.split("\n").some((line) => cells.every((cell) => line.includes(cell)))).toBe(true);
  }
  expect(done.stdout).toContain("tables.md");
});

test("a bar in a cell does not end it", () => {
  expect(markdownTable(["method", "score"], [["p(d|E)", 0.5]])).toBe(
    "| method | score |\n| --- | --- |\n| p(d\\|E) | 0.5 |\n",
  );
});

test("a table that there is not is refused", async () => {
  expectRefusal(
    await milan("reproduce", "table9", "--out", at("none")),
    /no table9; expected some of table1, /,
    at("none"),
  );
});
