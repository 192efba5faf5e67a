/**
 * An ONNX model as data. Reading keeps everything the file says, also what we do not know; the weights stay views of the
 * file's bytes. A model of a 500 MB file costs those 500 MB, and encoding it once more the same.
 */
import { dirname, resolve } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { codeOf, messageOf, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { checkModel } from "./check.js";
import { isExternal, locate } from "./external.js";
import { type ModelProto, ModelProtoSchema } from "./onnx_pb.js";
import { tensorsOf } from "./proto.js";

export { encodeModel, inlined, modelBytes, writeModel } from "./write.js";

/** A model and, if it was read from a file, where. Immutable: an edit makes a new one that shares what it did not change. */
export interface OnnxModel {
  readonly proto: ModelProto;
  /** Folder that external data is relative to; undefined for a model made in memory. */
  readonly folder: string | undefined;
  /** The file that holds exactly this model; undefined as soon as it is edited. */
  readonly path: string | undefined;
}

/** The first bytes of what people give instead of a model. */
const IMPOSTORS: [offset: number, magic: string, what: string][] = [
  [0, "PK\x03\x04", "a zip archive (PyTorch checkpoints are); export the network to ONNX first"],
  [0, "\x1f\x8b", "a gzip file; unpack it first"],
  [0, "\x89HDF", "an HDF5 file (Keras checkpoints are); convert it to ONNX first"],
  [4, "ORTM", "ONNX Runtime's own format; give the ONNX file it was made from"],
  [4, "TFL3", "a TensorFlow Lite file; convert it to ONNX first"],
];

/** Reads a model and checks where its external data lies. Throws `UserError` for anything but a whole ONNX file. */
export async function readModel(path: string): Promise<OnnxModel> {
  const bytes = await readWhole("reading model", path).catch((error) => {
    if (codeOf(error) !== "ERR_FS_FILE_TOO_LARGE") throw error;
    throw new UserError(
      `reading model ${path}: more than 2 GB; expected a ModelProto, which holds less; keep its weights as external data`,
    );
  });
  const model = decodeModel(bytes, path);
  await locate(model, tensorsOf(model.proto).filter(isExternal));
  return model;
}

/** Parses the bytes of a ModelProto without copying them; `path` says where they come from. Throws `UserError`. */
export function decodeModel(bytes: Uint8Array, path?: string): OnnxModel {
  const operation = `reading model ${path ?? ""}`.trim();
  const impostor = IMPOSTORS.find(([offset, magic]) =>
    [...magic].every((letter, i) => bytes[offset + i] === letter.charCodeAt(0)),
  );
  if (impostor) throw new UserError(`${operation}: not an ONNX file; got ${impostor[2]}`);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw notWhole(operation, bytes, messageOf(error), error);
  }
  if (!proto.graph) throw notWhole(operation, bytes, "it holds no graph");
  if (proto.opsetImport.length === 0) throw notWhole(operation, bytes, "it names no operator set");
  checkModel(operation, proto);
  return { proto, path, folder: path === undefined ? undefined : dirname(resolve(path)) };
}

/** Every exporter writes the format's version first, so a file that begins with it is damaged, and any other is not ONNX. */
function notWhole(operation: string, bytes: Uint8Array, problem: string, cause?: unknown): UserError {
  const size = `${bytes.length} bytes`;
  return bytes[0] === 0x08
    ? new UserError(`${operation}: truncated or damaged (${problem}); got ${size}; fetch the file again`, { cause })
    : new UserError(`${operation}: not an ONNX file; expected a ModelProto, got ${size} of something else`, { cause });
}
