/**
 * A part of a network as a model of its own: from some tensors, which become its inputs, to others, which become its
 * outputs. A suffix of a network can then be run on edited activations without running the prefix again.
 */
import { UserError } from "../../base/errors.js";
import { noTensor, withGraph } from "./edit.js";
import { freshName, indexGraph, inputsOf, namesIn } from "./graph.js";
import type { OnnxModel } from "./model.js";
import type { NodeProto } from "./onnx_pb.js";
import { derive } from "./proto.js";
import { type TensorInfo, toValueInfo } from "./values.js";

/**
 * The sub-graph from `from` to `to`; an output may be given by name alone if the model declares its type. Nodes, weights and
 * declarations it does not need are dropped; functions and metadata stay. ONNX Runtime holds callers to the shapes given here,
 * so one that is to vary must be -1 or a symbol. Throws `UserError` when a name is unknown, or
 * when `to` needs original inputs that `from` does not cut off.
 */
export function cut(model: OnnxModel, from: readonly TensorInfo[], to: readonly (TensorInfo | string)[]): OnnxModel {
  const { graph, producer, initializers, dataInputs } = indexGraph(model);
  const known = new Set([...producer.keys(), ...initializers, ...graph.input.map((input) => input.name)]);
  const sources = new Set(from.map(({ name }) => name));
  const targets = new Set(to.map(nameOf));
  for (const name of [...sources, ...targets]) if (!known.has(name)) throw noTensor("cutting", name, known);

  const needed = new Set(targets);
  const kept = new Set<NodeProto>();
  for (const name of needed) {
    const node = sources.has(name) ? undefined : producer.get(name);
    if (!node || kept.has(node)) continue;
    kept.add(node);
    for (const input of inputsOf(node)) needed.add(input); // grows while we walk it
  }
  const missing = dataInputs.map(({ name }) => name).filter((name) => needed.has(name) && !sources.has(name));
  if (missing.length > 0) {
    const [what, on] = [quoted(targets), quoted(missing)];
    throw new UserError(`cutting: ${what} depends on ${on} too; expected the given tensors to determine it; add ${on}`);
  }

  const names = namesIn(graph);
  // A node may make one tensor that is an input now and another that is still needed.
  const separated = (node: NodeProto) =>
    node.output.some((name) => sources.has(name))
      ? derive(node, {
          output: node.output.map((name) => (sources.has(name) ? freshName(names, `${name}/cut`) : name)),
        })
      : node;
  const stays = (name: string) => needed.has(name) && !sources.has(name);
  const declared = new Map([...graph.valueInfo, ...graph.output, ...graph.input].map((info) => [info.name, info]));
  const declare = (tensor: TensorInfo | string) => {
    const info = declared.get(nameOf(tensor));
    if (info || typeof tensor !== "string") return info ?? toValueInfo(tensor as TensorInfo);
    throw new UserError(`cutting: the model does not say what "${tensor}" holds; expected its dtype and shape as well`);
  };
  const part = withGraph(model, {
    node: graph.node.filter((node) => kept.has(node)).map(separated),
    input: [...from.map(declare), ...graph.input.filter(({ name }) => initializers.has(name) && stays(name))],
    output: to.map(declare),
    initializer: graph.initializer.filter(({ name }) => stays(name)),
    sparseInitializer: graph.sparseInitializer.filter((tensor) => stays(tensor.values?.name ?? "")),
    valueInfo: graph.valueInfo.filter(({ name }) => stays(name) && !targets.has(name)),
    quantizationAnnotation: graph.quantizationAnnotation.filter(({ tensorName }) => needed.has(tensorName)),
  });
  return { ...part, proto: derive(part.proto, { trainingInfo: [] }) };
}

const nameOf = (tensor: TensorInfo | string) => (typeof tensor === "string" ? tensor : tensor.name);

const quoted = (names: Iterable<string>) => [...names].map((name) => `"${name}"`).join(", ");
