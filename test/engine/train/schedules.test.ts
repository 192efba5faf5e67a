/** Learning rate schedules against the values their formulas have at places a reader can check. */
import { expect, test } from "vitest";
import { constantRate, cosine, linearDecay, type Schedule, stepwise } from "../../../src/engine/train/schedules.js";

const over = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps + 1 }, (_, step) => Number(schedule(step, step / steps).toFixed(6)));

test("constant", () => expect(over(constantRate(), 2)).toEqual([1, 1, 1]));

test("stepwise", () => {
  expect(over(stepwise({ every: 2, factor: 0.5 }), 5)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  expect(() => stepwise({ every: 0 })).toThrow("learning rate schedule: every 0 steps; expected at least 1");
});

test("cosine", () => {
  expect(over(cosine(), 4)).toEqual([1, 0.853553, 0.5, 0.146447, 0]);
  expect(over(cosine({ end: 0.5 }), 2)).toEqual([1, 0.75, 0.5]);
});

test("linear", () => {
  expect(over(linearDecay(), 4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
  expect(over(linearDecay({ end: 0.2 }), 4)).toEqual([1, 0.8, 0.6, 0.4, 0.2]);
});

test("warm-up rises in equal parts, never from nothing, and joins the decay", () => {
  const schedule = linearDecay({ warmup: 3, end: 1 });
  expect(over(schedule, 5)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  expect(cosine({ warmup: 3 })(1, 0.5)).toBeCloseTo(0.25, 12); // half of the half
});

test("past the end the rate stays where it ended", () => {
  expect(cosine({ end: 0.1 })(50, 1.5)).toBeCloseTo(0.1, 12);
  expect(linearDecay()(50, 2)).toBe(0);
});
