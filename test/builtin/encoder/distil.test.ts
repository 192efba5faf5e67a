/** Distillation in miniature: a teacher whose maps and answers are plain to see, lessons that are kept, a student that learns from them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { distil } from "../../../src/builtin/encoder/distil.js";
import { giveLessons, picturesOf } from "../../../src/builtin/encoder/lessons.js";
import { readStudent } from "../../../src/builtin/encoder/student.js";
import { LOG_STEP, type Teacher } from "../../../src/builtin/encoder/teacher.js";
import { toModel } from "../../../src/engine/grad/emit.js";
import { Graph } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { type ClassifierData, openClassifierData } from "../../../src/studies/train-classifier-data.js";
import { writeColours } from "../../studies/pictures.js";

const folder = mkdtempSync(join(tmpdir(), "milan-distil-"));
const at = (name: string) => join(folder, name);
const SIZE = 48;

let data: ClassifierData;
let teacher: Teacher;
beforeAll(async () => {
  await writeColours(at("colours"), ["red", "green", "blue"], 10);
  data = await openClassifierData(at("colours"), { seed: 0 });
  // it sees each channel on 6 x 6 fields, and on top how far right the light is
  const graph = new Graph();
  const images = graph.input("images", "float32", [1, 3, SIZE, SIZE]);
  const rightward = Float32Array.from({ length: SIZE ** 2 }, (_, i) => (i % SIZE) / SIZE);
  const ramp = op.add(
    op.mul(op.slice(images, 1, 0, 1), 0),
    graph.constant(ndarray("float32", [1, 1, SIZE, SIZE], rightward)),
  );
  const maps = graph.name(op.averagePool(op.relu(op.concat([images, ramp], 1)), SIZE / 6), "fields");
  const logits = op.mul(op.mean(op.slice(maps, 1, 0, 3), [2, 3]), 8);
  const open = { images: ["batch"], logits: ["batch"] };
  await writeModel(toModel(graph, { outputs: { logits }, open }), at("teacher.onnx"));
  teacher = {
    ...{ subject: await openModel(at("teacher.onnx")), preprocessing: { mean: [0], std: [1] } },
    ...{ maps: maps.name!, channels: 4, ceiling: 1, logits: "logits", answers: 3 },
  };
});
afterAll(async () => {
  await data.close();
  rmSync(folder, { recursive: true, force: true });
});

const give = (name: string, by = teacher) =>
  giveLessons([data.training], by, { folder: at(name), progress: silent, part: 10 });

test("lessons are what the teacher makes of pictures and of their mirror images, on 4 x 4 fields", async () => {
  const { count, pixels, labels, maps, answers } = await give("lessons");
  expect(count).toBe(27);
  for (const picture of [0, 13, 26]) {
    const mean = (channel: number) => {
      const from = (picture * 3 + channel) * 64 ** 2;
      return pixels.subarray(from, from + 64 ** 2).reduce((a, b) => a + b, 0) / 64 ** 2;
    };
    const map = (view: number, channel: number) => {
      const from = ((2 * picture + view) * 4 + channel) * 16;
      return Array.from(maps.subarray(from, from + 16));
    };
    const mirrored = (fields: number[]) => fields.map((_, i) => fields[i - (i % 4) + 3 - (i % 4)]);
    for (const channel of [0, 1, 2]) {
      expect(map(0, channel).reduce((a, b) => a + b, 0) / 16).toBeCloseTo(mean(channel), -0.5);
      const [plain, other] = [map(0, channel), mirrored(map(1, channel))];
      for (const [i, value] of plain.entries()) expect(Math.abs(value - other[i])).toBeLessThanOrEqual(2);
    }
    expect(map(0, 3).slice(0, 4)).toEqual([33, 89, 160, 217]); // six fields of the ramp over four
    expect(map(1, 3)).toEqual(map(0, 3)); // the ramp is the teacher's own: it is not mirrored
    const said = Array.from(answers.subarray(2 * picture * 3, 2 * picture * 3 + 3), (byte) =>
      Math.exp(byte * LOG_STEP),
    );
    expect(said.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 1);
    expect(said.indexOf(Math.max(...said))).toBe([2, 1, 0][labels[picture]]); // classes: blue, green, red
  }
});

test("lessons are kept: what is there is not asked again, what is missing is, others are refused", async () => {
  const whole = await give("kept");
  const dumb = { ...teacher, subject: { ...teacher.subject, model: undefined as never } };
  expect(await give("kept", dumb)).toEqual(whole);
  rmSync(at("kept/00001.safetensors"));
  await expect(give("kept", dumb)).rejects.toThrow();
  expect(await give("kept")).toEqual(whole);
  expect(readdirSync(at("kept")).sort()).toEqual([..."012"].map((n) => `0000${n}.safetensors`).concat("lessons.json"));
  await expect(give("kept", { ...teacher, ceiling: 2 })).rejects.toThrow(
    /its lessons are on other pictures or by another teacher; expected those of this training/,
  );
});

test("a student learns from them, and is read from its checkpoint", async () => {
  const lessons = await give("lessons");
  const { values, result } = await distil(lessons, await picturesOf([data.validation]), {
    ...{ channels: 4, answers: 3, classes: 3, batch: 9, epochs: 3, learningRate: 2e-3, seed: 1 },
    checkpoint: { path: at("student.checkpoint"), everyMs: 1e9, identity: {} },
    ...{ log: at("student.jsonl"), progress: silent, now: () => performance.now() },
  });
  const losses = readFileSync(at("student.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "epoch")
    .map(({ loss }) => loss);
  expect(losses.length).toBe(3);
  expect(losses[2]).toBeLessThan(0.8 * losses[0]);
  expect(result.metrics.accuracy).toBeGreaterThanOrEqual(0);
  const student = await readStudent(at("student.checkpoint"));
  expect(student.has("maps.weight")).toBe(false);
  expect(student.get("fc.weight")).toEqual(values.get("fc.weight"));
  expect(student.get("layer4.1.conv2.weight")).toEqual(values.get("layer4.1.conv2.weight"));
});
