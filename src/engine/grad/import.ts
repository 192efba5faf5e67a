/**
 * A model that others made as a tensor program: to be differentiated with respect to its inputs, or trained further. Its float
 * weights become parameters under their own names. Operators are those of `operators.ts` and what can be said with them;
 * a model with others is refused, naming them. Versions 7 to 21 of the operator set are understood.
 */
import { nearest, UserError } from "../../base/errors.js";
import type { OnnxModel } from "../onnx/model.js";
import type { NodeProto } from "../onnx/onnx_pb.js";
import { readTensor } from "../onnx/tensors.js";
import { dtypeOfValue } from "../onnx/values.js";
import type { NdArray } from "../tensor/ndarray.js";
import { Graph, type Tensor } from "./graph.js";
import { ImportedNode } from "./imported-node.js";
import { READERS } from "./readers.js";

export interface ImportOptions {
  /** Shapes of the inputs by name, all numbers. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Values of tensors that follow from shapes alone, as `foldShapes` finds them. */
  readonly folded?: ReadonlyMap<string, NdArray>;
  /** Tensors to import up to; default: the model's outputs. */
  readonly outputs?: readonly string[];
}

export interface Imported {
  readonly graph: Graph;
  /** Every tensor by the name it has in the model. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Imports what the outputs need. Throws `UserError` naming operators it does not know, or tensors that are not there. */
export async function importModel(model: OnnxModel, options: ImportOptions): Promise<Imported> {
  const proto = model.proto.graph!;
  const { shapes, folded = new Map<string, NdArray>() } = options;
  const outputs = options.outputs ?? proto.output.map(({ name }) => name);
  const title = model.path ?? "the model";
  const nodes = leadingTo(outputs, proto.node, folded);
  const unknown = [...new Set(nodes.map(({ opType }) => opType).filter((type) => !(type in READERS)))];
  if (unknown.length > 0) {
    throw new UserError(
      `differentiating ${title}: operators ${unknown.join(", ")} have no derivative here; expected ${Object.keys(READERS).sort().join(", ")}`,
    );
  }
  const graph = new Graph();
  const tensors = new Map<string, Tensor>();
  const constants = new Map(folded);
  const initial = new Map(proto.initializer.map((tensor) => [tensor.name, tensor]));
  for (const input of proto.input) {
    if (initial.has(input.name)) continue;
    const dtype = dtypeOfValue(input);
    const shape = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined;
    if (!dtype || !shape)
      throw new UserError(`differentiating ${title}: input "${input.name}" has no shape; give it one`);
    tensors.set(input.name, graph.input(input.name, dtype, shape));
  }
  const opset = Number(
    model.proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0,
  );
  for (const node of nodes) {
    for (const name of node.input) {
      const tensor = initial.get(name);
      if (tensor && !constants.has(name)) constants.set(name, await readTensor(model, tensor));
    }
    const call = new ImportedNode(node, { graph, tensors, constants, opset, title });
    const results = [READERS[node.opType](call)].flat();
    for (const [i, result] of results.entries()) if (node.output[i]) tensors.set(node.output[i], result);
  }
  for (const name of outputs) {
    const known = [...tensors.keys()];
    if (!tensors.has(name)) {
      throw new UserError(
        `differentiating ${title}: no tensor "${name}"; the nearest are ${nearest(name, known, 3).join(", ")}`,
      );
    }
  }
  return { graph, tensors };
}

/** The nodes that `outputs` need, in order. */
function leadingTo(outputs: readonly string[], nodes: readonly NodeProto[], folded: ReadonlyMap<string, NdArray>) {
  const wanted = new Set(outputs);
  const kept: NodeProto[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.output.some((name) => wanted.has(name) && !folded.has(name))) continue;
    kept.push(node);
    for (const name of node.input) wanted.add(name);
  }
  return kept.reverse();
}
