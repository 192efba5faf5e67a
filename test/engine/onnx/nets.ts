/** Small networks and a way to run them, shared by the tests of edits. */
import { Random } from "../../../src/base/random.js";
import { GraphBuilder, type Value } from "../../../src/engine/onnx/build.js";
import { candidates, type Layer, listLayers } from "../../../src/engine/onnx/layers.js";
import type { OnnxModel } from "../../../src/engine/onnx/model.js";
import type { ModelProto } from "../../../src/engine/onnx/onnx_pb.js";
import { derive } from "../../../src/engine/onnx/proto.js";
import { toValueInfo } from "../../../src/engine/onnx/values.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { probeShapes } from "../../../src/engine/runtime/probe.js";
import type { Arrays } from "../../../src/engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf } from "../../../src/engine/tensor/ndarray.js";

const random = new Random(1);

/** Normal random numbers, the same at every call of the whole test run's file. */
export const normal = (shape: readonly number[]): NdArray<"float32"> =>
  ndarray(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

export const int64 = (...values: number[]): NdArray<"int64"> =>
  ndarray("int64", [values.length], BigInt64Array.from(values, BigInt));

/**
 * A residual block with a concatenation, in the names of a PyTorch export. Input `x` [n, 3, 8, 8], output `logits` [n, 5]:
 * stem (conv, relu), block (two branches concatenated, projected, added to the stem, relu), head.
 */
export function smallNet(): OnnxModel {
  const g = new GraphBuilder("small");
  const x = g.input("x", "float32", ["n", 3, 8, 8]);
  const conv = (from: Value, weight: number[], scope: string) =>
    g.node(
      "Conv",
      [from, g.constant(normal(weight), `${scope}.weight`), g.constant(normal([weight[0]]), `${scope}.bias`)],
      { kernel_shape: weight.slice(2), pads: Array(4).fill((weight[2] - 1) / 2) },
      [`/${scope.replaceAll(".", "/")}/Conv_output_0`],
    );
  const relu = (from: Value, scope: string) => g.node("Relu", [from], {}, [`${scope}/Relu_output_0`]);
  const stem = relu(conv(x, [4, 3, 3, 3], "stem.conv"), "/stem");
  const left = relu(conv(stem, [2, 4, 1, 1], "block.left"), "/block/left_act");
  const right = relu(conv(stem, [3, 4, 3, 3], "block.right"), "/block/right_act");
  const both = g.node("Concat", [left, right], { axis: 1 }, ["/block/Concat_output_0"]);
  const sum = g.node("Add", [conv(both, [4, 5, 1, 1], "block.project"), stem], {}, ["/block/Add_output_0"]);
  const block = relu(sum, "/block");
  const pooled = g.node(
    "Flatten",
    [g.node("GlobalAveragePool", [block], {}, ["/pool/GlobalAveragePool_output_0"])],
    {},
    ["/Flatten_output_0"],
  );
  const weight = g.constant(normal([5, 4]), "head.weight");
  g.node("Gemm", [pooled, weight], { transB: 1 }, ["logits"]);
  g.output("logits", "logits", "float32", ["n", 5]);
  return g.build();
}

/** `y` [n, 4] = `h` + 1 if `flag` else `h` * `w`, where `h` = relu(x) and `w` is a weight: both branches capture. */
export function branchingNet(): OnnxModel {
  const branch = (op: string, other: string, result: string) => {
    const inner = new GraphBuilder(`${op} branch`);
    inner.input("h", "float32", [1]); // stands for the captured tensors, and is taken out again below
    inner.input(other, "float32", [1]);
    inner.node(op, ["h", other], {}, [result]);
    const output = [toValueInfo({ name: result, dtype: "float32", shape: ["n", 4] })];
    return derive(inner.build().proto.graph!, { input: [], output });
  };
  const g = new GraphBuilder("branching");
  const flag = g.input("flag", "bool", []);
  g.node("Relu", [g.input("x", "float32", ["n", 4])], {}, ["h"]);
  g.constant(normal([4]), "w");
  g.constant(ndarray("float32", [1], Float32Array.of(1)), "one");
  g.constant(normal([4]), "unused");
  g.node("If", [flag], { then_branch: branch("Add", "one", "sum"), else_branch: branch("Mul", "w", "product") }, ["y"]);
  g.output("y", "y", "float32", ["n", 4]);
  return g.build();
}

/** Opens, runs and closes a model. */
export async function run(model: OnnxModel, feeds: Arrays): Promise<Arrays> {
  const session = await openSession(model, { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

/** All layers of a model. */
export async function layersOf(model: OnnxModel): Promise<Layer[]> {
  return listLayers(model, await probeShapes(model, candidates(model)));
}

/** The largest absolute difference between two arrays of one shape. */
export function difference(a: NdArray, b: NdArray): number {
  if (`${a.shape}` !== `${b.shape}`) throw new Error(`shapes [${a.shape}] and [${b.shape}]`);
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  return most;
}

/** The model with its protobuf message changed. */
export const withProto = (model: OnnxModel, proto: ModelProto): OnnxModel => ({ ...model, proto, path: undefined });
