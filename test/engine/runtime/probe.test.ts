import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { withGraph } from "../../../src/engine/onnx/edit.js";
import { candidates } from "../../../src/engine/onnx/layers.js";
import { type OnnxModel, readModel } from "../../../src/engine/onnx/model.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { toValueInfo } from "../../../src/engine/onnx/values.js";
import { probeShapes } from "../../../src/engine/runtime/probe.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";
import { int64, normal, run, smallNet } from "../onnx/nets.js";

const shapes = async (
  model: OnnxModel,
  ...options: Parameters<typeof probeShapes> extends [unknown, unknown, ...infer R] ? R : never
) =>
  Object.fromEntries(
    [...(await probeShapes(model, candidates(model), ...options))].map(([name, { dtype, shape }]) => [
      name,
      [dtype, ...shape],
    ]),
  );

/** The model with other declared inputs. */
const declaring = (model: OnnxModel, name: string, shape: (number | string)[]) =>
  withGraph(model, { input: [toValueInfo({ name, dtype: "float32", shape })] });

/** Shape arithmetic as exporters write it: [n, 6] to [n, 2, 3] to [2n, 3], then the batch last. */
function reshapingNet(): GraphBuilder {
  const g = new GraphBuilder("reshaping");
  const x = g.input("x", "float32", ["n", 6]);
  const batch = g.node("Gather", [g.node("Shape", [x]), g.constant(int64(0))]);
  const split = g.node(
    "Reshape",
    [x, g.node("Concat", [batch, g.constant(int64(2)), g.constant(int64(3))], { axis: 0 })],
    {},
    ["split"],
  );
  g.node("Transpose", [g.node("Reshape", [split, g.constant(int64(-1, 3))], {}, ["merged"])], {}, ["turned"]);
  g.node("Greater", [x, g.constant(ndarray("float32", [], Float32Array.of(0)))], {}, ["mask"]);
  return g;
}

test("shapes through arithmetic on shapes; the batch is a symbol wherever it goes", async () => {
  const g = reshapingNet();
  g.output("turned", "turned", "float32", [3, "m"]);
  expect(await shapes(g.build())).toEqual({
    split: ["float32", "batch", 2, 3],
    merged: ["float32", "2*batch", 3],
    turned: ["float32", 3, "2*batch"],
    mask: ["bool", "batch", 6],
  });
});

test("a fixed batch is respected, and gives numbers", async () => {
  const g = reshapingNet();
  g.output("turned", "turned", "float32", [3, "m"]);
  expect(await shapes(declaring(g.build(), "x", [4, 6]))).toMatchObject({
    split: ["float32", 4, 2, 3],
    merged: ["float32", 8, 3],
  });
});

test("open height and width come from the options, else they are 224", async () => {
  const conv = (await shapes(declaring(smallNet(), "x", ["n", 3, "h", "w"])))["/stem/Relu_output_0"];
  expect(conv).toEqual(["float32", "batch", 4, 224, 224]);
  const wide = (await shapes(declaring(smallNet(), "x", [-1, -1, -1, -1]), { size: [10, 20] }))["/stem/Relu_output_0"];
  expect(wide).toEqual(["float32", "batch", 4, 10, 20]);
});

describe("tensors whose shape depends on values", () => {
  /** [n, 4] to as many rows as are positive in the first column plus 2, by a run. */
  function selecting(batch: string | number): OnnxModel {
    const g = new GraphBuilder("selecting");
    const x = g.input("x", "float32", [batch, 4]);
    const dense = g.node("MatMul", [x, g.constant(normal([4, 80]), "w")], {}, ["dense"]);
    const where = g.node("NonZero", [g.node("Equal", [x, x])], {}, ["where"]);
    g.node("Transpose", [where], {}, ["found"]);
    g.node("ReduceSum", [dense], { keepdims: 0 }, ["total"]);
    g.output(g.node("Relu", [dense], {}, ["y"]), "y", "float32", [batch, 80]);
    return g.build();
  }

  test("are measured by a run on zeros", async () => {
    expect(await shapes(selecting("n"))).toMatchObject({
      dense: ["float32", "batch", 80],
      where: ["int64", 2, 20],
      found: ["int64", 20, 2],
      total: ["float32"],
    });
    expect((await shapes(selecting(3))).where).toEqual(["int64", 2, 12]);
  });

  test("a network that cannot take two images is measured with one", async () => {
    const g = new GraphBuilder("single");
    const x = g.input("x", "float32", ["n", 4]);
    const flat = g.node("Reshape", [
      g.node("Gather", [x, g.node("NonZero", [g.constant(int64(0, 1))])], { axis: 1 }),
      g.constant(int64(1)),
    ]);
    g.output(g.node("Neg", [flat], {}, ["y"]), "y", "float32", [1]);
    g.node("Compress", [x, g.node("Equal", [flat, flat])], { axis: 0 }, ["picked"]);
    expect((await shapes(g.build())).picked).toEqual(["float32", "batch", 4]);
  });
});

