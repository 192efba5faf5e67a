/** What the edits share: a changed graph put back into a model, and a tensor looked up with help for a wrong name. */
import { nearest, UserError } from "../../base/errors.js";
import type { OnnxModel } from "./model.js";
import type { GraphProto } from "./onnx_pb.js";
import { derive } from "./proto.js";

/** The model with some fields of its graph changed. It is no longer what the file holds, but its data still lies there. */
export function withGraph(model: OnnxModel, changes: Partial<GraphProto>): OnnxModel {
  return {
    proto: derive(model.proto, { graph: derive(model.proto.graph!, changes) }),
    folder: model.folder,
    path: undefined,
  };
}

/** The error for a tensor that is not in the graph. */
export function noTensor(operation: string, name: string, known: Iterable<string>): UserError {
  const near = nearest(name, known)
    .map((other) => `"${other}"`)
    .join(", ");
  return new UserError(`${operation}: no tensor "${name}" in the model; nearest: ${near}`);
}
