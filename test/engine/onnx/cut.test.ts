import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { cut } from "../../../src/engine/onnx/cut.js";
import { encodeModel, readModel } from "../../../src/engine/onnx/model.js";
import { FunctionProtoSchema, StringStringEntryProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { derive } from "../../../src/engine/onnx/proto.js";
import type { TensorInfo } from "../../../src/engine/onnx/values.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";
import { branchingNet, difference, layersOf, normal, run, smallNet, withProto } from "./nets.js";

const info = (name: string, ...shape: number[]): TensorInfo => ({ name, dtype: "float32", shape: ["n", ...shape] });
const input = info("x", 3, 8, 8);
const stem = info("/stem/Relu_output_0", 4, 8, 8);

test("prefix and suffix make the whole, each with its own weights only", async () => {
  const net = smallNet();
  const before = encodeModel(net);
  const [prefix, suffix] = [cut(net, [input], [stem]), cut(net, [stem], ["logits"])];
  expect(prefix.proto.graph!.initializer.map(({ name }) => name)).toEqual(["stem.conv.weight", "stem.conv.bias"]);
  expect(suffix.proto.graph!.initializer.map(({ name }) => name)).not.toContain("stem.conv.weight");
  expect(prefix.proto.graph!.node).toHaveLength(2);
  expect(suffix.proto.graph!.node[0]).toBe(net.proto.graph!.node[2]);
  const x = normal([2, 3, 8, 8]);
  const middle = await run(prefix, { x });
  expect(difference((await run(suffix, middle)).logits, (await run(net, { x })).logits)).toBeLessThan(1e-5);
  expect(Buffer.compare(encodeModel(net), before)).toBe(0);
});

test("several tensors on both sides", async () => {
  const net = smallNet();
  const both = info("/block/Concat_output_0", 5, 8, 8);
  const middle = await run(cut(net, [input], [both, stem]), { x: normal([2, 3, 8, 8]) });
  expect(Object.keys(middle)).toEqual([both.name, stem.name]);
  const out = await run(cut(net, [both, stem], ["logits", info("/block/Add_output_0", 4, 8, 8)]), middle);
  expect(out["/block/Add_output_0"].shape).toEqual([2, 4, 8, 8]);
});

describe("what cannot be cut", () => {
  const net = smallNet();
  test("an output that other inputs determine too names them", () => {
    expect(() => cut(net, [info("/block/Concat_output_0", 5, 8, 8)], ["logits"])).toThrow(
      'cutting: "logits" depends on "x" too; expected the given tensors to determine it; add "x"',
    );
  });
  test("an unknown tensor, and one whose type nobody says", () => {
    expect(() => cut(net, [input], ["logit"])).toThrow(/no tensor "logit".*nearest: "logits"/);
    expect(() => cut(net, [input], [stem.name])).toThrow(/does not say what "\/stem\/Relu_output_0" holds/);
  });
});

test("subgraphs keep what they capture, whether weights or the new inputs", async () => {
  const part = cut(branchingNet(), [info("h", 4), { name: "flag", dtype: "bool", shape: [] }], ["y"]);
  expect(part.proto.graph!.initializer.map(({ name }) => name)).toEqual(["w", "one"]);
  expect(part.proto.graph!.node.map(({ opType }) => opType)).toEqual(["If"]);
  const h = ndarray("float32", [1, 4], Float32Array.of(1, -2, 3, 4));
  const out = await run(part, { h, flag: ndarray("bool", [], Uint8Array.of(1)) });
  expect([...out.y.data]).toEqual([2, -1, 4, 5]);
  expect(() => cut(branchingNet(), [info("h", 4)], ["y"])).toThrow(/depends on "flag" too/);
});

test("a node may make an input of the part and a tensor that it still computes", async () => {
  const g = new GraphBuilder("split");
  const [left, right] = g.nodes("Split", [g.input("x", "float32", ["n", 4])], { axis: 1 }, ["left", "right"]);
  g.output(g.node("Sub", [left, right], {}, ["y"]), "y", "float32", ["n", 2]);
  const part = cut(g.build(), [info("left", 2), info("x", 4)], ["y"]);
  const feeds = { left: ndarray("float32", [1, 2], Float32Array.of(10, 20)), x: normal([1, 4]) };
  const { y } = await run(part, feeds);
  expect(y.data[0]).toBeCloseTo(10 - feeds.x.data[2], 5);
});

test("a weight can become an input; functions and metadata stay", async () => {
  const net = smallNet();
  const rich = withProto(
    net,
    derive(net.proto, {
      metadataProps: [create(StringStringEntryProtoSchema, { key: "author", value: "me" })],
      functions: [create(FunctionProtoSchema, { name: "F", domain: "mine", opsetImport: net.proto.opsetImport })],
      opsetImport: [...net.proto.opsetImport, derive(net.proto.opsetImport[0], { domain: "mine", version: 1n })],
    }),
  );
  const weight: TensorInfo = { name: "head.weight", dtype: "float32", shape: [5, 4] };
  const part = cut(rich, [info("/block/Relu_output_0", 4, 8, 8), weight], ["logits"]);
  expect([part.proto.metadataProps, part.proto.functions]).toEqual([rich.proto.metadataProps, rich.proto.functions]);
  expect(part.proto.graph!.initializer).toEqual([]);
  const out = await run(part, { "/block/Relu_output_0": normal([2, 4, 8, 8]), "head.weight": normal([5, 4]) });
  expect(out.logits.shape).toEqual([2, 5]);
});

describeShared("real networks", () => {
  test.each([
    ["data/models/resnet20-cifar10", "layer2", [2, 3, 32, 32]],
    ["golden/models/reslite", "layer1.0", [2, 3, 112, 112]],
  ])("%s cut at %s computes what the whole does", async (name, at, shape) => {
    const model = await readModel(shared(`${name}.onnx`));
    const layer = (await layersOf(model)).find(({ shortNames }) => shortNames.includes(at))!;
    const middle = { name: layer.name, dtype: layer.dtype, shape: layer.shape };
    const feeds = { input: normal(shape) };
    const prefix = await run(cut(model, [{ name: "input", dtype: "float32", shape: [] }], [middle]), feeds);
    const whole = await run(model, feeds);
    expect(difference((await run(cut(model, [middle], ["logits"]), prefix)).logits, whole.logits)).toBeLessThan(1e-4);
  });
});
