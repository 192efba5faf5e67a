/** The best weights are kept as they were, and patience runs out when it should. */
import { expect, test } from "vitest";
import { EarlyStopping } from "../../../src/engine/train/early-stopping.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";
import { floats } from "./wave.js";

const weights = (...of: number[]): ParameterValues => new Map([["w", floats([of.length], of)]]);

test("keeps a copy of the best weights, not the array that training goes on in", () => {
  const stopping = new EarlyStopping({ metric: "accuracy", better: "higher", patience: 2 });
  const values = weights(1, 2);
  const seen = [0.5, 0.7, 0.6, 0.7].map((accuracy, i) => {
    values.get("w")!.data.fill(i);
    const isBest = stopping.offer({ accuracy }, i + 1, values);
    return [isBest, stopping.isOver];
  });
  expect(seen).toEqual([
    [true, false],
    [true, false],
    [false, false],
    [false, true], // as good is not better
  ]);
  expect(stopping.best).toMatchObject({ value: 0.7, epoch: 2 });
  stopping.restore(values);
  expect(values.get("w")!.data).toEqual(Float32Array.of(1, 1));
});

test("lower is better for losses, and what is not finite never is", () => {
  const stopping = new EarlyStopping({ metric: "loss", better: "lower", patience: 3 });
  const values = weights(0);
  const kept = [Number.NaN, 3, Number.NEGATIVE_INFINITY, 2, Number.NaN, 2.5].map((loss) =>
    stopping.offer({ loss }, 1, values),
  );
  expect(kept).toEqual([false, true, false, true, false, false]);
  expect(stopping.best!.value).toBe(2);
  expect(stopping.isOver).toBe(false);
  stopping.offer({ loss: 2 }, 1, values);
  expect(stopping.isOver).toBe(true);
});

test("without patience it only keeps the best; nothing to restore changes nothing", () => {
  const stopping = new EarlyStopping({ metric: "loss", better: "lower" });
  const values = weights(4);
  stopping.restore(values);
  expect(values.get("w")!.data[0]).toBe(4);
  stopping.offer({ loss: 1 }, 1, values);
  for (let i = 0; i < 100; i++) stopping.offer({ loss: 2 }, 2, values);
  expect(stopping.isOver).toBe(false);
  expect(stopping.waited).toBe(100);
});

test("patience begins when something has been learned", () => {
  const stopping = new EarlyStopping({ metric: "bleu", better: "higher", patience: 2, nothing: 0 });
  const over = [0, 0, 0, 0, 3, 0, 2].map((bleu, i) => {
    stopping.offer({ bleu }, i + 1, weights(i));
    return stopping.isOver;
  });
  expect(over).toEqual([false, false, false, false, false, false, true]);
  expect(stopping.best).toMatchObject({ value: 3, epoch: 5 });
});

test("a metric that nobody measures is a mistake", () => {
  const stopping = new EarlyStopping({ metric: "bleu", better: "higher" });
  expect(() => stopping.offer({ loss: 1, accuracy: 0 }, 1, weights(0))).toThrow(
    /no metric bleu; there are loss, accuracy/,
  );
});
