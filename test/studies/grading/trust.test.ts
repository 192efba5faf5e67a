/** Whether confidence goes with grades. */
import { expect, test } from "vitest";
import type { Description } from "../../../src/run/descriptions.js";
import type { Graded } from "../../../src/studies/grading/grade-layer.js";
import { trustIn, trustLines } from "../../../src/studies/grading/trust.js";

const said = (unit: number, confidence: number | null) => ({ layer: "a", unit, confidence }) as Description;
const graded = (unit: number, grade: number) => ({ layer: "a", unit, grade }) as Graded;
const some = (pairs: readonly (readonly [confidence: number | null, grade: number])[]) =>
  trustIn(
    pairs.map(([, grade], i) => graded(i, grade)),
    pairs.map(([confidence], i) => said(i, confidence)),
  );

test("the area is the chance that a right description has more confidence, equal ones half", () => {
  expect(
    some([
      [0.9, 1],
      [0.8, 0.5],
      [0.2, 0.4],
      [0.1, 0],
    ])!.auc,
  ).toBe(1);
  expect(
    some([
      [0.1, 1],
      [0.9, 0],
    ])!.auc,
  ).toBe(0);
  // pairs: 0.5 against 0.5 a half, 0.5 against 0.2 one, 0.1 against both none
  expect(
    some([
      [0.5, 1],
      [0.1, 0.7],
      [0.5, 0],
      [0.2, 0.3],
    ])!.auc,
  ).toBeCloseTo(1.5 / 4, 12);
  expect(
    some([
      [0.5, 1],
      [0.6, 1],
    ])!.auc,
  ).toBeNaN();
});

test("bands hold what they say, and every unit once", () => {
  const { bands, units } = some([
    [0, 0.2],
    [0.3, 0.6],
    [0.399, 0.4],
    [0.5, 1],
    [1, 0.5],
    [null, 1],
    [0.7, Number.NaN],
  ])!;
  expect(units).toBe(5);
  expect(bands.map((band) => [band.from, band.to, band.units])).toEqual([
    [0, 0.3, 1],
    [0.3, 0.4, 2],
    [0.4, 0.5, 0],
    [0.5, 1, 2],
  ]);
  expect([bands[1].grade, bands[1].right, bands[3].right]).toEqual([0.5, 0.5, 1]);
  expect(trustLines({ units, auc: 0.75, bands })).toEqual([
    "5 units: confidence tells descriptions graded 0.5 or more from the others with AUC 0.75 (chance 0.50)",
    "  confidence 0.0 to 0.3: 1 units, mean grade 0.200, 0 % graded 0.5 or more",
    "  confidence 0.3 to 0.4: 2 units, mean grade 0.500, 50 % graded 0.5 or more",
    "  confidence 0.5 to 1.0: 2 units, mean grade 0.750, 100 % graded 0.5 or more",
  ]);
});

test("annotations by people have no confidence to judge", () => {
  expect(
    some([
      [null, 1],
      [null, 0],
    ]),
  ).toBeUndefined();
});
