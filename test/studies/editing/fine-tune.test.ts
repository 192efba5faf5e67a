/** Fine-tuning of last layers as different exporters write them: what is frozen stays to the bit, and the written file says what its weights say. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { headOf, withWeights } from "../../../src/engine/onnx/head.js";
import { type OnnxModel, readModel } from "../../../src/engine/onnx/model.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { toArray } from "../../../src/engine/onnx/tensors.js";
import { writeModel } from "../../../src/engine/onnx/write.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { type NdArray, ndarray, sizeOf } from "../../../src/engine/tensor/ndarray.js";
import { openModel, preprocessingOf } from "../../../src/exemplars/subject.js";
import { openClassPictures } from "../../../src/studies/ablation/class-pictures.js";
import { classifierOf } from "../../../src/studies/ablation/classifier.js";
import { fineTune } from "../../../src/studies/editing/fine-tune.js";
import { writeColours } from "../pictures.js";

const folder = mkdtempSync(join(tmpdir(), "milan-fine-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const COLOURS = ["blue", "green", "red", "yellow"] as const;
const [SIDE, UNITS, CLASSES] = [12, 16, COLOURS.length];

beforeAll(async () => {
  await writeColours(at("taught"), COLOURS, 20, 1);
  await writeColours(at("validation"), COLOURS, 10, 2);
});

/** A random array. */
const drawn = (random: Random, ...shape: number[]) =>
  ndarray(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

type Form = (g: GraphBuilder, maps: string, weight: NdArray, bias: NdArray) => void;

const pooled = (g: GraphBuilder, maps: string) =>
  g.node("Flatten", [g.node("GlobalAveragePool", [maps])], {}, ["flat"]);

const FORMS: Record<string, Form> = {
  "Gemm with transB": (g, maps, weight, bias) =>
    g.node("Gemm", [pooled(g, maps), g.constant(weight, "W"), g.constant(bias, "b")], { transB: 1 }, ["logits"]),
  "Gemm of a transposed weight, then Softmax": (g, maps, weight, bias) => {
    const turned = g.node("Transpose", [g.constant(weight, "W")], { perm: [1, 0] });
    g.node("Softmax", [g.node("Gemm", [pooled(g, maps), turned, g.constant(bias, "b")], {}, ["scores"])], {}, [
      "logits",
    ]);
  },
  "MatMul and Add": (g, maps, weight, bias) => {
    const turned = ndarray("float32", [UNITS, CLASSES], transposed(weight));
    const product = g.node("MatMul", [pooled(g, maps), g.constant(turned, "W")]);
    g.node("Add", [g.constant(bias, "b"), product], {}, ["logits"]);
  },
  "a convolution of 1 x 1, ReLU and pooling": (g, maps, weight, bias) => {
    const kernel = g.constant(ndarray("float32", [CLASSES, UNITS, 1, 1], weight.data as Float32Array), "W");
    const scores = g.node("Relu", [g.node("Conv", [maps, kernel, g.constant(bias, "b")], { kernel_shape: [1, 1] })]);
    g.node("Flatten", [g.node("GlobalAveragePool", [scores])], {}, ["logits"]);
  },
};

function transposed({ data }: NdArray): Float32Array {
  return Float32Array.from({ length: UNITS * CLASSES }, (_, i) =>
    Number(data[(i % CLASSES) * UNITS + Math.floor(i / CLASSES)]),
  );
}

/** A random convolution and a head. */
function network(form: Form): OnnxModel {
  const [g, random] = [new GraphBuilder("made up"), new Random(3)];
  const images = g.input("images", "float32", ["n", 3, SIDE, SIDE]);
  const kernel = g.constant(drawn(random, UNITS, 3, 3, 3), "frozen");
  const maps = g.node("Relu", [g.node("Conv", [images, kernel], { kernel_shape: [3, 3] })], {}, ["maps"]);
  form(g, maps, drawn(random, CLASSES, UNITS), drawn(random, CLASSES));
  g.output("logits", "logits", "float32", ["n", CLASSES]);
  return g.build();
}

const initializer = (model: OnnxModel, name: string) =>
  toArray(model.proto.graph!.initializer.find((tensor) => tensor.name === name)!);

/** Logits by the definition, from the maps float32 [picture, unit, y, x]. */
function byHand(name: string, maps: NdArray, weight: NdArray, bias: NdArray): number[] {
  const [pictures, , height, width] = maps.shape;
  const area = height * width;
  const at2 = (kind: number, unit: number) =>
    Number(weight.data[name.startsWith("MatMul") ? unit * CLASSES + kind : kind * UNITS + unit]);
  return Array.from({ length: pictures }, (_, picture) => {
    const value = (unit: number, place: number) => Number(maps.data[(picture * UNITS + unit) * area + place]);
    const score = (kind: number, place: number) =>
      Number(bias.data[kind]) +
      Array.from({ length: UNITS }, (_, unit) => at2(kind, unit) * value(unit, place)).reduce((a, b) => a + b);
    const scores = Array.from({ length: CLASSES }, (_, kind) => {
      const places = Array.from({ length: area }, (_, place) => score(kind, place));
      const kept = name.startsWith("a convolution") ? places.map((one) => Math.max(0, one)) : places;
      return kept.reduce((a, b) => a + b) / area;
    });
    if (!name.endsWith("Softmax")) return scores;
    const total = scores.reduce((sum, one) => sum + Math.exp(one), 0);
    return scores.map((one) => Math.exp(one) / total);
  }).flat();
}

test.each(Object.keys(FORMS))("%s learns; all else stays as it was", async (name) => {
  const model = network(FORMS[name]);
  await writeModel(model, at("net.onnx"));
  const subject = await openModel(at("net.onnx"));
  const classifier = await classifierOf("testing", subject);
  const open = (path: string) => openClassPictures(at(path), { doing: "testing", outputs: CLASSES, model: "net" });
  const [training, validation] = [await open("taught"), await open("validation")];
  const options = { preprocessing: preprocessingOf(subject), epochs: 40, learningRate: 0.1, seed: 1 };
  const tuned = await fineTune(classifier, training, validation, options);
  const again = await fineTune(classifier, training, validation, options);
  for (const set of [training, validation]) await set.close();
  expect(tuned.pictures).toBe(80);
  expect(tuned.validation).toHaveLength(41);
  expect(tuned.validation[tuned.epoch]).toBe(Math.max(...tuned.validation));
  expect(tuned.validation[tuned.epoch]).toBeGreaterThan(Math.max(0.6, tuned.validation[0] + 0.2));
  expect([...tuned.weights.keys()].sort()).toEqual(["W", "b"]);
  expect(again).toEqual(tuned); // one seed, one result

  await writeModel(withWeights(model, tuned.weights), at("tuned.onnx"));
  const written = await readModel(at("tuned.onnx"));
  expect(initializer(written, "frozen")).toEqual(initializer(model, "frozen"));
  expect(written.proto.graph!.node).toEqual(model.proto.graph!.node);
  const [weight, bias] = [initializer(written, "W"), initializer(written, "b")];
  expect(weight.data).not.toEqual(initializer(model, "W").data);
  const images = drawn(new Random(9), 3, 3, SIDE, SIDE);
  const run = async (of: OnnxModel, output: string) => {
    const session = await openSession(of);
    return session.run({ images }, [output]).finally(() => session.close());
  };
  const { logits } = await run(written, "logits");
  const { maps } = await run(tap(written, [classifier.infos.get("maps")!]), "maps");
  const expected = byHand(name, maps, weight, bias);
  for (const [i, value] of Array.from(logits.data as Float32Array).entries()) expect(value).toBeCloseTo(expected[i], 3);
});

test("several linear layers in a chain; what is no such layer is refused in a line", () => {
  const build = (end: (g: GraphBuilder, flat: string, W: string) => string) => {
    const g = new GraphBuilder("chain");
    const images = g.node("Abs", [g.input("images", "float32", ["n", 4])], {}, ["absolute"]);
    const hidden = g.node("Relu", [g.node("Gemm", [images, g.constant(drawn(new Random(1), 4, 4), "first")])]);
    g.node("Identity", [end(g, hidden, g.constant(drawn(new Random(2), 4, 4), "W"))], {}, ["logits"]);
    g.output("logits", "logits", "float32", ["n", 4]);
    return g.build();
  };
  const plain = build((g, flat, W) => g.node("Gemm", [flat, W]));
  expect(headOf("testing", plain, "logits", 1).weights).toEqual(["W"]);
  expect(headOf("testing", plain, "logits", 2)).toMatchObject({ features: "absolute", weights: ["W", "first"] });
  expect(() => headOf("testing", plain, "logits", 3)).toThrow(
    /no 3 last linear layers in a chain before "logits": "images" is an input, after 2 of them; expected Gemm/,
  );
  const joined = build((g, flat, W) => g.node("Add", [flat, g.node("MatMul", [flat, W])]));
  expect(() => headOf("testing", joined, "logits")).toThrow(/the Add that makes .* joins 2 tensors/);
  const tied = build((g, flat, W) => g.node("MatMul", [g.node("Add", [flat, g.node("ReduceSum", [W])]), W]));
  expect(() => headOf("testing", tied, "logits")).toThrow(/"W" serves other nodes as well/);
  const computed = build((g, flat) => g.node("MatMul", [flat, flat]));
  expect(() => headOf("testing", computed, "logits")).toThrow(/the weights of the MatMul .* cannot be changed/);
});
