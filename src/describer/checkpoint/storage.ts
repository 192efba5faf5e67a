/**
 * Tensors as a checkpoint's pickle describes them: an element type, an entry of the archive, an offset and strides. Nothing is
 * read here; what is checked is that every element lies inside its storage.
 */
import { sizeOf } from "../../engine/tensor/ndarray.js";
import { PickleError, type Value } from "./machine.js";

/** Element types of storages, by the name of torch's class. Booleans are bytes 0 and 1. */
export const STORAGE_TYPES = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "uint8",
} as const;

export type StorageType = (typeof STORAGE_TYPES)[keyof typeof STORAGE_TYPES];

/** A storage class named by the pickle. */
export class StorageClass {
  readonly type: StorageType;

  constructor(type: StorageType) {
    this.type = type;
  }
}

/** `length` elements in the archive's entry `data/<key>`. One storage may back several tensors. */
export class StorageRef {
  readonly type: StorageType;
  readonly key: string;
  readonly length: number;

  /** From a persistent identifier `("storage", class, key, device, length)`; the device is of no interest. */
  constructor(id: Value) {
    const [tag, kind, key, , length] = Array.isArray(id) ? id : [];
    if (tag !== "storage" || !(kind instanceof StorageClass) || typeof key !== "string" || !isCount(length)) {
      throw new PickleError("its pickle refers to something that is no storage of numbers");
    }
    this.type = kind.type;
    this.key = key;
    this.length = length;
  }
}

/** An n-d array inside a storage; offset and strides count elements. */
export class TensorView {
  readonly storage: StorageRef;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  /** From the arguments of `torch._utils._rebuild_tensor_v2`; the rest of them concerns gradients. */
  constructor([storage, offset, shape, strides]: readonly Value[]) {
    if (!(storage instanceof StorageRef) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
      throw new PickleError("its pickle describes a tensor wrongly");
    }
    const last = shape.reduce((index, n, axis) => index + (n - 1) * strides[axis], offset);
    const isInside = sizeOf(shape) === 0 ? offset <= storage.length : last < storage.length;
    if (strides.length !== shape.length || !isInside) {
      throw new PickleError(
        `its pickle describes a tensor outside its storage (shape [${shape}], strides [${strides}], offset ${offset}, ${storage.length} elements)`,
      );
    }
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Far above the four axes of a convolution. */
const MAX_AXES = 8;

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_AXES && value.every(isCount);
}
