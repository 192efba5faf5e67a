/** Encoders made of classifiers: the features against maps averaged by hand, whatever the classifier's tensors are called. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { IMAGENET, normalise, type Preprocessing } from "../../src/data/images/preprocess.js";
import { classifierEncoder, pyramidOf } from "../../src/describer/classifier-encoder.js";
import { ImageEncoder } from "../../src/describer/features.js";
import { resizeMatrix } from "../../src/describer/resize-matrices.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { type OnnxModel, writeModel } from "../../src/engine/onnx/model.js";
import { tap } from "../../src/engine/onnx/tap.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { type NdArray, ndarray } from "../../src/engine/tensor/ndarray.js";
import { openModel, preprocessingOf, type Subject } from "../../src/exemplars/subject.js";
import { describeShared, shared } from "../shared.js";

const folder = mkdtempSync(join(tmpdir(), "milan-encoder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const random = new Random(3);
const bytes = (shape: number[], bound: number) =>
  ndarray(
    "uint8",
    shape,
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(bound)),
  );
const noise = (shape: number[]) =>
  ndarray(
    "float32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

/** A classifier whose tensors have the names an encoder wants for its own. */
function awkward(opset: number, batch: number | string = "n"): OnnxModel {
  const g = new GraphBuilder("awkward", opset);
  const images = g.input("images", "float32", [batch, 3, 12, 16]);
  const first = g.node("Conv", [images, g.constant(noise([4, 3, 3, 3]))], { pads: [1, 1, 1, 1] }, ["masks"]);
  const relu = g.node("Relu", [first], {}, ["rectified"]);
  const pool = g.node("MaxPool", [relu], { kernel_shape: [2, 2], strides: [2, 2] }, ["halved"]);
  const second = g.node("Conv", [pool, g.constant(noise([5, 4, 3, 3]))], { pads: [1, 1, 1, 1] }, ["features"]);
  // ends at 1, which features do too
  const limits = opset < 11 ? [] : [0, 1].map((limit) => g.constant(ndarray("float32", [], Float32Array.of(limit))));
  const attributes = opset < 11 ? { min: { float: 0 }, max: { float: 1 } } : {};
  const last = g.node("Clip", [second, ...limits], attributes, ["second"]);
  const pooled = g.node("GlobalAveragePool", [last]);
  const flat = g.node("Flatten", [pooled]);
  const logits = g.node("MatMul", [flat, g.constant(noise([5, 3]))], {}, ["logits"]);
  g.output(logits, "logits", "float32", [batch, 3]);
  return g.build();
}

async function saved(model: OnnxModel, name: string): Promise<Subject> {
  const path = join(folder, `${name}.onnx`);
  await writeModel(model, path);
  return openModel(path);
}

/** Means of maps under masks of the picture's size, cell by cell. */
async function byHand(subject: Subject, names: readonly string[], images: NdArray<"uint8">, masks: NdArray<"uint8">) {
  const preprocessing = preprocessingOf(subject);
  const input = normalise(images.data, preprocessing);
  const session = await openSession(
    tap(
      subject.model,
      names.map((name) => subject.layers.find((layer) => layer.name === name)!),
    ),
  );
  const maps = await session.run({ [subject.inputs[0].name]: input });
  await session.close();
  const [height, width] = masks.shape.slice(-2);
  return Array.from({ length: images.shape[0] }, (_, image) =>
    names.flatMap((name) => {
      const { data, shape } = maps[name] as NdArray<"float32">;
      const [, units, rows, columns] = shape;
      const weights = Array.from({ length: rows * columns }, (_, cell) => {
        const [y, x] = [Math.floor(cell / columns), cell % columns];
        let covered = 0;
        for (let v = (y * height) / rows; v < ((y + 1) * height) / rows; v++) {
          for (let u = (x * width) / columns; u < ((x + 1) * width) / columns; u++) {
            covered += masks.data[(image * height + v) * width + u];
          }
        }
        return covered;
      });
      const total = weights.reduce((a, b) => a + b, 0) || 1;
      return Array.from({ length: units }, (_, unit) =>
        weights.reduce((sum, w, cell) => sum + (w / total) * data[(image * units + unit) * rows * columns + cell], 0),
      );
    }),
  );
}

function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1e-9);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]))) / scale).toBeLessThan(tolerance);
}

test.each([9, 13, 18])("any operator set (%i) and any names: maps are averaged under the mask", async (opset) => {
  const subject = await saved(awkward(opset), `awkward${opset}`);
  const layers = pyramidOf(subject);
  const names = layers.map(({ name }) => name);
  expect(names).toEqual(["rectified", "second"]);
  const encoder = await ImageEncoder.open(classifierEncoder(subject, layers, preprocessingOf(subject)));
  const images = bytes([3, 3, 12, 16], 256);
  const masks = bytes([3, 1, 12, 16], 2);
  masks.data.fill(0, 2 * 12 * 16);
  const { data, shape } = await encoder.encode(images, masks);
  expect(shape).toEqual([3, 1, 9]);
  expectClose(data, (await byHand(subject, names, images, masks)).flat(), 1e-5);
  expect([...data.subarray(18)]).toEqual(new Array(9).fill(0)); // nothing under an empty mask
  await encoder.close();
});

