/** A unit whose strongest pictures are of one kind of what it responds to: only who sees it at large knows that. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { Random } from "../../../src/base/random.js";
import { annotateStore, type KnowingAtLarge } from "../../../src/builtin/annotators/annotate.js";
import { measureAtLarge } from "../../../src/builtin/annotators/at-large.js";
import { batches } from "../../../src/data/images/batches.js";
import { openImages } from "../../../src/data/images/open.js";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import type { Labels } from "../../../src/data/labels/labels.js";
import type { Query } from "../../../src/data/labels/query.js";
import { shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { oracleNetwork } from "../../../src/zoo/oracle.js";
import { shapeLabels } from "./shape-labels.js";

const SIZE = 32;
const COUNT = 200;
const VIEW = { mean: [0.5], std: [0.5] };
const RED: Query = { is: "colour", name: "red" };
const DISC: Query = { is: "thing", name: "disc" };
const RED_DISC: Query = { is: "and", of: [RED, DISC] };

const folder = mkdtempSync(join(tmpdir(), "milan-at-large-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const scenes = shapeScenes(COUNT, 4);
const source = shapeLabels(scenes);
const shown: Labels[] = [];

beforeAll(async () => {
  await writeShapes(at("images"), scenes, SIZE);
  const set = await openImages(at("images"));
  const area = SIZE * SIZE;
  const pictures = new Float32Array(COUNT * 3 * area);
  const maps = new Float32Array(COUNT * area);
  const random = new Random(2);
  const preprocessing = { ...IMAGENET, ...VIEW, width: SIZE, height: SIZE };
  for await (const { input } of batches(set, [...set.entries.keys()], { batchSize: COUNT, preprocessing }))
    pictures.set(input.data);
  for (const [i, { file }] of set.entries.entries()) {
    const labels = await source.labels(file, SIZE);
    shown.push(labels);
    const [disc, both] = [evaluate(DISC, labels), evaluate(RED_DISC, labels)];
    for (let p = 0; p < area; p++) maps[i * area + p] = disc[p] + both[p] + 0.1 * random.uniform();
  }
  await set.close();
  const network = oracleNetwork(
    ndarray("float32", [COUNT, 3, SIZE, SIZE], pictures),
    ndarray("float32", [COUNT, 1, SIZE, SIZE], maps),
  );
  await writeModel(network, at("network.onnx"));
  const discs = shown.reduce((sum, labels) => sum + evaluate(DISC, labels).reduce((a, b) => a + b, 0), 0);
  const run = await dissect(await openModel(at("network.onnx")), imageFolder(at("images"), VIEW), {
    ...{ out: at("run"), layers: ["units"], k: 8, quantile: 1 - discs / (COUNT * area) },
  });
  await run.close();
});

test("what fits a unit at large is measured over all of its pictures, or a sample", async () => {
  const said = [{ layer: "units", unit: 0, queries: [RED, DISC, RED_DISC] }];
  const options = { images: at("images"), seed: 0, progress: silent };
  const [[red, disc, both]] = await measureAtLarge(at("run"), said, source, { ...options, sample: COUNT });
  // by hand: the unit is active where discs are
  let [isRed, isDisc, areBoth] = [0, 0, 0];
  for (const labels of shown) {
    const [a, b] = [evaluate(RED, labels), evaluate(DISC, labels)];
    for (let p = 0; p < a.length; p++) {
      isRed += a[p];
      isDisc += b[p];
      areBoth += a[p] & b[p];
    }
  }
  expect(disc.iou).toBeGreaterThan(0.98); // a level lies between two activations
  expect(disc.lift).toBeCloseTo((COUNT * SIZE * SIZE) / isDisc, 0);
  expect(red.iou).toBeCloseTo(areBoth / (isRed + isDisc - areBoth), 1);
  expect(both.iou).toBeCloseTo(areBoth / isDisc, 1);
  const [[, , some]] = await measureAtLarge(at("run"), said, source, { ...options, sample: COUNT / 4 });
  expect(some.iou).toBeCloseTo(both.iou, 1);
  expect(some.iou).not.toBe(both.iou);
});

test("annotators who see exemplars alone say what these are, those who know more do not", async () => {
  const store = await openExemplars(at("run"), at("images"));
  const say = async (more: { atLarge?: KnowingAtLarge }) =>
    (await annotateStore(store, source, { seed: 3, perUnit: 12, sample: COUNT, ...more })).map(
      ({ summary }) => summary,
    );
  const count = (said: string[], word: RegExp) => said.filter((words) => word.test(words)).length;
  const alone = await say({});
  const knowing = await say({ atLarge: { images: at("images"), isExact: true } });
  await store.close();
  expect(count(alone, /red/), alone.join("; ")).toBeGreaterThanOrEqual(3);
  expect(count(knowing, /red/), knowing.join("; ")).toBe(0);
  expect(count(knowing, /disc/), knowing.join("; ")).toBeGreaterThanOrEqual(8);
});

test("a network that is gone is refused in one line", async () => {
  const store = await openExemplars(at("run"), at("images"));
  rmSync(at("network.onnx"));
  await expect(
    annotateStore(store, source, { seed: 0, atLarge: { images: at("images"), isExact: true } }),
  ).rejects.toThrow(/^annotating .*network\.onnx is not there/);
  await store.close();
});
