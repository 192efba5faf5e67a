/**
 * Reads tensors out of the archive as float32. One storage is read at a time, and a dense float32 tensor is a view of
 * its storage's bytes, so memory is the file's size plus one storage.
 */
import { widenBfloat16 } from "../../engine/tensor/bfloat16.js";
import { fromBytes, type NdArray, sizeOf, toFloat32 } from "../../engine/tensor/ndarray.js";
import type { Archive } from "./archive.js";
import { PickleError } from "./machine.js";
import type { StorageRef, StorageType, TensorView } from "./storage.js";

const WIDTH_BYTES: Record<StorageType, number> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
};

/** Tensors may share storages, but not blow the file up: all of them together hold at most this many times its elements. */
const MAX_SHARING = 4;

/** Reads every view. Errors: `PickleError`, `UserError` of the archive. */
export async function readTensors(
  archive: Archive,
  views: ReadonlyMap<string, TensorView>,
): Promise<Map<string, NdArray<"float32">>> {
  const byStorage = new Map<string, TensorView[]>();
  let storedCount = 0;
  let wantedCount = 0;
  for (const view of views.values()) {
    expectEntry(archive, view.storage);
    const sharers = byStorage.get(view.storage.key);
    if (sharers) sharers.push(view);
    else {
      byStorage.set(view.storage.key, [view]);
      storedCount += view.storage.length;
    }
    wantedCount += sizeOf(view.shape);
  }
  if (wantedCount > MAX_SHARING * storedCount) {
    throw new PickleError(`its tensors claim ${wantedCount} numbers, its storages hold ${storedCount}`);
  }
  const arrays = new Map<TensorView, NdArray<"float32">>();
  for (const [key, sharers] of byStorage) {
    const bytes = await archive.read(`data/${key}`);
    for (const view of sharers) arrays.set(view, decode(bytes, view));
  }
  return new Map([...views].map(([name, view]) => [name, arrays.get(view)!]));
}

function expectEntry(archive: Archive, storage: StorageRef): void {
  const gotBytes = archive.sizeBytes(`data/${storage.key}`);
  const expectedBytes = storage.length * WIDTH_BYTES[storage.type];
  if (gotBytes !== expectedBytes) {
    throw new PickleError(`its storage ${storage.key} has ${gotBytes ?? "no"} bytes instead of ${expectedBytes}`);
  }
}

function decode(bytes: Uint8Array, view: TensorView): NdArray<"float32"> {
  const { type, length } = view.storage;
  const dtype = type === "bfloat16" ? "uint16" : type;
  const all = fromBytes(dtype, [length], bytes);
  const own = { dtype, shape: view.shape, data: gather(all.data as Float32Array, view) } as NdArray;
  return type === "bfloat16" ? widenBfloat16(own as NdArray<"uint16">) : toFloat32(own);
}

/** The view's elements in C order. Any typed array does for `source`: elements are only moved. */
function gather(source: Float32Array, { offset, shape, strides }: TensorView): Float32Array {
  const count = sizeOf(shape);
  if (isDense(shape, strides)) return source.subarray(offset, offset + count);
  const result = new (source.constructor as Float32ArrayConstructor)(count);
  const index = shape.map(() => 0);
  for (let i = 0, from = offset; i < count; i++) {
    result[i] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
