/**
 * Writing a model: to bytes, or to a file, with its data beside it when it is too large to be one protobuf message. The
 * weights go from where they are straight to their place: encoding costs one copy, writing to a file none.
 */
import { realpath, rm } from "node:fs/promises";
import { basename } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { UserError } from "../../base/errors.js";
import { writeAtomically } from "../../base/files.js";
import { isExternal, locate, type Range, readExternal, readPieces, toExternal, toInternal } from "./external.js";
import type { OnnxModel } from "./model.js";
import { GraphProtoSchema, type ModelProto, ModelProtoSchema, type TensorProto, TensorProtoSchema } from "./onnx_pb.js";
import { derive, mapTensors, tensorsOf, without } from "./proto.js";

/** Protobuf cannot hold more in one message. */
const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1;

/** External data of a model up to this size is moved into the file when it is written: one file is easier to keep. */
const INLINE_BYTES = 2 ** 30;

/** Weights smaller than this stay in the model, and larger ones begin at multiples of it, so that they can be mapped. */
const PAGE_BYTES = 4096;

/** The bytes of a ModelProto; external data stays where it is. Throws `UserError` beyond 2 GB. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const pieces = encodePieces(model.proto);
  const size = byteLength(pieces);
  if (size > LARGEST_MESSAGE_BYTES) {
    throw new UserError(`encoding the model: ${size} bytes; expected at most 2 GB; write it to a file instead`);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

/**
 * Writes a model to `path`; a process killed on the way leaves the old model, the new one, or none. Up to `inlineBytes` in
 * all (by default what protobuf can hold, less for a model that has external data) everything goes into one file; beyond,
 * large weights go to `path` + ".data". Throws `UserError` when that is the very file the model reads its weights from.
 */
export async function writeModel(model: OnnxModel, path: string, inlineBytes?: number): Promise<void> {
  const ranges = await locate(model, tensorsOf(model.proto).filter(isExternal));
  if (sizeOf(model.proto, ranges) > (inlineBytes ?? (ranges.size === 0 ? LARGEST_MESSAGE_BYTES : INLINE_BYTES))) {
    await writePieces(path, await writeData(model.proto, ranges, path));
  } else {
    await writePieces(path, (await inlined(model)).proto);
  }
}

/** Bytes of a model, its external data included. */
export async function modelBytes(model: OnnxModel): Promise<number> {
  return sizeOf(model.proto, await locate(model, tensorsOf(model.proto).filter(isExternal)));
}

const sizeOf = (proto: ModelProto, ranges: ReadonlyMap<TensorProto, Range>) =>
  [...ranges.values()].reduce((sum, { length }) => sum + length, byteLength(encodePieces(proto)));

/** The model with its external data read into memory. */
export async function inlined(model: OnnxModel): Promise<OnnxModel> {
  const fresh = new Map<TensorProto, TensorProto>();
  for (const tensor of tensorsOf(model.proto).filter(isExternal)) {
    fresh.set(tensor, toInternal(tensor, await readExternal(model, tensor)));
  }
  if (fresh.size === 0) return model;
  return {
    proto: mapTensors(model.proto, (tensor) => fresh.get(tensor) ?? tensor),
    folder: undefined,
    path: undefined,
  };
}

/** Writes all large weights to the data file of the model at `path`, and gives back the model that refers to it. */
async function writeData(proto: ModelProto, ranges: Map<TensorProto, Range>, path: string): Promise<ModelProto> {
  const dataPath = `${path}.data`;
  const real = await realpath(dataPath).catch(() => dataPath);
  if ([...ranges.values()].some((range) => range.path === real)) {
    throw new UserError(`writing ${path}: that would replace ${dataPath}, which the model reads; choose another name`);
  }
  const fresh = new Map<TensorProto, TensorProto>();
  await writeAtomically(dataPath, async (file) => {
    let offset = 0;
    for (const tensor of tensorsOf(proto)) {
      const range = ranges.get(tensor);
      const length = range?.length ?? tensor.rawData.byteLength;
      if (length < PAGE_BYTES && !range) continue;
      const padding = (PAGE_BYTES - (offset % PAGE_BYTES)) % PAGE_BYTES;
      await file.writeFile(new Uint8Array(padding));
      for await (const piece of range ? readPieces(range) : [tensor.rawData]) await file.writeFile(piece);
      fresh.set(tensor, toExternal(tensor, basename(dataPath), offset + padding, length));
      offset += padding + length;
    }
    await rm(path, { force: true }); // an old model would find the new data under its name
  });
  return mapTensors(proto, (tensor) => fresh.get(tensor) ?? tensor);
}

async function writePieces(path: string, proto: ModelProto): Promise<void> {
  const pieces = encodePieces(proto);
  await writeAtomically(path, async (file) => {
    for (const piece of pieces) await file.writeFile(piece);
  });
}

/**
 * The encoding in pieces, the weights uncopied. The graph comes last, so that a truncated file can always be told, and
 * in it the initialisers, each closed by its raw bytes.
 */
export function encodePieces(proto: ModelProto): Uint8Array[] {
  const { graph } = proto;
  if (!graph) return [toBinary(ModelProtoSchema, proto)];
  const body = [
    toBinary(GraphProtoSchema, derive(graph, { initializer: [] })),
    ...graph.initializer.flatMap(encodeTensor),
  ];
  return [toBinary(ModelProtoSchema, without(proto, "graph")), prefix(7, byteLength(body)), ...body];
}

function encodeTensor(tensor: TensorProto): Uint8Array[] {
  const body = Object.hasOwn(tensor, "rawData")
    ? [toBinary(TensorProtoSchema, without(tensor, "rawData")), prefix(9, tensor.rawData.byteLength), tensor.rawData]
    : [toBinary(TensorProtoSchema, tensor)];
  return [prefix(5, byteLength(body)), ...body];
}

/** Tag and length of a length-delimited field. */
const prefix = (field: number, length: number) =>
  new BinaryWriter()
    .uint32((field << 3) | 2)
    .uint32(length)
    .finish();

const byteLength = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
