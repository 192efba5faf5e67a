/** The first command of the README, as a stranger types it: on what ships, with nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { readDescriptions } from "../../src/run/descriptions.js";
import { expectDone, milan, milanProcess, type Outcome, workshop } from "./milan.js";

const { at } = workshop();
let demo: Outcome;
beforeAll(() => {
  demo = milanProcess(["demo", "--out", at("demo")]);
}, 300_000);

test("describes every unit in words and shows the most and the least certain", async () => {
  expectDone(demo);
  const descriptions = await readDescriptions(at("demo/run"));
  expect(descriptions.length).toBeGreaterThan(200);
  const spoken = descriptions.filter(({ description }) => description !== "");
  expect(spoken.length).toBeGreaterThan(0.9 * descriptions.length);
  expect(new Set(spoken.map(({ description }) => description)).size).toBeGreaterThan(50);
  const shown = demo.stdout.split("\n").filter((line) => /^features\.\d+ +\d+ /.test(line));
  expect(shown).toHaveLength(16);
});

test("what it says is truer of its units than of others", () => {
  const [, grade, low, , shuffled] =
    /All units: (\d\.\d+) \[(\d\.\d+), (\d\.\d+)\]; descriptions of other units instead: (\d\.\d+)/
      .exec(demo.stdout)!
      .map(Number);
  expect(grade).toBeLessThanOrEqual(1);
  expect(low).toBeGreaterThan(shuffled + 0.05);
  expect(readFileSync(at("demo/run/grades.csv"), "utf8")).toMatch(/^layer,unit,description,understood_as/);
});

test("says that nobody described anything, and leaves a page", () => {
  expect(demo.stdout).toContain("simulated annotators");
  expect(readFileSync(at("demo/page.html"), "utf8")).toMatch(/^<!doctype html>/);
});

test("a describer that is named is used instead, and one that is not there is refused before any work", async () => {
  const refused = await milan("demo", "--out", at("other"), "--describer", at("nothing.pth"));
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/nothing\.pth: no such file or folder; expected a describer/);
  expect(existsSync(at("other"))).toBe(false);
});
