/** A miniature GAN: learns what class is what colour, resumes to the same bits, and is dissected with latents of all classes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { Random } from "../../../src/base/random.js";
import { latentsOf, lowerTriangle, measureLatents, spikiness } from "../../../src/builtin/subjects/gan-decoder.js";
import { ofKind } from "../../../src/builtin/subjects/gan-generator.js";
import { averagedGenerator, openGan } from "../../../src/builtin/subjects/gan-model.js";
import { classNumbers, drawLatents, writeLatents } from "../../../src/builtin/subjects/latents.js";
import { type TrainGanOptions, trainGan } from "../../../src/builtin/subjects/train-gan.js";
import { Graph } from "../../../src/engine/grad/graph.js";
import { metadataOf } from "../../../src/engine/onnx/metadata.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { type NdArray, ndarray } from "../../../src/engine/tensor/ndarray.js";
import { readSafetensors } from "../../../src/engine/tensor/safetensors.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import { Program } from "../../../src/engine/train/program.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { latentFolder } from "../../../src/exemplars/probe.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { writeColours } from "../../studies/pictures.js";
import { severalThreads } from "../../threads.js";
import { failing, flyingClock } from "./training.js";

const folder = mkdtempSync(join(tmpdir(), "milan-gan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
beforeAll(() => writeColours(at("colours"), ["red", "blue"], 24));

const plan = { size: 32, width: 2, discriminatorWidth: 2, latent: 8, shared: 4 } as const;
const train = (name: string, options: Partial<TrainGanOptions> = {}) =>
  trainGan(at("colours"), {
    ...plan,
    ...{
      out: at(`${name}.onnx`),
      eyesEpochs: 1,
      batch: 4,
      decoderSteps: 4,
      steps: 4,
      learningRate: 1e-3,
      generatorRate: 0.5,
      guidance: 0.2,
      anchor: 2,
      seed: 5,
    },
    ...{ progress: silent, now: () => performance.now() },
    ...options,
  });

/** How much redder than blue images of each class are, in the mean. */
async function redness(model: string): Promise<number[]> {
  const subject = await openModel(model);
  const session = await openSession(subject.model);
  const count = 32;
  const { images } = await session.run({
    latents: drawLatents(count, plan.latent, new Random(1)),
    class: classNumbers(count, (i) => i % 2),
  });
  await session.close();
  const values = images.data as Float32Array;
  return [0, 1].map((kind) => {
    let sum = 0;
    for (let n = kind; n < count; n += 2) {
      for (let i = 0; i < 1024; i++) sum += values[n * 3072 + i] - values[n * 3072 + 2048 + i];
    }
    return sum / ((count / 2) * 1024);
  });
}

test("learns which class is red and which is blue", async () => {
  const trained = await train("colours", { batch: 8, steps: 120, learningRate: 4e-3 });
  expect(trained).toMatchObject({ classes: ["blue", "red"], trainingImages: 44 });
  const [blue, red] = await redness(trained.model);
  expect(red - blue).toBeGreaterThan(0.1);
  const lines = readFileSync(at("colours.metrics.jsonl"), "utf8").trimEnd().split("\n");
  expect(Object.keys(JSON.parse(lines[0]).metrics)).toEqual([
    ...["discriminator", "discriminator.gap"],
    ...["generator", "generator.unlike", "generator.lost", "generator.spikes"],
  ]);
  const sheet = await sharp(trained.sheet).metadata();
  expect([sheet.width, sheet.height]).toEqual([320, 64]);
});

test("a decoder knows before there is an adversary", async () => {
  const trained = await train("decoded", { batch: 8, decoderSteps: 120, steps: 1 });
  const [blue, red] = await redness(trained.model);
  expect(red - blue).toBeGreaterThan(0.5);
  const [{ metrics }] = readFileSync(at("decoded.metrics.jsonl"), "utf8")
    .split("\n", 1)
    .map((line) => JSON.parse(line));
  expect(metrics["generator.lost"]).toBeLessThan(0.2);
});

