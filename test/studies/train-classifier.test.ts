/** A classifier trained on generated pictures: it learns, resumes to the same bits, and can be dissected as it is. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IMAGENET } from "../../src/data/images/preprocess.js";
import * as op from "../../src/engine/grad/ops.js";
import { metadataOf } from "../../src/engine/onnx/metadata.js";
import { readSafetensors } from "../../src/engine/tensor/safetensors.js";
import { batchNorm, convolution, dropout, linear } from "../../src/engine/train/layers.js";
import { openModel, preprocessingOf } from "../../src/exemplars/subject.js";
import { type TrainClassifierOptions, trainClassifier } from "../../src/studies/train-classifier.js";
import { type ClassifierNetwork, recipeOf } from "../../src/studies/train-classifier-networks.js";
import { severalThreads } from "../threads.js";
import { writeColours } from "./pictures.js";

severalThreads();

const folder = mkdtempSync(join(tmpdir(), "milan-classifier-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const small: ClassifierNetwork = (images, classes) => {
  const maps = op.relu(batchNorm(convolution(images, "conv", 8, 3, { stride: 2, padding: 1 }), "norm"));
  return linear(dropout(op.mean(maps, [2, 3]), 0.1), "head", classes);
};

const train = (out: string, options: Partial<TrainClassifierOptions> = {}, data = at("colours")) =>
  trainClassifier(data, {
    ...{ out: at(out), network: small, size: 16, epochs: 4, batch: 8, optimiser: "adamw", learningRate: 0.02 },
    ...{ seed: 3, now: () => performance.now() },
    ...options,
  });

beforeAll(() => writeColours(at("colours"), ["red", "green", "blue"], 20));

test("learns, and writes a model that says all there is to know", async () => {
  const trained = await train("net.onnx", { epochs: 12 });
  expect(trained.classes).toEqual(["blue", "green", "red"]);
  expect(trained).toMatchObject({ trainingImages: 54, validationImages: 6 });
  expect(trained.majority).toBeCloseTo(1 / 3, 12);
  expect(trained.accuracy).toBeGreaterThan(0.6);
  expect(trained.training).toMatchObject({ epochs: 12, steps: 72, stopped: "epochs" });
  expect(trained.accuracy).toBe(trained.training.best!.value);
  expect(readFileSync(trained.labels, "utf8")).toBe("blue\ngreen\nred\n");
  const lines = readFileSync(trained.log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const epochs = lines.filter(({ kind }) => kind === "epoch");
  expect(epochs.length).toBe(12);
  expect(Object.keys(epochs[0].metrics)).toEqual(["accuracy", "validationAccuracy", "validationLoss"]);
  const subject = await openModel(trained.model);
  expect(subject.inputs).toMatchObject([{ name: "images", dtype: "float32", shape: ["batch", 3, 16, 16] }]);
  const preprocessing = { ...IMAGENET, width: 16, height: 16 };
  expect(preprocessingOf(subject)).toEqual(preprocessing);
  const texts = metadataOf(subject.model);
  expect(JSON.parse(texts.preprocessing)).toEqual(preprocessing);
  expect(JSON.parse(texts.classes)).toEqual(trained.classes);
});

test("a training that ran in two parts ends in the same bits, and so does one without memory for pictures", async () => {
  const whole = await train("whole.onnx");
  let clock = 0;
  const first = { minutes: 1, now: () => clock++ * 1000, augment: ["flip", "crop"] } as const;
  const half = await train("half.onnx", first);
  expect(half.training.stopped).toBe("minutes");
  expect(half.training.steps).toBeLessThan(whole.training.steps);
  const resumed = await train("half.onnx", { resume: true });
  expect(resumed.training.steps).toBe(whole.training.steps);
  const valuesOf = async (path: string) => {
    const all = await readSafetensors(path);
    return new Map([...all].filter(([name]) => !name.startsWith("best/")));
  };
  expect(await valuesOf(resumed.checkpoint)).toEqual(await valuesOf(whole.checkpoint));
  const streamed = await train("streamed.onnx", { cacheBytes: 0 });
  expect(await readSafetensors(streamed.checkpoint)).toEqual(await readSafetensors(whole.checkpoint));
  expect(readFileSync(streamed.model)).toEqual(readFileSync(whole.model));
});

test("resuming needs the same data and options", async () => {
  await train("other.onnx", { epochs: 1 });
  await expect(train("other.onnx", { resume: true, learningRate: 0.1, batch: 4 })).rejects.toThrow(
    /other\.checkpoint\.safetensors: it was made by another training; got batchSize 4 \(there 8\), learningRate 0.1 \(there 0.02\)/,
  );
  await writeColours(at("more"), ["red", "green", "blue"], 21);
  await expect(train("other.onnx", { resume: true }, at("more"))).rejects.toThrow(/another training; got data/);
  await expect(train("nothing.onnx", { resume: true })).rejects.toThrow(/no such file; .* leave out --resume$/);
});

test("train/ and val/ are used as they are; their classes must agree", async () => {
  await writeColours(at("parts/train"), ["red", "green"], 6);
  await writeColours(at("parts/val"), ["red", "green"], 3, 2);
  const trained = await train("parts.onnx", { epochs: 1, limitPerClass: 4 }, at("parts"));
  expect(trained).toMatchObject({ trainingImages: 8, validationImages: 6, majority: 0.5, classes: ["green", "red"] });
  const held = await train("held.onnx", { epochs: 1, validation: 0.5 }, at("parts"));
  expect(held).toMatchObject({ trainingImages: 6, validationImages: 6 });
  const elsewhere = await train("elsewhere.onnx", { epochs: 1, validation: at("parts/val") }, at("parts/train"));
  expect(elsewhere).toMatchObject({ trainingImages: 12, validationImages: 6 });
  renameSync(at("parts/val/green"), at("parts/val/grene"));
  await expect(train("wrong.onnx", {}, at("parts"))).rejects.toThrow(
    /class grene is not among the 2 to learn; expected the same class folders, the nearest is green/,
  );
});

test("what cannot be learned from is refused", async () => {
  mkdirSync(at("flat"));
  const picture = readFileSync(at("colours/red/0.png"));
  writeFileSync(at("flat/a.png"), picture);
  writeFileSync(at("flat/b.png"), picture);
  await expect(train("x.onnx", {}, at("flat"))).rejects.toThrow(
    /in no class folders; expected a folder for each class/,
  );
  await writeColours(at("single"), ["red"], 3);
  await expect(train("x.onnx", {}, at("single"))).rejects.toThrow(/one class, red; expected at least two/);
  await writeColours(at("poor"), ["red", "green"], 3);
  await writeColours(at("poor"), ["blue"], 1);
  await expect(train("x.onnx", {}, at("poor"))).rejects.toThrow(/class blue has 1 picture; expected at least 2/);
  writeFileSync(at("broken.zip"), readFileSync(at("colours/red/0.png")).subarray(0, 4));
  await expect(train("x.onnx", {}, at("broken.zip"))).rejects.toThrow(/expected a folder, .zip, .tar, .npy or picture/);
  await expect(train("x.onnx", { learningRate: 1e30 })).rejects.toThrow(/^training: the loss is .* not finite in/);
});

test("damaged pictures are left out with a warning, remembered or not", async () => {
  await writeColours(at("damaged"), ["red", "green"], 8);
  for (const i of [0, 5]) writeFileSync(at(`damaged/red/${i}.png`), "no picture");
  for (const cacheBytes of [2 ** 20, 0]) {
    const warnings: string[] = [];
    const progress = { begin() {}, update() {}, end() {}, warn: (message: string) => warnings.push(message) };
    const trained = await train("damaged.onnx", { cacheBytes, progress, epochs: 2, batch: 4 }, at("damaged"));
    expect(warnings.sort().map((line) => /red\/\d/.exec(line)?.[0])).toEqual(["red/0", "red/5"]);
    expect(trained.training.epochs).toBe(2);
  }
});

test("a network that gives other logits is a mistake, with both shapes", async () => {
  const wrong: ClassifierNetwork = (images) => linear(op.mean(images, [2, 3]), "head", 7);
  await expect(train("wrong.onnx", { network: wrong })).rejects.toThrow("the network gives [8,7]; expected [8, 3]");
});

test("names and sizes of networks", () => {
  expect(() => recipeOf("resnet19", 64)).toThrow(
    /no network resnet19; expected one of resnet18, .*; the nearest is resnet18/,
  );
  expect(() => recipeOf("constructor", 64)).toThrow(/no network constructor/);
  expect(() => recipeOf("alexnet", 32)).toThrow(
    "training alexnet: images of 32 pixels; expected at least 63; set --size",
  );
  expect(() => recipeOf("vit-small", 60)).toThrow(/at least 16 and a multiple of 8/);
  expect(recipeOf("vit-small", 64)).toMatchObject({ optimiser: "adamw" });
});
