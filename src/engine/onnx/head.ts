/**
 * The last linear layers of a classifier, whoever exported it: Gemm, MatMul with or without an Add behind it, or a convolution of 1 x 1 that is pooled
 * afterwards. They are found by walking back from the output along what depends on the pictures; weights are left where they are.
 */
import { UserError } from "../../base/errors.js";
import type { NdArray } from "../tensor/ndarray.js";
import { withGraph } from "./edit.js";
import { type GraphIndex, indexGraph, inputsOf } from "./graph.js";
import type { OnnxModel } from "./model.js";
import type { NodeProto } from "./onnx_pb.js";
import { dtypeOf, toTensor } from "./tensors.js";

export interface Head {
  /** The tensor before the first of the linear layers, made by a node; it depends on nothing that is in them. */
  readonly features: string;
  /** The tensor whose softmax says the classes: the output, or what its Softmax reads. */
  readonly logits: string;
  /** Names of the float32 initializers of the linear layers: weights and biases. */
  readonly weights: readonly string[];
}

/**
 * Finds the last `count` linear layers before `output`.
 * @param doing the operation, for messages.
 * Errors: `UserError` when they do not follow each other, or their weights are not float32 initializers of their own.
 */
export function headOf(doing: string, model: OnnxModel, output: string, count = 1): Head {
  const index = indexGraph(model);
  const own = new Set<NodeProto>();
  const constants = new Set<string>();
  const weights: string[] = [];
  let [at, logits, layers] = [output, output, 0];
  const refusal = (problem: string) =>
    new UserError(
      `${doing}: no ${count === 1 ? "last linear layer" : `${count} last linear layers in a chain`} before "${output}": ${problem}; expected Gemm, MatMul or a 1x1 Conv with float32 weights of its own, leave out the fine-tuning`,
    );
  while (layers < count) {
    const node = index.producer.get(at);
    if (!node) throw refusal(`"${at}" is an input, after ${layers} of them`);
    const read = [...inputsOf(node)].filter((name) => index.dependent.has(name));
    if (read.length !== 1) throw refusal(`the ${node.opType} that makes "${at}" joins ${read.length} tensors`);
    if (node.opType === "Softmax" && layers === 0) logits = read[0];
    if (node.opType === "Conv" && !isPointwise(node, model)) throw refusal(`"${at}" is made by a larger Conv`);
    if (LINEAR.has(node.opType)) {
      const operands = [node.input[1], node.input[2] ?? "", ...biasBehind(node, index, own)].filter(Boolean);
      for (const name of operands.flatMap((operand) => chainBehind(operand, index, own))) constants.add(name);
      const found = operands.map((operand) => chainBehind(operand, index, own).at(-1)!);
      if (node.input[0] !== read[0] || !found.every((name) => isFloat(name, model)))
        throw refusal(`the weights of the ${node.opType} that makes "${at}" cannot be changed`);
      own.add(node);
      weights.push(...found);
      layers++;
    }
    at = read[0];
  }
  if (!index.producer.has(at)) throw refusal(`"${at}" is an input, so that nothing would stay as it is`);
  const shared = [...constants].find((name) => index.consumers.get(name)!.some((reader) => !own.has(reader)));
  if (shared !== undefined) throw refusal(`"${shared}" serves other nodes as well`);
  return { features: at, logits, weights: [...new Set(weights)] };
}

const LINEAR: ReadonlySet<string> = new Set(["Gemm", "MatMul", "Conv"]);

/** What the Add right behind a MatMul adds. Notes that node. */
function biasBehind({ opType, output }: NodeProto, { consumers, dependent }: GraphIndex, own: Set<NodeProto>) {
  const readers = opType === "MatMul" ? (consumers.get(output[0]) ?? []) : [];
  return readers.flatMap((reader) => {
    const bias = reader.opType === "Add" ? reader.input.filter((name) => !dependent.has(name)) : [];
    if (bias.length > 0) own.add(reader);
    return bias;
  });
}

/** An operand and what it is made of, an initializer last where it is one, transposed or reshaped. Notes the nodes between. */
function chainBehind(name: string, index: GraphIndex, own: Set<NodeProto>): string[] {
  const node = index.producer.get(name);
  if (!node || node.input.length === 0) return [name];
  own.add(node);
  return [name, ...chainBehind(node.input[0], index, own)];
}

const tensorOf = (name: string, { proto }: OnnxModel) =>
  proto.graph!.initializer.find((tensor) => tensor.name === name);

const isFloat = (name: string, model: OnnxModel) => {
  const tensor = tensorOf(name, model);
  return tensor !== undefined && dtypeOf(tensor.dataType) === "float32" && tensor.dims.length > 0;
};

function isPointwise(node: NodeProto, model: OnnxModel): boolean {
  const kernel = tensorOf(node.input[1], model)?.dims.slice(2) ?? [];
  const groups = node.attribute.find(({ name }) => name === "group")?.i ?? 1n;
  return groups === 1n && kernel.length > 0 && kernel.every((side) => side === 1n);
}

/** The model with other values in some of its initializers; everything else is shared with the old one. */
export function withWeights(model: OnnxModel, values: ReadonlyMap<string, NdArray>): OnnxModel {
  return withGraph(model, {
    initializer: model.proto.graph!.initializer.map((tensor) => {
      const array = values.get(tensor.name);
      return array ? toTensor(tensor.name, array) : tensor;
    }),
  });
}
