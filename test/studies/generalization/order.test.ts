/** Leads of one method over another, where the order is known. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { bleu } from "../../../src/language/bleu.js";
import { rouge } from "../../../src/language/rouge.js";
import type { Method, Outcome } from "../../../src/studies/generalization/generalize.js";
import { lead, type ScoredUnit } from "../../../src/studies/generalization/order.js";
import { leadRows, leads } from "../../../src/studies/generalization/report.js";

const WORDS = ["red dogs", "green cars on grass", "stripes", "the upper part of boats"];
const METRICS = [bleu({ effectiveOrder: true }), rouge("L")];

/** Units of which every `wrong`-th is described as another one. */
function units(count: number, wrong: number, gradeOf: (right: boolean, unit: number) => number | null): ScoredUnit[] {
  return Array.from({ length: count }, (_, unit) => {
    const isRight = unit % wrong !== 0;
    const words = WORDS[unit % WORDS.length];
    const description = isRight ? words : WORDS[(unit + 1) % WORDS.length];
    return { layer: "layer", unit, description, references: [words], grade: gradeOf(isRight, unit) };
  });
}

test("the better method is ahead, and by what the scores differ", async () => {
  const better = units(120, 10, (right) => (right ? 0.9 : 0.1));
  const worse = units(120, 3, (right) => (right ? 0.9 : 0.1));
  const found = await lead(better, worse, METRICS, new Random(1));
  const [good, bad] = [better, worse].map((list) => list.reduce((sum, { grade }) => sum + grade! / 120, 0));
  expect(found.grade.value).toBeCloseTo(good - bad, 12);
  for (const { low, high, value } of Object.values(found)) {
    expect(low).toBeGreaterThan(0);
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
  }
  const turned = await lead(worse, better, METRICS, new Random(1));
  for (const [name, { value }] of Object.entries(turned)) expect(value).toBeCloseTo(-found[name].value, 12);
});

test("differences are paired: the same noise on both does not widen them", async () => {
  const random = new Random(2);
  const noise = Array.from({ length: 200 }, () => random.uniform());
  const first = units(200, 7, (_, unit) => 0.05 + 0.9 * noise[unit]);
  const second = units(200, 7, (_, unit) => 0.9 * noise[unit]);
  const { grade, "ROUGE-L": same } = await lead(first, second, METRICS, new Random(3));
  expect(grade.value).toBeCloseTo(0.05, 12);
  expect(grade.high - grade.low).toBeLessThan(1e-9);
  expect([same.value, same.low, same.high]).toEqual([0, 0, 0]);
});

test("units that cannot be graded, or that one method leaves out, do not count", async () => {
  const first = units(40, 5, (_, unit) => (unit < 20 ? null : 0.5));
  const second = units(40, 5, () => 0.25).filter(({ unit }) => unit % 2 === 0);
  expect((await lead(first, second, [], new Random(1))).grade.value).toBeCloseTo(0.25, 12);
  expect(await lead(first, [], METRICS, new Random(1))).toEqual({});
});

test("rows say whether there is an order", () => {
  const outcome = (method: Method, of: Method, value: number) =>
    ({
      method,
      protocol: "left-out",
      ahead: { of, by: { grade: { value, low: value - 0.1, high: value + 0.1 } } },
    }) as unknown as Outcome;
  const list = leads(
    [outcome("pmi", "p(d|E)", 0.3), outcome("pmi", "p(d|E)", 0.1), outcome("p(d|E)", "netdissect", -0.02)],
    ({ protocol }) => protocol,
  );
  expect(leadRows(list, ["grade", "BLEU"])).toEqual([
    ["left-out", "pmi over p(d|E)", "2", "+0.200 ± 0.071 better", "-"],
    ["left-out", "p(d|E) over netdissect", "1", "-0.020 ± 0.100 cannot tell", "-"],
  ]);
});

test("networks that cannot be graded leave the others' grades in the mean, wherever they stand", () => {
  const outcome = (by: object) =>
    ({ method: "pmi", protocol: "across", ahead: { of: "p(d|E)", by } }) as unknown as Outcome;
  const one = { value: 0.2, low: 0.1, high: 0.3 };
  const list = leads([outcome({ BLEU: one }), outcome({ BLEU: one, grade: one })], ({ protocol }) => protocol);
  expect(leadRows(list, ["grade"])[0][3]).toBe("+0.200 ± 0.100 better");
});
