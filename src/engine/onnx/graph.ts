/**
 * The index of a graph that every inspection and edit begins with: who makes a tensor, who reads it, which tensors are
 * weights, and which depend on the data. A subgraph (a branch of an If, the body of a Loop) may read tensors of the graph
 * around it; such captured tensors count as inputs of the node that holds the subgraph, so nothing here knows control flow.
 * Linear in the number of nodes.
 */
import type { OnnxModel } from "./model.js";
import type { GraphProto, NodeProto, ValueInfoProto } from "./onnx_pb.js";
import { subgraphsOf } from "./proto.js";

export interface GraphIndex {
  readonly graph: GraphProto;
  /** Position of each node in the file, which is a topological order. */
  readonly order: ReadonlyMap<NodeProto, number>;
  /** The node that makes a tensor. Graph inputs and initialisers have none. */
  readonly producer: ReadonlyMap<string, NodeProto>;
  /** The nodes that read a tensor, each once. */
  readonly consumers: ReadonlyMap<string, readonly NodeProto[]>;
  /** Names of all dense and sparse initialisers. */
  readonly initializers: ReadonlySet<string>;
  /** Graph inputs that must be fed: those that are not initialisers as well. */
  readonly dataInputs: readonly ValueInfoProto[];
  /** Names of the graph outputs. */
  readonly outputs: ReadonlySet<string>;
  /** Tensors whose values depend on the values of the data inputs; shapes of tensors, and what follows from them, do not. */
  readonly dependent: ReadonlySet<string>;
}

/** Operators that look at the shape of their input only. */
export const SHAPE_ONLY: ReadonlySet<string> = new Set(["Shape", "Size"]);

/** Indexes the main graph of a model. */
export function indexGraph(model: OnnxModel): GraphIndex {
  const graph = model.proto.graph!;
  const initializers = new Set([
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name ?? ""),
  ]);
  const dataInputs = graph.input.filter((input) => !initializers.has(input.name));
  const order = new Map(graph.node.map((node, i) => [node, i]));
  const producer = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const output of node.output) if (output !== "") producer.set(output, node);
    for (const input of inputsOf(node)) {
      const readers = consumers.get(input);
      if (readers) readers.push(node);
      else consumers.set(input, [node]);
    }
  }
  const dependent = new Set(dataInputs.map((input) => input.name));
  for (const name of dependent) {
    for (const node of consumers.get(name) ?? []) {
      if (SHAPE_ONLY.has(node.opType)) continue;
      for (const output of node.output) if (output !== "") dependent.add(output); // grows while we walk it
    }
  }
  const outputs = new Set(graph.output.map((output) => output.name));
  return { graph, order, producer, consumers, initializers, dataInputs, outputs, dependent };
}

/** The tensors a node reads, each once: its inputs, and what its subgraphs capture. */
export function inputsOf(node: NodeProto): Set<string> {
  const names = new Set(node.input);
  for (const subgraph of subgraphsOf(node)) for (const name of capturedBy(subgraph)) names.add(name);
  names.delete("");
  return names;
}

/** Every name in use in a graph, subgraphs included: what a new name must avoid. */
export function namesIn(graph: GraphProto): Set<string> {
  const names = definedIn(graph);
  for (const node of graph.node) {
    names.add(node.name);
    for (const input of node.input) names.add(input);
    for (const subgraph of subgraphsOf(node)) for (const name of namesIn(subgraph)) names.add(name);
  }
  return names;
}

/** `wanted`, or `wanted` with a number after it, so that it is not in `names`; it is then. */
export function freshName(names: Set<string>, wanted: string): string {
  let name = wanted;
  for (let serial = 2; names.has(name); serial++) name = `${wanted}_${serial}`;
  names.add(name);
  return name;
}

/** The tensors of the graphs around it that a subgraph reads. */
function capturedBy(graph: GraphProto): Set<string> {
  const captured = new Set(graph.output.map((output) => output.name));
  for (const node of graph.node) for (const name of inputsOf(node)) captured.add(name);
  for (const name of definedIn(graph)) captured.delete(name);
  return captured;
}

/** The names a graph itself gives: its inputs, initialisers and what its nodes make. */
function definedIn(graph: GraphProto): Set<string> {
  return new Set([
    ...graph.input.map((input) => input.name),
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name ?? ""),
    ...graph.node.flatMap((node) => node.output),
  ]);
}