test("latents of a class are drawn as its pictures' are spread", async () => {
  const [classes, batch, { latent, size }] = [2, 8, plan];
  const graph = new Graph();
  const shapes = [
    ["images", "float32", [batch, 3, size, size]],
    ["kinds", "int64", [batch]],
    ["noise", "float32", [batch, latent]],
  ] as const;
  const [images, kinds, noise] = shapes.map(([name, dtype, shape]) => graph.input(name, dtype, shape));
  const program = await Program.open(graph, { outputs: { latents: latentsOf(images, kinds, noise, classes) } });
  const random = new Random(3);
  const values = initialise(graph.parameters, random);
  const weight = values.get("E.latents.weight")!;
  weight.data.fill(0, weight.data.length / 2); // variances of 1: what varies besides is what the pictures are
  const feeds = Array.from({ length: 300 }, (_, i) => ({
    images: ndarray(
      "float32",
      [batch, 3, size, size],
      drawLatents(batch, 3 * size ** 2, random).data.map((v) => v + 4 * (i % 3)),
    ),
    kinds: classNumbers(batch, () => random.integer(classes)),
    noise: drawLatents(batch, latent, random),
  }));
  async function* batches() {
    for (const { images, kinds } of feeds) yield { images, kinds };
  }
  const measured = await measureLatents(plan, { classes, batch }, values, batches());
  const drawnFrom = new Graph();
  const normal = drawnFrom.input("normal", "float32", [batch, latent]);
  const drawn = ofKind(normal, drawnFrom.input("kinds", "int64", [batch]), plan, classes, "G.");
  const drawing = await Program.open(drawnFrom, { outputs: { drawn } });
  const found: number[][][] = [[], []];
  const expected: number[][][] = [[], []];
  for (const { images, kinds, noise } of feeds) {
    const { latents } = await program.run({ images, kinds, noise }, values);
    const { drawn } = await drawing.run({ normal: drawLatents(batch, latent, random), kinds }, measured);
    for (let n = 0; n < batch; n++) {
      const of = ({ data }: NdArray) => [...(data as Float32Array).subarray(n * latent, (n + 1) * latent)];
      found[Number(kinds.data[n])].push(of(drawn));
      expected[Number(kinds.data[n])].push(of(latents));
    }
  }
  for (const each of [program, drawing]) await each.close();
  for (let kind = 0; kind < classes; kind++) {
    const [ours, theirs] = [moments(found[kind]), moments(expected[kind])];
    const scale = Math.max(...theirs.covariance.map(Math.abs));
    for (const [i, mean] of ours.mean.entries())
      expect(Math.abs(mean - theirs.mean[i])).toBeLessThan(0.2 * Math.sqrt(scale));
    for (const [i, value] of ours.covariance.entries())
      expect(Math.abs(value - theirs.covariance[i])).toBeLessThan(0.25 * scale);
    // which is not to say that latents are independent
    expect(
      Math.max(...theirs.covariance.map((value, i) => (i % (latent + 1) === 0 ? 0 : Math.abs(value)))),
    ).toBeGreaterThan(0.4 * scale);
  }
});

function moments(rows: readonly (readonly number[])[]) {
  const size = rows[0].length;
  const mean = Array.from({ length: size }, (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const covariance = Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return rows.reduce((sum, row) => sum + (row[i] - mean[i]) * (row[j] - mean[j]), 0) / rows.length;
  });
  return { mean, covariance };
}

