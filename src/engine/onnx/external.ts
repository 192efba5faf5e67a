/**
 * Tensors whose values lie in a file beside the model, as networks of more than 2 GB must keep them. The location is a
 * stranger's word: it may name only a file inside the model's own folder, links resolved, and a range inside that file.
 */
import { open, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, posix, relative, sep, win32 } from "node:path";
import { create } from "@bufbuild/protobuf";
import { fileProblem, UserError } from "../../base/errors.js";
import type { OnnxModel } from "./model.js";
import { StringStringEntryProtoSchema, type TensorProto } from "./onnx_pb.js";
import { derive, without } from "./proto.js";

const EXTERNAL = 1;

/** Bits of one element by the format's number of a data type; strings (8) cannot be external. */
// biome-ignore format: a table
const BITS: Readonly<Record<number, number>> = {
  1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128,
  16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
};

/** Where the values of an external tensor lie: `length` bytes from `offset` of the file `path`, links resolved. */
export interface Range {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export const isExternal = (tensor: TensorProto): boolean => tensor.dataLocation === EXTERNAL;

/**
 * Checks where external tensors say they lie, against the folder and the size of the file. Looks at each file once.
 * Throws `UserError` for a path that leaves the folder, a file that is missing, or a range that the file does not hold.
 */
export async function locate(model: OnnxModel, tensors: readonly TensorProto[]): Promise<Map<TensorProto, Range>> {
  const files = new Map<string, { path: string; size: number }>();
  const ranges = new Map<TensorProto, Range>();
  for (const tensor of tensors) {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const operation = `reading tensor "${tensor.name}"`;
    const location = entries.get("location") ?? "";
    const file = files.get(location) ?? (await resolveFile(operation, model, location));
    files.set(location, file);
    const offset = Number(entries.get("offset") ?? 0);
    const needed = Math.ceil((tensor.dims.reduce((n, dim) => n * Number(dim), 1) * (BITS[tensor.dataType] ?? 0)) / 8);
    const length = Number(entries.get("length") ?? needed);
    if (!(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(needed) && needed >= 0)) {
      throw new UserError(
        `${operation}: offset ${entries.get("offset")}, shape [${tensor.dims}]; the model is damaged`,
      );
    }
    if (length !== needed || offset + length > file.size) {
      throw new UserError(
        `${operation}: ${location} does not hold it; expected ${needed} bytes at ${offset}, got a range of ${length} in a file of ${file.size}; fetch both files of the model again`,
      );
    }
    ranges.set(tensor, { path: file.path, offset, length });
  }
  return ranges;
}

/** The bytes of an external tensor. Throws `UserError` as `locate` does. */
export async function readExternal(model: OnnxModel, tensor: TensorProto): Promise<Uint8Array> {
  const range = (await locate(model, [tensor])).get(tensor)!;
  const bytes = new Uint8Array(range.length);
  let at = 0;
  for await (const piece of readPieces(range)) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

/** The bytes of a range in order, at most 16 MB at a time; each piece is overwritten by the next. */
export async function* readPieces(range: Range): AsyncGenerator<Uint8Array> {
  const file = await open(range.path, "r").catch((error) => {
    throw fileProblem("reading", range.path, error);
  });
  try {
    const buffer = new Uint8Array(Math.min(range.length, 16 << 20));
    for (let at = 0; at < range.length; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, range.length - at), range.offset + at);
      if (bytesRead === 0) throw new UserError(`reading ${range.path}: it became shorter while being read`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The tensor, its values now said to lie at `offset` of `location`. */
export function toExternal(tensor: TensorProto, location: string, offset: number, length: number): TensorProto {
  const entries = { location, offset: String(offset), length: String(length) };
  return derive(without(tensor, "rawData"), {
    dataLocation: EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  });
}

/** The tensor with its values in the model itself. */
export function toInternal(tensor: TensorProto, bytes: Uint8Array): TensorProto {
  return derive(without(tensor, "dataLocation"), { externalData: [], rawData: bytes });
}

async function resolveFile(operation: string, model: OnnxModel, location: string) {
  if (model.folder === undefined) {
    throw new UserError(`${operation}: its values lie in "${location}", but the model was not read from a folder`);
  }
  const outside = () =>
    new UserError(
      `${operation}: its data file "${location}" lies outside the model's folder; expected a file inside it`,
    );
  if (posix.isAbsolute(location) || win32.isAbsolute(location) || location.split(/[\\/]/).includes(".."))
    throw outside();
  if (location === "") throw new UserError(`${operation}: no location of its data file; the model is damaged`);
  const named = join(model.folder, location);
  try {
    const path = await realpath(named);
    if (!contains(await realpath(model.folder), path)) throw outside();
    const { size } = await stat(path);
    return { path, size };
  } catch (error) {
    throw fileProblem(operation, named, error);
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
