/**
 * Where in the graph of a BERT-type model the output of its L-th layer is. Exporters that write the module's path into names say so
 * themselves (`encoder.layer.16`); otherwise the layer normalisations are counted, of which these networks have one after
 * the embeddings and two a layer, whole or taken apart into elementary operations.
 */
import { UserError } from "../../base/errors.js";
import { type GraphIndex, indexGraph } from "../../engine/onnx/graph.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { shortNames } from "../../engine/onnx/names.js";
import type { NodeProto } from "../../engine/onnx/onnx_pb.js";

/** Names of the outputs of layers 1, 2, ... of a model. Errors: `UserError` when its layers cannot be told apart. */
export function layerOutputs(model: OnnxModel, path: string): string[] {
  const index = indexGraph(model);
  const found = byName(index);
  if (found.length > 0) return found;
  const counted = byNormalisation(index);
  if (counted.length > 0) return counted;
  throw new UserError(
    `opening ${path}: its layers cannot be told apart; expected a BERT-type encoder as Hugging Face exports it (layer.0, layer.1, ...)`,
  );
}

function byName(index: GraphIndex): string[] {
  const outputs: string[] = [];
  for (const [tensor, names] of shortNames(index)) {
    for (const name of names) {
      const number = /(?:^|\.)layers?\.(\d+)$/.exec(name)?.[1];
      if (number !== undefined) outputs[Number(number)] = tensor;
    }
  }
  return outputs.filter(Boolean).length === outputs.length ? outputs : [];
}

function byNormalisation(index: GraphIndex): string[] {
  const norms = index.graph.node.filter((node) => isNormalisation(index, node)).map(({ output }) => output[0]);
  return norms.length % 2 === 1 && norms.length > 1 ? norms.filter((_, i) => i > 0 && i % 2 === 0) : [];
}

/** Whether a node ends a layer normalisation: the operator itself, or Add(Mul(Div(Sub, Sqrt), scale), shift). */
function isNormalisation({ producer }: GraphIndex, node: NodeProto): boolean {
  if (node.opType === "LayerNormalization") return true;
  const made = (of: NodeProto | undefined, op: string) =>
    of?.input.map((name) => producer.get(name)).find((each) => each?.opType === op);
  if (node.opType !== "Add") return false;
  const quotient = made(made(node, "Mul"), "Div");
  return made(quotient, "Sub") !== undefined && made(quotient, "Sqrt") !== undefined;
}
