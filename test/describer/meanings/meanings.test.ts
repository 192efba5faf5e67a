/** A unit with two meanings is told from one with one, and each meaning is described by itself. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { silent } from "../../../src/base/progress.js";
import { builtInDescriber } from "../../../src/builtin/assets.js";
import { type DescribeOptions, describe } from "../../../src/describer/describe.js";
import { type Describer, loadDescriber } from "../../../src/describer/describer.js";
import { type ExemplarStore, openExemplars } from "../../../src/exemplars/store.js";
import { type Description, descriptionsTable, readDescriptions } from "../../../src/run/descriptions.js";
import { expectDone, milan } from "../../cli/milan.js";
import { colourRun, colourShown, K, NAMES, UNITS } from "./colours.js";

let at: (name: string) => string;
let store: ExemplarStore;
let describer: Describer;
let one: Description[];
let auto: Description[];
const unitFor = (...names: (typeof NAMES)[number][]) =>
  UNITS.findIndex((unit) => unit.map((colour) => NAMES[colour]).join() === names.join());

async function described(options: DescribeOptions): Promise<Description[]> {
  const all: Description[] = [];
  for await (const item of describe(store, describer, { search: "greedy", ...options })) all.push(item);
  return all;
}

afterAll(() => Promise.all([store.close(), describer.close()]));
beforeAll(async () => {
  at = await colourRun();
  store = await openExemplars(at("run"));
  describer = await loadDescriber(builtInDescriber());
  one = await described({});
  auto = await described({ meanings: "auto" });
}, 120_000);

test("units for one colour are not split", async () => {
  for (const [unit, { meanings, doubts }] of auto.slice(0, NAMES.length).entries()) {
    expect([NAMES[unit], meanings]).toEqual([NAMES[unit], undefined]);
    expect(doubts).not.toContain("many-meanings");
  }
});

test("units for two colours are, into exemplars of either", async () => {
  const pairs = auto.slice(NAMES.length);
  const split = pairs.filter(({ meanings }) => meanings);
  expect(split.length).toBeGreaterThanOrEqual(12); // of 15
  const misplaced: number[] = [];
  for (const { unit, meanings, doubts } of split) {
    expect(doubts).toContain("many-meanings");
    expect(meanings).toHaveLength(2);
    const ranks = meanings!.flatMap(({ exemplars }) => exemplars);
    expect([...ranks].sort((a, b) => a - b)).toEqual(Array.from({ length: K }, (_, rank) => rank));
    let right = 0;
    for (const { exemplars } of meanings!) {
      const colours = await Promise.all(exemplars.map((rank) => colourShown(store, unit, rank)));
      const counts = UNITS[unit].map((colour) => colours.filter((shown) => shown === colour).length);
      right += Math.max(...counts);
    }
    misplaced.push(K - right);
  }
  expect(Math.max(...misplaced)).toBeLessThanOrEqual(2);
  expect(misplaced.filter((count) => count > 0).length).toBeLessThanOrEqual(3);
});

test("red or blue things: two descriptions that name the colours, and shares by what exceeds the level", async () => {
  const { unit, meanings } = auto[unitFor("red", "blue")];
  const [{ activations, levels }] = store.layers;
  expect(meanings!.map(({ description }) => /red|blue/i.exec(description)?.[0].toLowerCase()).sort()).toEqual([
    "blue",
    "red",
  ]);
  const excess = (ranks: readonly number[]) =>
    ranks.reduce((sum, rank) => sum + Math.max(0, activations![unit * K + rank] - levels![unit]), 0);
  for (const { share, exemplars } of meanings!) {
    expect(share).toBeCloseTo(excess(exemplars) / excess(Array.from({ length: K }, (_, rank) => rank)), 6);
    expect(exemplars.length).toBeGreaterThanOrEqual(3);
  }
  expect(meanings![0].share).toBeGreaterThanOrEqual(meanings![1].share);
  expect(meanings![0].share + meanings![1].share).toBeCloseTo(1, 6);
});

test("what is said of all exemplars stays the same, whatever is said of some", async () => {
  const main = auto.map(({ meanings, doubts, ...rest }) => ({
    ...rest,
    doubts: doubts.filter((doubt) => doubt !== "many-meanings"),
  }));
  expect(main).toEqual(one);
});

test("at most so many; one is none", async () => {
  expect(await described({ meanings: 2 })).toEqual(auto);
  expect(await described({ meanings: 1 })).toEqual(one);
});

test("too few units do not show what meanings differ in: said once, and nothing is split", async () => {
  const warnings: string[] = [];
  const progress = { ...silent, warn: (message: string) => void warnings.push(message) };
  const few = await described({ meanings: "auto", only: (_, unit) => unit > 15, progress });
  expect(few).toEqual(one.slice(16));
  expect(warnings.filter((text) => !text.includes("unfamiliar"))).toEqual([
    "describing: 5 units with exemplars are too few, or too much alike, to show what meanings differ in; expected at least 10, each gets one description",
  ]);
});

test("numbers of meanings that are none are refused", async () => {
  for (const meanings of [0, 1.5, Number.NaN, "many" as "auto"]) {
    const thrown = await described({ meanings }).catch((error) => error);
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown.message).toMatch(/^describing: meanings .*; expected one, auto or a whole number from 1$/);
  }
});

test("the table has a column more only where there are several meanings", async () => {
  const [header, ...rows] = descriptionsTable(auto).trim().split("\n");
  expect(header).toBe("layer,unit,description,pmi,logp,logp_lm,confidence,doubts,meanings");
  expect(rows[unitFor("red", "blue")]).toMatch(/[, ]many-meanings,\w.* \(0\.\d\d\); \w.* \(0\.\d\d\)$/);
  expect(descriptionsTable(one).split("\n")[0]).toBe("layer,unit,description,pmi,logp,logp_lm,confidence,doubts");
});

test("on the command line: written, read back and shown; one is as before, to the byte", async () => {
  const options = ["--search", "greedy"];
  const files = ["run/descriptions.csv", "run/descriptions.jsonl"];
  const contents = () => files.map((file) => readFileSync(at(file), "utf8"));
  expectDone(await milan("describe", at("run"), ...options));
  const before = contents();
  expectDone(await milan("describe", at("run"), ...options, "--meanings", "one"));
  expect(contents()).toEqual(before);
  for (const text of before) expect(text).not.toMatch(/"meanings"|,meanings/);
  const out = await milan("describe", at("run"), ...options, "--meanings", "auto", "--json");
  expectDone(out);
  const many = auto.filter(({ meanings }) => meanings).length;
  expect(JSON.parse(out.stdout)).toMatchObject({ units: UNITS.length, severalMeanings: many });
  expect(JSON.parse(contents()[1].split("\n")[0])).toMatchObject({ meanings: "auto" });
  expect((await readDescriptions(at("run"))).map(({ meanings }) => meanings)).toEqual(
    auto.map(({ meanings }) => meanings),
  );
  const unit = unitFor("red", "blue");
  const shown = (await milan("show", at("run"), "--unit", String(unit))).stdout;
  expect(shown).toMatch(/\nmeanings\n.*share.*exemplars.*\n *1 +\d+ % .*\n *2 +\d+ % /);
  expect(shown.match(/\n *\d+ +[\d.]+ +[12] +\d+ +\d{4}\.png/g)).toHaveLength(K);
  const [{ description }] = auto[unit].meanings!;
  const found = JSON.parse((await milan("show", at("run"), "--grep", description, "--json")).stdout);
  expect(found.map((item: Description) => item.unit)).toContain(unit);
});
