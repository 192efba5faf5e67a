/** Differences of two runs in words. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerDiff } from "../../../src/cli/diff.js";
import { openSyntax } from "../../../src/language/syntax/open.js";
import { diffRuns, falseRates, fisher } from "../../../src/studies/audit/diff.js";
import { run } from "../../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

function writeRun(name: string, said: readonly string[]) {
  mkdirSync(at(name), { recursive: true });
  const rows = said.map((text, unit) => `conv1,${unit},${text}`);
  writeFileSync(join(at(name), "descriptions.csv"), ["layer,unit,description", ...rows, ""].join("\n"));
}
const times = (count: number, text: string) => Array.from({ length: count }, () => text);

beforeAll(() => {
  writeRun("faces", [...times(25, "human faces"), ...times(5, "a red face"), ...times(70, "green areas")]);
  writeRun("blurred", [...times(2, "the face of a clock"), ...times(128, "green areas"), ...times(70, "blue areas")]);
  writeRun("none", [""]);
});

test("words by how likely their difference is chance, singular and plural together", async () => {
  const { described, words } = await diffRuns(at("faces"), at("blurred"), await openSyntax());
  expect(described).toEqual([100, 200]);
  const of = (word: string) => words.find((found) => found.word === word);
  expect(of("face")).toMatchObject({ first: 30, second: 2, examples: ["human faces", "a red face"] });
  expect(of("face")!.difference).toBeCloseTo(0.29, 12);
  expect(of("face")!.q).toBeLessThan(1e-6);
  expect(of("faces")).toBeUndefined();
  expect(of("of")).toBeUndefined();
  expect(of("green")!.q).toBeGreaterThan(0.2);
  expect(of("blue")).toMatchObject({ first: 0, second: 70, examples: ["blue areas"] });
  expect(words.map(({ q }) => q)).toEqual(words.map(({ q }) => q).sort((a, b) => a - b));
  const { words: none } = await diffRuns(at("faces"), at("faces"), await openSyntax());
  expect(none.every(({ q }) => q === 1)).toBe(true);
});

test("Fisher's test and the rates of false discoveries as published", () => {
  // the lady tasting tea: 3 of 4 against 1 of 4
  expect(fisher([3, 1], [4, 4])).toBeCloseTo(34 / 70, 10);
  expect(fisher([4, 0], [4, 4])).toBeCloseTo(2 / 70, 10);
  expect(falseRates([0.01, 0.02, 0.03, 0.5]).map((rate) => Math.round(1000 * rate) / 1000)).toEqual([
    0.04, 0.04, 0.04, 0.5,
  ]);
});

test("the command", async () => {
  const text = await run(registerDiff, ["diff", at("faces"), at("blurred"), "--top", "3"]);
  expect(text).toMatch(/^word\s+faces\s+blurred\s+q\s+such as\n/);
  expect(text).toMatch(/\nface\s+30 \(30\.0 %\)\s+2 \(1\.0 %\)\s+< 0\.001\s+human faces; a red face\n/);
  expect(text).toMatch(/\d of \d+ words are hardly equally frequent/);
  await expect(run(registerDiff, ["diff", at("faces"), at("none")])).rejects.toThrow(/it has no descriptions/);
});