test("a layer is spiky where few activations are many times as large as the others, whatever a channel's mean and the layer's scale", async () => {
  const shape = [4, 2, 8, 8] as const;
  const random = new Random(4);
  const normal = Float32Array.from(drawLatents(1, 512, random).data, (v, i) => 3 * (v + ((i >> 6) % 2 ? 40 : 0)));
  const spiky = normal.slice();
  spiky[7] += 300;
  const graph = new Graph();
  const [even, pointed] = ["normal", "spiky"].map((name) => graph.input(name, "float32", shape));
  const program = await Program.open(graph, {
    outputs: { alone: spikiness({ even }), both: spikiness({ even, pointed }) },
  });
  const found = await program.run({
    normal: ndarray("float32", shape, normal),
    spiky: ndarray("float32", shape, spiky),
  });
  await program.close();
  expect(found.alone.data[0]).toBe(0);
  // worked out anew, by the definition
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const channels = [0, 1].map((channel) => [...spiky].filter((_, i) => (i >> 6) % 2 === channel));
  const centred = channels.flatMap((values) => values.map((v) => v - mean(values)));
  const kurtosis = mean(centred.map((v) => v ** 4)) / mean(centred.map((v) => v ** 2)) ** 2;
  expect(kurtosis).toBeGreaterThan(100);
  expect(found.both.data[0]).toBeCloseTo(Math.log(kurtosis / 9) / 2, 4);
});

test("the triangle of a covariance", () => {
  const lower = lowerTriangle(Float64Array.of(4, 0, 0, 2, 5, 0, -2, 1, 6), 3);
  expect([...lower]).toEqual([2, 0, 0, 1, 2, 0, -1, 1, 2]);
  // what does not vary stays as good as still
  expect([...lowerTriangle(Float64Array.of(0, 0, 0, 1), 2)].map((v) => Number(v.toFixed(3)))).toEqual([0.001, 0, 0, 1]);
});

describe("on two threads", () => {
  severalThreads();

  test("killed again and again and resumed, it ends in the same bits", async () => {
    const whole = await train("whole");
    for (const title of ["decoder", "GAN"]) {
      const interrupted = { progress: failing(2, title), now: flyingClock() };
      await expect(train("half", interrupted)).rejects.toThrow("the power went out");
      expect(existsSync(at("half.onnx"))).toBe(false);
    }
    const half = await train("half");
    expect(half.training.steps).toBe(4);
    const checkpoint = (name: string) => readSafetensors(at(`${name}.checkpoint.safetensors`));
    expect(await checkpoint("half")).toEqual(await checkpoint("whole"));
    expect(readFileSync(half.model)).toEqual(readFileSync(whole.model));
    await expect(train("half", { learningRate: 0.1 })).rejects.toThrow(/another training; got learningRate 0.1/);
  });
});

test("the averaged generator is neither the first nor the last, and its statistics are its own", async () => {
  const kinds = { classes: 2, batch: 4, seed: 1, generatorRate: 1, guidance: 0.2, anchor: 0, known: new Map() };
  const { step, values } = await openGan(plan, kinds);
  const random = new Random(2);
  const feeds = () => ({ latents: drawLatents(4, plan.latent, random), class: classNumbers(4, (i) => i % 2) });
  const own = await averagedGenerator(values, plan, kinds, feeds);
  await step.close();
  expect([...own.keys()].every((name) => !/^(G|D|average)\./.test(name))).toBe(true);
  const weight = "blocks.0.0.conv1.weight";
  expect(own.get(weight)!.data).toEqual(values.get(`G.${weight}`)!.data); // nothing trained yet
  const variance = own.get("output_layer.0.running_var")!.data;
  expect(variance).not.toEqual(values.get("average.output_layer.0.running_var")!.data);
});

test("the model is dissected with latents of all classes", async () => {
  const { model } = await train("dissected");
  const subject = await openModel(model);
  expect(JSON.parse(metadataOf(subject.model).classes)).toEqual(["blue", "red"]);
  await writeLatents(at("latents"), { count: 20, length: plan.latent, classes: 2, seed: 3 });
  const layers = ["blocks.0", "blocks.1", "blocks.2"];
  const run = await dissect(subject, latentFolder(at("latents")), { layers, k: 3, out: at("run") });
  expect(layers.map((name) => run.layer(name).units)).toEqual([16, 8, 4]);
  expect(existsSync(at("run/pictures"))).toBe(true);
  await run.close();
});
