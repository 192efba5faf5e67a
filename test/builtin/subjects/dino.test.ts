/** Miniature self-supervision: the loss falls, the teacher follows, resuming ends in the same bits, features tell classes apart. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { type DinoPlan, openDino, teacherModel } from "../../../src/builtin/subjects/dino-model.js";
import { neighbourAccuracy } from "../../../src/builtin/subjects/nearest-neighbours.js";
import { type TrainDinoOptions, trainDino } from "../../../src/builtin/subjects/train-dino.js";
import { resolveLayers } from "../../../src/engine/onnx/layers.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { readSafetensors } from "../../../src/engine/tensor/safetensors.js";
import { openModel, preprocessingOf } from "../../../src/exemplars/subject.js";
import { floats, wave } from "../../engine/train/wave.js";
import { writeColours } from "../../studies/pictures.js";
import { severalThreads } from "../../threads.js";
import { failing, flyingClock } from "./training.js";

const folder = mkdtempSync(join(tmpdir(), "milan-dino-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
beforeAll(() => writeColours(at("colours"), ["red", "green", "blue"], 20));

const plan: DinoPlan = {
  ...{ size: 16, partSize: 8, parts: 2, network: { patch: 4, width: 24, depth: 2, heads: 2 } },
  head: { hidden: 32, bottleneck: 16, prototypes: 24 },
  ...{ studentTemperature: 0.1, teacherTemperature: 0.05, centreMomentum: 0.9 },
};
const train = (name: string, options: Partial<TrainDinoOptions> = {}) =>
  trainDino(at("colours"), {
    ...plan,
    ...{ out: at(`${name}.onnx`), batch: 9, epochs: 1, learningRate: 2e-3, weightDecay: 0.02, momentum: 0.9, seed: 2 },
    ...{ wholeScale: [0.5, 1], partScale: [0.2, 0.5], progress: silent, now: () => performance.now() },
    ...options,
  });

test("learns without classes: the loss falls, answers differ between pictures, neighbours are alike", async () => {
  const trained = await train("net", { epochs: 25 });
  expect(trained).toMatchObject({ classes: ["blue", "green", "red"], trainingImages: 54, validationImages: 6 });
  const epochs = readFileSync(at("net.metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "epoch");
  expect(epochs).toHaveLength(25);
  expect(epochs[0].loss - epochs.at(-1).loss).toBeGreaterThan(0.3);
  const { answerEntropy, meanEntropy } = epochs.at(-1).metrics;
  expect(answerEntropy).toBeLessThan(0.8 * Math.log(24)); // sure of each
  expect(meanEntropy).toBeGreaterThan(answerEntropy + 0.3); // and not of the same
  expect(epochs.filter(({ metrics }) => "neighbourAccuracy" in metrics)).toHaveLength(25);
  expect(trained.neighbourAccuracy).toBeGreaterThan(0.6);
});

test("the teacher is a moving average of the student; the centre follows its answers", async () => {
  const momentum = (step: number) => (step === 1 ? 0.9 : 0.5);
  const { step, values } = await openDino(plan, { batch: 2, seed: 1, weightDecay: 0, momentum });
  const names = [...values.keys()].filter((name) => name.startsWith("teacher."));
  const now = (name: string) => values.get(name)!.data.slice();
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(now(name)).toEqual(now(name.slice("teacher.".length)));
  const feeds = { whole: wave([4, 3, 16, 16], 0), parts: wave([4, 3, 8, 8], 1) };
  for (const share of [0.9, 0.5]) {
    const before = new Map(names.map((name) => [name, now(name)]));
    await step.run(feeds, 0.01);
    for (const name of names) {
      const student = now(name.slice("teacher.".length));
      const expected = before.get(name)!.map((value, i) => share * value + (1 - share) * student[i]);
      const farthest = now(name).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
      expect(farthest, name).toBeLessThan(1e-6);
    }
  }
  expect(now("blocks.0.mlp.fc1.weight")).not.toEqual(now("teacher.blocks.0.mlp.fc1.weight"));
  expect(now("centre").some((value) => value !== 0)).toBe(true);
  await step.close();
});

describe("on two threads", () => {
  severalThreads();

  test("killed and resumed, it ends in the same bits", async () => {
    const whole = await train("whole");
    await expect(train("half", { progress: failing(2), now: flyingClock() })).rejects.toThrow("the power went out");
    const half = await train("half");
    const checkpoint = (name: string) => readSafetensors(at(`${name}.checkpoint.safetensors`));
    expect(await checkpoint("half")).toEqual(await checkpoint("whole"));
    expect(readFileSync(half.model)).toEqual(readFileSync(whole.model));
    await expect(train("half", { parts: 1 })).rejects.toThrow(/another training; got parts 1 \(there 2\)/);
  });
});

test("the model is the teacher, and has its perceptrons as layers", async () => {
  const { step, values } = await openDino(plan, { batch: 2, seed: 1, weightDecay: 0, momentum: () => 0.9 });
  await step.close();
  const bias = values.get("teacher.norm.bias")!;
  bias.data.fill(3);
  const session = await openSession(teacherModel(values, plan));
  const { features } = await session.run({ images: wave([5, 3, 16, 16], 0) });
  await session.close();
  expect(features.shape).toEqual([5, 24]);
  const mean = (features.data as Float32Array).reduce((a, b) => a + b, 0) / features.data.length;
  expect(mean).toBeCloseTo(3, 3); // normalised, then shifted by the teacher's bias
  const { model } = await train("layers");
  const subject = await openModel(model);
  expect(preprocessingOf(subject)).toMatchObject({ width: 16, height: 16 });
  const found = resolveLayers(subject.layers, ["blocks.0.mlp.fc1", "blocks.1.mlp.fc1"]);
  expect(found.map(({ kind, units, shape }) => [kind, units, shape])).toEqual([
    ["tokens", 96, [-1, 17, 96]],
    ["tokens", 96, [-1, 17, 96]],
  ]);
});

test("neighbours vote by cosine, the nearer the more", async () => {
  const bank = { features: floats([4, 2], [1, 0, 10, 1, 0, 1, -1, 3]), labels: [0, 0, 1, 1] };
  const tests = { features: floats([3, 2], [5, 1, 0, 2, -3, -0.1]), labels: [0, 1, 0] };
  expect(await neighbourAccuracy(bank, tests, 2)).toBeCloseTo(2 / 3, 12); // the last is nearest to [-1, 3]
  const many = ndarray(
    "float32",
    [130, 2],
    Float32Array.from({ length: 260 }, (_, i) => (i % 2 === 0 ? 1 : 0.1)),
  );
  expect(await neighbourAccuracy(bank, { features: many, labels: new Array(130).fill(0) }, 2)).toBe(1);
});
