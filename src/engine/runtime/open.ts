/**
 * A session from a model as data. A model that is still what its file holds is opened from the file; an edited one goes to
 * ONNX Runtime as bytes, and its external data stay where they are.
 */
import { encodeModel, type OnnxModel } from "../onnx/model.js";
import { Session, type SessionOptions } from "./session.js";

/** Opens a model. Throws `UserError` when ONNX Runtime rejects it. */
export function openSession(model: OnnxModel, options: SessionOptions = {}): Promise<Session> {
  if (model.path !== undefined) return Session.open(model.path, options);
  return Session.open(encodeModel(model), { ...options, dataFolder: model.folder });
}
