/** The example as a reader would run it: it imports the package by its name, and learns. */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT } from "../cli/built.js";

test("two-layer-network.js tells two spirals apart", () => {
  const folder = join(BUILT, "..", "examples"); // the package's own name means the build beside it
  const source = join(import.meta.dirname, "..", "..", "examples");
  if (folder !== source) cpSync(source, folder, { recursive: true });
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "two-layer-network.js")], { encoding: "utf8" });
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBe(31);
  for (const line of lines.slice(0, 30)) expect(line).toMatch(/^[.#]{60}$/);
  expect(Number(/^accuracy (1|0\.\d+)/.exec(lines[30])?.[1])).toBeGreaterThan(0.97);
});