test("an input that leaves open more than images is named", async () => {
  const g = new GraphBuilder("text");
  const x = g.input("ids", "float32", ["n", "length"]);
  g.output(g.node("Relu", [x], {}, ["y"]), "y", "float32", ["n", "length"]);
  await expect(probeShapes(g.build(), ["y"])).rejects.toThrow(/input "ids" leaves open \[n,length\]/);
  expect((await shapes(g.build(), { shapes: { ids: [-1, 7] } })).y).toEqual(["float32", "batch", 7]);
});

test("a model that ONNX Runtime rejects gives its reason", async () => {
  const g = new GraphBuilder("broken");
  g.output(g.node("NoSuchOperator", [g.input("x", "float32", ["n", 2])], {}, ["y"]), "y", "float32", ["n", 2]);
  await expect(probeShapes(g.build(), ["y"])).rejects.toThrow(/ONNX Runtime refuses it.*NoSuchOperator/);
});

test("an input may be called as what every object has", async () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const g = new GraphBuilder("named");
    g.output(g.node("Relu", [g.input(name, "float32", ["n", 3])], {}, ["y"]), "y", "float32", ["n", 3]);
    expect(await shapes(g.build())).toEqual({ y: ["float32", "batch", 3] });
  }
});

test("tensors that no network has are refused before any of them is made", async () => {
  const g = new GraphBuilder("absurd");
  const x = g.input("x", "float32", ["n", 3, 8, 8]);
  const mean = g.node("ReduceMean", [x], { keepdims: 0 }, ["mean"]);
  g.output(g.node("Expand", [mean, g.constant(int64(1 << 20, 1 << 20))], {}, ["y"]), "y", "float32", [
    1 << 20,
    1 << 20,
  ]);
  const beganMs = performance.now();
  const before = process.memoryUsage.rss();
  await expect(shapes(g.build())).rejects.toThrow(UserError);
  await expect(shapes(g.build())).rejects.toThrow(/"y" has 1099511627776 numbers for one image/);
  await expect(shapes(declaring(smallNet(), "x", ["n", 3, 1 << 17, 1 << 17]))).rejects.toThrow(
    /"x" has 51539607552 numbers/,
  );
  expect(performance.now() - beganMs).toBeLessThan(20_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 29);
});

describeShared("real networks", () => {
  test.each([
    "golden/models/reslite.bn",
    "golden/models/alexlite",
    "data/models/resnet20-cifar10",
    "data/models/squeezenet1_1-imagenet",
  ])("%s: what is inferred is what a run gives", async (name) => {
    const model = await readModel(shared(`${name}.onnx`));
    const infos = await probeShapes(model, candidates(model));
    expect([...infos.keys()]).toEqual(candidates(model));
    const size = model.proto.graph!.input[0].type!.value;
    const declared =
      size.case === "tensorType" ? size.value.shape!.dim.slice(1).map(({ value }) => Number(value.value)) : [];
    const out = await run(tap(model, [...infos.values()]), { input: normal([2, ...declared]) });
    for (const { name: tensor, dtype, shape } of infos.values()) {
      expect([out[tensor].dtype, ...out[tensor].shape]).toEqual([dtype, ...shape.map((n) => (n === "batch" ? 2 : n))]);
    }
  });
});
