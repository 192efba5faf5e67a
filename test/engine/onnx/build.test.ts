import { expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { encodeModel } from "../../../src/engine/onnx/model.js";
import { Session } from "../../../src/engine/runtime/session.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";

test("a built graph runs: integers, floats, strings, lists and tensors as attributes", async () => {
  const g = new GraphBuilder("sums");
  const x = g.input("x", "float32", ["n", 2]);
  const weight = g.constant(ndarray("float32", [2, 2], Float32Array.of(1, -2, 3, 4)), "weight");
  const product = g.node("Gemm", [x, weight], { alpha: { float: 0.5 }, transB: 1 });
  const leaky = g.node("LeakyRelu", [product], { alpha: { float: 1 } });
  const bias = g.node("Constant", [], { value: ndarray("float32", [2], Float32Array.of(10, 20)) });
  const sum = g.node("Add", [leaky, bias]);
  const [left, right] = g.nodes("Split", [sum], { axis: -1 }, 2);
  const padded = g.node("Pad", [left, g.constant(ndarray("int64", [4], BigInt64Array.of(0n, 1n, 0n, 0n)))], {
    mode: "constant",
  });
  g.output(padded, "padded", "float32", ["n", 2]);
  g.output(right, "right", "float32", ["n", 1]);
  const session = await Session.open(encodeModel(g.build()));
  expect(session.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["n", 2] }]);
  const out = await session.run({ x: ndarray("float32", [1, 2], Float32Array.of(4, 6)) });
  expect([...out.padded.data]).toEqual([0, 6]);
  expect([...out.right.data]).toEqual([38]);
  await session.close();
});

test("mistakes in a graph are bugs of the one who builds it", () => {
  const g = new GraphBuilder("bad");
  const x = g.input("x", "float32", [1]);
  expect(() => g.node("Relu", ["y"])).toThrow('no value "y"');
  expect(() => g.input("x", "float32", [1])).toThrow('"x" is taken');
  expect(() => g.node("Elu", [x], { alpha: 0.5 })).toThrow(RangeError);
});