test("a classifier that takes one image at a time, and exemplars of another size than its own", async () => {
  const open = await saved(awkward(13), "open");
  const subject = { ...(await saved(awkward(13, 1), "single")) };
  const images = bytes([3, 3, 24, 32], 256);
  const masks = bytes([3, 1, 24, 32], 2);
  const results: Float32Array[] = [];
  for (const each of [open, subject]) {
    const encoder = await ImageEncoder.open(classifierEncoder(each, pyramidOf(each), preprocessingOf(each)));
    results.push((await encoder.encode(images, masks)).data);
    await encoder.close();
  }
  expect(results[0].length).toBe(27);
  expect(results[0]).not.toEqual(results[1]); // their weights differ
  expect(results[1].every(Number.isFinite)).toBe(true);
});

test("channels, layout and range of the classifier's own", async () => {
  const g = new GraphBuilder("channels-last", 13);
  const x = g.input("x", "float32", ["n", 4, 4, 3]);
  const y = g.node("Transpose", [x], { perm: [0, 3, 1, 2] });
  const kernel = ndarray("float32", [3, 3, 1, 1], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  const same = g.node("Conv", [y, g.constant(kernel)], {}, ["same"]);
  g.output(same, "same", "float32", ["n", 3, 4, 4]);
  const subject = await saved(g.build(), "nhwc");
  const preprocessing: Preprocessing = {
    ...preprocessingOf(subject),
    channels: "bgr",
    range: [-1, 1],
    mean: [0],
    std: [1],
  };
  expect(preprocessing.layout).toBe("nhwc");
  const layer = subject.layers.filter(({ name }) => name === "same");
  const encoder = await ImageEncoder.open(classifierEncoder(subject, layer, preprocessing));
  const data = new Uint8Array(48);
  data.fill(255, 0, 16); // red
  const { data: found } = await encoder.encode(ndarray("uint8", [1, 3, 4, 4], data));
  expectClose(found, [-1, -1, 1], 1e-6); // blue, green, red
  await encoder.close();
});

test("resizing matrices: rows sum to one, equal sizes change nothing, area is exact", () => {
  expect([...resizeMatrix("image", "rows", 3, 3).data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect([...resizeMatrix("mask", "columns", 4, 2).data]).toEqual([0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5]);
  expect([...resizeMatrix("mask", "rows", 3, 2).data].map((w) => Math.round(w * 3))).toEqual([2, 1, 0, 0, 1, 2]);
  const { data } = resizeMatrix("image", "rows", 17, 5);
  for (let i = 0; i < 5; i++) {
    expect(data.subarray(i * 17, (i + 1) * 17).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  }
});

test("classifiers that cannot be encoders are refused", async () => {
  const subject = await saved(awkward(13), "refused");
  const old = { ...subject, model: awkward(7) };
  expect(() => classifierEncoder(old, pyramidOf(subject), preprocessingOf(subject))).toThrow(
    "operator set 7; expected 8",
  );
  expect(() => classifierEncoder(subject, pyramidOf(subject), { ...IMAGENET, channels: "grey" })).toThrow("sees grey");
  expect(() => pyramidOf({ ...subject, layers: [] })).toThrow("none of its layers has maps");
});

describeShared("an encoder made of SqueezeNet", () => {
  test("pools its maps", async () => {
    const subject = await openModel(shared("data/models/squeezenet1_1-imagenet.onnx"));
    const layers = pyramidOf(subject);
    const encoder = await ImageEncoder.open(classifierEncoder(subject, layers, preprocessingOf(subject)));
    expect(encoder.featureSize).toBe(layers.reduce((sum, { units }) => sum + units, 0));
    const images = bytes([1, 3, 224, 224], 256);
    const all = ndarray("uint8", [1, 1, 224, 224], new Uint8Array(224 * 224).fill(1));
    const { data } = await encoder.encode(images, all);
    const expected: number[] = [];
    const session = await openSession(tap(subject.model, layers));
    const maps = await session.run({ [subject.inputs[0].name]: normalise(images.data, IMAGENET) });
    for (const { name, units } of layers) {
      const values = maps[name].data as Float32Array;
      const area = values.length / units;
      for (let unit = 0; unit < units; unit++) {
        expected.push(values.subarray(unit * area, (unit + 1) * area).reduce((a, b) => a + b, 0) / area);
      }
    }
    expectClose(data, expected, 1e-5);
    await Promise.all([session.close(), encoder.close()]);
  });
});
