/** Judging, on descriptions whose worth is known. */
import { expect, test } from "vitest";
import { bootstrap } from "../../../src/base/bootstrap.js";
import { Random } from "../../../src/base/random.js";
import { type JudgedUnit, judge } from "../../../src/describer/evaluation/judge.js";
import { formatJudgements } from "../../../src/describer/evaluation/report.js";
import { bleu } from "../../../src/language/bleu.js";
import { rouge } from "../../../src/language/rouge.js";

const COLOURS = ["red", "green", "blue", "white", "black"];
const SHAPES = ["discs", "stripes", "bars"];
const truth = (i: number) => `${COLOURS[i % 5]} ${SHAPES[i % 3]}`;
const units = (describe: (i: number) => string, count = 90): JudgedUnit[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ layer: i % 2 === 0 ? "even" : "odd", unit: i, description: describe(i) },
    references: [`${truth(i)}.`, `${SHAPES[i % 3]}`],
  }));
const options = () => ({ random: new Random(1) });

test("right descriptions beat both controls, in every layer", async () => {
  const found = await judge(
    units((i) => `${truth(i)[0].toUpperCase()}${truth(i).slice(1)}`),
    [rouge("L")],
    options(),
  );
  expect(found.map(({ layer, units: count }) => [layer, count])).toEqual([
    ["", 90],
    ["even", 45],
    ["odd", 45],
  ]);
  for (const { describer, constant, shuffled, beatsConstant, beatsShuffled } of found) {
    expect(describer).toEqual({ value: 1, low: 1, high: 1 }); // case and full stops do not count
    expect(constant.value).toBeLessThan(0.6);
    expect(shuffled.value).toBeLessThan(0.5);
    expect([beatsConstant, beatsShuffled]).toEqual([1, 1]);
  }
});

test("one label for all is no better than the best one label, and no worse shuffled", async () => {
  const [all] = await judge(
    units(() => "discs"),
    [rouge(1)],
    options(),
  );
  expect(all.describer.value).toBeLessThanOrEqual(all.constant.value);
  expect(all.shuffled.value).toBeCloseTo(all.describer.value, 12);
  expect(Math.max(all.beatsConstant, all.beatsShuffled)).toBeLessThan(0.975);
});

test("descriptions of the wrong units are unmasked", async () => {
  const [all] = await judge(
    units((i) => truth(i + 1)),
    [bleu({ effectiveOrder: "references" })],
    options(),
  );
  expect(Math.max(all.beatsConstant, all.beatsShuffled)).toBeLessThan(0.5);
});

test("scores and controls are those of a computation by hand", async () => {
  // unigram F1 against one reference each: sums of a table of all descriptions with all references
  const said = ["red discs", "red bars", "blue", "green bars", "blue bars", "white discs"];
  const people = ["red discs", "blue bars", "blue bars", "green", "red bars", "discs"];
  const f1 = (a: string, b: string) => {
    const [x, y] = [a.split(" "), b.split(" ")];
    return (2 * x.filter((word) => y.includes(word)).length) / (x.length + y.length);
  };
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const labels = [...new Set([...said, ...people])];
  const best = Math.max(...labels.map((label) => mean(people.map((text) => f1(label, text)))));
  const others = people.flatMap((text, i) => said.filter((_, j) => j !== i).map((label) => f1(label, text)));
  const six = said.map((description, unit) => ({ layer: "a", unit, description, references: [people[unit]] }));
  const [found] = await judge(six, [rouge(1)], { ...options(), deals: 4000 });
  expect(found.describer.value).toBeCloseTo(mean(said.map((text, i) => f1(text, people[i]))), 12);
  expect(found.constant.value).toBeCloseTo(best, 12);
  expect(Math.abs(found.shuffled.value - mean(others))).toBeLessThan(0.01); // any other unit's, equally often
});

test("the same seed gives the same intervals", async () => {
  const once = await judge(units(truth), [rouge(2)], options());
  expect(await judge(units(truth), [rouge(2)], options())).toEqual(once);
});

test("intervals of a mean are those of theory", () => {
  const random = new Random(7);
  const values = Array.from({ length: 400 }, () => random.normal());
  const mean = values.reduce((a, b) => a + b) / 400;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 400);
  const sample = {
    statistics: values.map((value) => Float64Array.of(value)),
    score: (sum: Float64Array, count: number) => sum[0] / count,
  };
  const worse = { ...sample, score: (sum: Float64Array, count: number) => sum[0] / count - 0.01 };
  const { scores, firstBetter } = bootstrap([sample, worse], 4000, new Random(8));
  expect(scores[0].value).toBeCloseTo(mean, 12);
  const half = (1.96 * deviation) / 20;
  expect(Math.abs(scores[0].low - (mean - half))).toBeLessThan(0.1 * half);
  expect(Math.abs(scores[0].high - (mean + half))).toBeLessThan(0.1 * half);
  expect(firstBetter).toEqual([0, 1]); // paired: a little better is better every time
});

test("the table keeps its columns whatever a label says", async () => {
  const rows = formatJudgements(
    await judge(
      units(() => "a | b\nc"),
      [rouge(1)],
      options(),
    ),
  );
  for (const row of rows) expect(row.replaceAll("\\|", "").split("|").length).toBe(8);
});
