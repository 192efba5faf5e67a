/** Weights as half floats: the file is smaller and computes nearly the same. */
import { expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { halveModel } from "../../../src/engine/onnx/halve.js";
import { encodeModel } from "../../../src/engine/onnx/model.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { normal } from "./nets.js";

function layered(weight = normal([256, 64])) {
  const g = new GraphBuilder("wide");
  const x = g.input("x", "float32", ["n", 256]);
  const hidden = g.node("Relu", [g.node("MatMul", [x, g.constant(weight, "weight")])]);
  g.output(g.node("Add", [hidden, g.constant(normal([64]), "bias")]), "y", "float32", ["n", 64]);
  return g.build();
}

test("half the size, and the same outputs to three digits", async () => {
  const model = layered();
  const small = await halveModel(model);
  expect(encodeModel(small).length).toBeLessThan(0.55 * encodeModel(model).length);
  const outputs: Float32Array[] = [];
  const x = normal([8, 256]);
  for (const each of [model, small]) {
    const session = await openSession(each);
    outputs.push((await session.run({ x })).y.data as Float32Array);
    await session.close();
  }
  const largest = outputs[0].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const apart = outputs[0].reduce((a, b, i) => Math.max(a, Math.abs(b - outputs[1][i])), 0);
  expect(apart).toBeGreaterThan(0);
  expect(apart).toBeLessThan(1e-3 * largest);
});

test("a small array is kept to the bit, and a value beyond half floats is refused", async () => {
  const { initializer } = (await halveModel(layered())).proto.graph!;
  expect(initializer.map(({ name, dataType }) => [name, dataType])).toEqual([
    ["weight.half", 10],
    ["bias", 1],
  ]);
  const huge = ndarray("float32", [256, 64], new Float32Array(256 * 64).fill(1e6));
  await expect(halveModel(layered(huge))).rejects.toThrow(/halving weight: a value beyond 65504/);
});
