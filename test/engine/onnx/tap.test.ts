import { expect, test } from "vitest";
import { encodeModel } from "../../../src/engine/onnx/model.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { branchingNet, difference, normal, run, smallNet } from "./nets.js";

const map = (name: string, units: number) => ({ name, dtype: "float32" as const, shape: ["n", units, 8, 8] });

test("tensors become outputs, none twice, and the model given is not touched", async () => {
  const net = smallNet();
  const before = encodeModel(net);
  const stem = map("/stem/Relu_output_0", 4);
  const tapped = tap(net, [stem, map("/block/Concat_output_0", 5), stem, { ...stem, name: "logits", shape: ["n", 5] }]);
  expect(tapped.proto.graph!.output.map(({ name }) => name)).toEqual([
    "logits",
    "/stem/Relu_output_0",
    "/block/Concat_output_0",
  ]);
  const x = normal([3, 3, 8, 8]);
  const out = await run(tapped, { x });
  expect(difference(out.logits, (await run(net, { x })).logits)).toBeLessThan(1e-6);
  expect(out["/stem/Relu_output_0"].shape).toEqual([3, 4, 8, 8]);
  expect(Math.min(...(out["/stem/Relu_output_0"].data as Float32Array))).toBe(0);
  expect(Buffer.compare(encodeModel(net), before)).toBe(0);
  expect(tapped.proto.graph!.initializer).toBe(net.proto.graph!.initializer);
});

test("a tensor that a subgraph captures can be tapped", async () => {
  const tapped = tap(branchingNet(), [{ name: "h", dtype: "float32", shape: ["n", 4] }]);
  const flag = ndarray("bool", [], Uint8Array.of(1));
  const out = await run(tapped, { flag, x: ndarray("float32", [1, 4], Float32Array.of(-1, 2, -3, 4)) });
  expect([...out.h.data]).toEqual([0, 2, 0, 4]);
  expect([...out.y.data]).toEqual([1, 3, 1, 5]);
});

test("an unknown tensor is answered with the nearest", () => {
  expect(() => tap(smallNet(), [map("/stem/Relu", 4)])).toThrow(
    /tapping: no tensor "\/stem\/Relu" in the model; nearest: "\/stem\/Relu_output_0"/,
  );
});
