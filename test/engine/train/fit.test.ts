/** The training loop: its end, its log, its refusals; resuming is in resume.test.ts. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { readSafetensors } from "../../../src/engine/tensor/safetensors.js";
import type { MetricsRecord } from "../../../src/engine/train/metrics-log.js";
import { cosine } from "../../../src/engine/train/schedules.js";
import { spirals } from "./spirals.js";

const folder = mkdtempSync(join(tmpdir(), "milan-fit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (path: string): MetricsRecord[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A clock that moves by itself, so that times are known. */
function ticking(msPerCall: number): () => number {
  let ms = 0;
  return () => (ms += msPerCall);
}

test("learns, and says how it went", async () => {
  const training = await spirals();
  const path = join(folder, "learns.jsonl");
  const result = await training.train({
    epochs: 100,
    schedule: cosine({ warmup: 2 }),
    metrics: { path, everySteps: 2 },
  });
  expect(result).toMatchObject({ epochs: 100, steps: 300, stopped: "epochs", best: undefined });
  expect(result.metrics.accuracy).toBeGreaterThan(0.8);
  const lines = linesOf(path);
  const epochs = lines.filter(({ kind }) => kind === "epoch");
  expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual(
    Array.from({ length: 100 }, (_, i) => [i + 1, 3 * i + 3]),
  );
  expect(lines.filter(({ kind }) => kind === "steps").map(({ step }) => step)).toEqual(
    Array.from({ length: 150 }, (_, i) => 2 * i + 2),
  );
  expect(epochs[99].loss).toBeLessThan(0.7 * epochs[0].loss);
  expect(lines[0].learningRate).toBeCloseTo((0.02 * (2 / 3) * (1 + Math.cos(Math.PI / 300))) / 2, 10);
  expect(epochs[99].learningRate).toBeLessThan(1e-5);
  for (const { rate, seconds, metrics } of lines) {
    expect(rate).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(0);
    expect(Object.keys(metrics)).toEqual(["accuracy"]);
  }
  await training.step.close();
});

test("what evaluation finds is logged and decides when to stop; the best weights are left", async () => {
  const training = await spirals();
  const path = join(folder, "early.jsonl");
  const seen: Float32Array[] = [];
  const scores = [0.1, 0.4, 0.3, 0.4, 0.2];
  const result = await training.train({
    epochs: 50,
    evaluate: async () => {
      seen.push(training.values.get("last.weight")!.data.slice());
      return { score: scores[seen.length - 1] };
    },
    earlyStopping: { metric: "score", better: "higher", patience: 3 },
    metrics: { path },
  });
  expect(result).toMatchObject({ epochs: 5, stopped: "early", best: { epoch: 2, value: 0.4 } });
  expect(training.values.get("last.weight")!.data).toEqual(seen[1]);
  expect(seen[4]).not.toEqual(seen[1]);
  expect(linesOf(path).map(({ metrics }) => metrics.score)).toEqual(scores);
  await training.step.close();
});

test("time runs out in the middle of an epoch: evaluates, keeps the best, writes a checkpoint that can be continued", async () => {
  const training = await spirals();
  const path = join(folder, "time.safetensors");
  const log = join(folder, "time.jsonl");
  let evaluations = 0;
  const result = await training.train({
    minutes: 1,
    now: ticking(1000),
    schedule: cosine(),
    evaluate: async () => ({ score: -evaluations++ }),
    earlyStopping: { metric: "score", better: "higher" },
    checkpoint: { path, everyMs: 1e9, identity: {} },
    metrics: { path: log, everySteps: 1 },
  });
  expect(result.stopped).toBe("minutes");
  expect(result.seconds).toBeGreaterThanOrEqual(60);
  expect(result.seconds).toBeLessThan(70);
  expect(result.steps % 3).not.toBe(0);
  expect(result.best!.epoch).toBe(1);
  expect(evaluations).toBe(result.epochs + 1);
  const rates = linesOf(log).filter(({ kind }) => kind === "steps");
  expect(rates.at(-1)!.learningRate).toBeLessThan(0.1 * rates[0].learningRate); // the schedule follows the time
  await training.step.close();

  const longer = await spirals();
  const checkpoint = { path, everyMs: 1e9, identity: {}, resume: true };
  const more = await longer.train({ minutes: 1.5, now: ticking(1000), checkpoint });
  expect(more.steps).toBeGreaterThan(result.steps);
  expect(more.seconds).toBeGreaterThanOrEqual(90);
  expect(longer.requests[0]).toEqual({ epoch: result.epochs, first: result.steps % 3 });
  await longer.step.close();
});

test("a loss that is not finite: the message names step, parameters and the last good checkpoint, which is left", async () => {
  const path = join(folder, "nan.safetensors");
  const training = await spirals();
  const run = training.step.run.bind(training.step);
  const poisoned = {
    get count() {
      return training.step.count;
    },
    isSeeded: true,
    run: (...args: Parameters<typeof run>) => {
      if (training.step.count === 4) training.values.get("first.weight")!.data[3] = Number.NaN;
      return run(...args);
    },
  };
  const failure = await training
    .train({ step: poisoned, epochs: 5, checkpoint: { path, everyMs: 0, identity: {} } })
    .catch((error) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect(failure.message).toMatch(
    /^training: the loss is NaN at step 5, not finite in values of first\.weight; expected/,
  );
  expect(failure.message.endsWith(`; the state after step 4 is in ${path}`)).toBe(true);
  for (const [name, { data }] of await readSafetensors(path)) {
    expect((data as Float32Array).every(Number.isFinite), name).toBe(true);
  }
  await training.step.close();
});

test("a huge learning rate ends in one clear line, with finite weights where there is no checkpoint to name", async () => {
  const training = await spirals();
  const failure = await training.train({ epochs: 50, learningRate: 1e30 }).catch((error) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect(failure.message).toMatch(/^training: the loss is .* at step \d+, not finite in .*lower the learning rate/);
  expect(failure.message).not.toMatch(/undefined|\n/);
  await training.step.close();
});

test("weights that are not finite never reach a checkpoint", async () => {
  const path = join(folder, "poisoned.safetensors");
  const training = await spirals();
  training.values.get("norm.running_var")!.data[0] = Number.POSITIVE_INFINITY; // read by no step of training
  const failure = await training
    .train({ epochs: 1, checkpoint: { path, everyMs: 0, identity: {} } })
    .catch((error) => error);
  expect(failure.message).toMatch(/values of norm\.running_var are not finite after step 1/);
  expect(existsSync(path)).toBe(false);
  await training.step.close();
});

test("batches that end early are a mistake, and so is no limit at all", async () => {
  const training = await spirals();
  await expect(training.train({ epochs: 1, stepsPerEpoch: 4 })).rejects.toThrow("epoch 1 has 3 batches, not 4");
  await expect(training.train()).rejects.toThrow("no epochs, no minutes");
  await training.step.close();
});

test("a log that cannot be written is refused before the first step", async () => {
  const training = await spirals();
  await expect(training.train({ epochs: 1, metrics: { path: folder } })).rejects.toThrow(
    /it is a folder; expected a file/,
  );
  expect(training.step.count).toBe(0);
  await training.step.close();
});
