/**
 * The n-d array that travels between files, the runtime and the studies: a flat typed array, C order, and its axes.
 * Nothing computes here; arithmetic on whole arrays belongs into an ONNX graph.
 */
import { UserError } from "../../base/errors.js";

/** Typed array of each dtype. `float16` holds the raw bits; `bool` holds 0 or 1. */
export interface Storage {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

export type DType = keyof Storage;

const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export const DTYPES = Object.keys(CONSTRUCTORS) as DType[];

/** Bytes of one element. */
export const bytesOf = (dtype: DType): number => CONSTRUCTORS[dtype].BYTES_PER_ELEMENT;

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** An n-d array in C order. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Storage[D];
}

/** Wraps `data` as an array of `shape`; throws when the sizes disagree. */
export function ndarray<D extends DType>(dtype: D, shape: readonly number[], data: Storage[D]): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new UserError(`array: size mismatch; expected ${sizeOf(shape)} elements for [${shape}], got ${data.length}`);
  }
  return { dtype, shape, data };
}

/** An array of zeros. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): NdArray<D> {
  return { dtype, shape, data: new CONSTRUCTORS[dtype](sizeOf(shape)) as Storage[D] };
}

/** The typed array of `dtype` over bytes; copies only when they are not aligned. Little-endian, as every machine Node runs on here. */
export function fromBytes<D extends DType>(dtype: D, shape: readonly number[], bytes: Uint8Array): NdArray<D> {
  const Array_ = CONSTRUCTORS[dtype];
  const aligned = bytes.byteOffset % Array_.BYTES_PER_ELEMENT === 0 ? bytes : Uint8Array.from(bytes);
  const data = new Array_(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / bytesOf(dtype));
  return ndarray(dtype, shape, data as Storage[D]);
}

/** The bytes of an array, without copying. */
export function toBytes(array: NdArray): Uint8Array {
  const { buffer, byteOffset, byteLength } = array.data;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** A float32 copy of a numeric array (int64 included); float32 arrays come back unchanged. */
export function toFloat32(array: NdArray): NdArray<"float32"> {
  if (array.dtype === "float32") return array as NdArray<"float32">;
  const data =
    array.dtype === "float16"
      ? Float32Array.from(array.data as Uint16Array, halfToFloat)
      : Float32Array.from(array.data as ArrayLike<number | bigint>, Number);
  return { dtype: "float32", shape: array.shape, data };
}

/** The value of IEEE half-precision bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const floatView = new Float32Array(1);
const wordView = new Uint32Array(floatView.buffer);

/** IEEE half-precision bits of a value, rounded to nearest even; beyond 65504 becomes infinity. */
export function floatToHalf(value: number): number {
  floatView[0] = value;
  const word = wordView[0];
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    floatView[0] = Math.abs(floatView[0]) + 0.5; // adding 1/2 leaves the half's subnormal bits, rounded, in the low word
    return sign | (wordView[0] - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}
