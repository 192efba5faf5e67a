/** Ceilings as exporters write them. */
import { expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../../src/engine/onnx/build.js";
import { ceilingOf } from "../../../src/engine/onnx/ceiling.js";
import { indexGraph } from "../../../src/engine/onnx/graph.js";
import { type NdArray, ndarray } from "../../../src/engine/tensor/ndarray.js";

const float = (value: number, shape: number[] = []) => ndarray("float32", shape, Float32Array.of(value));

/** The ceiling of what `make` makes of x. */
function found(make: (g: GraphBuilder, x: Value, constant: (array: NdArray) => Value) => void, opset = 17) {
  const g = new GraphBuilder("ends", opset);
  const x = g.input("x", "float32", ["n", 3]);
  g.input("other", "float32", ["n", 3]);
  make(g, x, (array) => g.constant(array));
  g.output("y", "y", "float32", ["n", 3]);
  return ceilingOf(indexGraph(g.build()), "y");
}
const relu6 = { at: 6, before: "x", rectified: true };

test("ReLU6 is a Clip from 0 to 6, its limits inputs, a Constant node's or attributes", () => {
  expect(found((g, x, c) => g.node("Clip", [x, c(float(0)), c(float(6, [1]))], {}, ["y"]))).toEqual(relu6);
  const node = (g: GraphBuilder, value: NdArray) => g.node("Constant", [], { value });
  expect(found((g, x) => g.node("Clip", [x, node(g, float(0)), node(g, float(6))], {}, ["y"]))).toEqual(relu6);
  const attributes = { min: { float: 0 }, max: { float: 6 } };
  expect(found((g, x) => g.node("Clip", [x], attributes, ["y"]), 13)).toEqual(relu6);
  const half = (bits: number) => ndarray("float16", [], Uint16Array.of(bits));
  expect(found((g, x, c) => g.node("Clip", [x, c(half(0)), c(half(0x4600))], {}, ["y"]))).toEqual(relu6);
});

test("or the smaller of a rectified tensor and 6", () => {
  expect(found((g, x, c) => g.node("Min", [g.node("Relu", [x], {}, ["r"]), c(float(6))], {}, ["y"]))).toEqual({
    ...{ at: 6, before: "r", rectified: false },
  });
  expect(found((g, x, c) => g.node("Min", [c(float(6)), x], {}, ["y"]))).toMatchObject({ at: 6, before: "x" });
});

test("a ceiling without a floor is one, too", () => {
  expect(found((g, x, c) => g.node("Clip", [x, "", c(float(1))], {}, ["y"]))).toEqual({
    ...{ at: 1, before: "x", rectified: false },
  });
});

test.each<[string, Parameters<typeof found>[0]]>([
  ["a ReLU", (g, x) => g.node("Relu", [x], {}, ["y"])],
  ["no ceiling", (g, x, c) => g.node("Clip", [x, c(float(0))], {}, ["y"])],
  ["the largest number", (g, x, c) => g.node("Clip", [x, c(float(0)), c(float(3.4028234663852886e38))], {}, ["y"])],
  ["another floor", (g, x, c) => g.node("Clip", [x, c(float(-1)), c(float(1))], {}, ["y"])],
  ["nothing in between", (g, x, c) => g.node("Clip", [x, c(float(0)), c(float(0))], {}, ["y"])],
  ["not a number", (g, x, c) => g.node("Clip", [x, c(float(0)), c(float(Number.NaN))], {}, ["y"])],
  ["the smaller of two tensors", (g, x) => g.node("Min", [x, "other"], {}, ["y"])],
  [
    "a limit for each unit",
    (g, x, c) => g.node("Min", [x, c(ndarray("float32", [3], new Float32Array(3)))], {}, ["y"]),
  ],
  [
    "a limit that is computed",
    (g, x, c) => g.node("Clip", [x, c(float(0)), g.node("ReduceMax", ["other"])], {}, ["y"]),
  ],
])("%s is none", (_, make) => {
  expect(found(make)).toBeUndefined();
});

test("nor is an input", () => {
  const g = new GraphBuilder("ends");
  g.output(g.input("x", "float32", ["n", 3]), "y", "float32", ["n", 3]);
  expect(ceilingOf(indexGraph(g.build()), "x")).toBeUndefined();
});
