/** A miniature GAN: learns what class is what colour, resumes to the same bits, and is dissected with latents of all classes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { Random } from "../../../src/base/random.js";
import { averagedGenerator, openGan } from "../../../src/builtin/subjects/gan-model.js";
import { classNumbers, drawLatents, writeLatents } from "../../../src/builtin/subjects/latents.js";
import { type TrainGanOptions, trainGan } from "../../../src/builtin/subjects/train-gan.js";
import { metadataOf } from "../../../src/engine/onnx/metadata.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { readSafetensors } from "../../../src/engine/tensor/safetensors.js";
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
      steps: 4,
      learningRate: 1e-3,
      generatorRate: 0.5,
      guidance: 0.2,
      seed: 5,
    },
    ...{ progress: silent, now: () => performance.now() },
    ...options,
  });

test("learns which class is red and which is blue", async () => {
  const trained = await train("colours", { batch: 8, steps: 120, learningRate: 4e-3 });
  expect(trained).toMatchObject({ classes: ["blue", "red"], trainingImages: 44 });
  const subject = await openModel(trained.model);
  const session = await openSession(subject.model);
  const count = 32;
  const { images } = await session.run({
    latents: drawLatents(count, plan.latent, new Random(1)),
    class: classNumbers(count, (i) => i % 2),
  });
  await session.close();
  /** How much redder than blue, in the mean of a class. */
  const redness = (kind: number) => {
    let sum = 0;
    for (let n = kind; n < count; n += 2) {
      for (let i = 0; i < 1024; i++)
        sum += (images.data as Float32Array)[n * 3072 + i] - (images.data as Float32Array)[n * 3072 + 2048 + i];
    }
    return sum / ((count / 2) * 1024);
  };
  expect(redness(1) - redness(0)).toBeGreaterThan(0.1);
  const lines = readFileSync(at("colours.metrics.jsonl"), "utf8").trimEnd().split("\n");
  expect(Object.keys(JSON.parse(lines[0]).metrics)).toEqual([
    ...["discriminator", "discriminator.gap", "generator", "generator.unlike"],
  ]);
  const sheet = await sharp(trained.sheet).metadata();
  expect([sheet.width, sheet.height]).toEqual([320, 64]);
});

describe("on two threads", () => {
  severalThreads();

  test("killed and resumed, it ends in the same bits", async () => {
    const whole = await train("whole");
    const interrupted = { progress: failing(2), now: flyingClock() };
    await expect(train("half", interrupted)).rejects.toThrow("the power went out");
    expect(existsSync(at("half.onnx"))).toBe(false);
    const half = await train("half");
    expect(half.training.steps).toBe(4);
    const checkpoint = (name: string) => readSafetensors(at(`${name}.checkpoint.safetensors`));
    expect(await checkpoint("half")).toEqual(await checkpoint("whole"));
    expect(readFileSync(half.model)).toEqual(readFileSync(whole.model));
    await expect(train("half", { learningRate: 0.1 })).rejects.toThrow(/another training; got learningRate 0.1/);
  });
});

test("the averaged generator is neither the first nor the last, and its statistics are its own", async () => {
  const kinds = { classes: 2, batch: 4, seed: 1, generatorRate: 1, guidance: 0.2, eyes: new Map() };
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
