/**
 * Tensors of a model as n-d arrays and back. A file may keep the values of a tensor as raw bytes, as typed lists, or in
 * another file; a reader sees no difference. Sizes are checked against the bytes that are there before anything is made.
 */
import { create } from "@bufbuild/protobuf";
import { UserError } from "../../base/errors.js";
import { bytesOf, type DType, fromBytes, type NdArray, toBytes, zeros } from "../tensor/ndarray.js";
import { isExternal, readExternal } from "./external.js";
import type { GraphIndex } from "./graph.js";
import type { OnnxModel } from "./model.js";
import { type TensorProto, TensorProtoSchema } from "./onnx_pb.js";

/** The format's number for each dtype. */
export const DATA_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** The list that holds a dtype's values when they are not raw bytes. Half floats and small integers share `int32Data`. */
const FIELDS = {
  float32: "floatData",
  uint8: "int32Data",
  int8: "int32Data",
  uint16: "int32Data",
  int16: "int32Data",
  int32: "int32Data",
  int64: "int64Data",
  bool: "int32Data",
  float16: "int32Data",
  float64: "doubleData",
  uint32: "uint64Data",
  uint64: "uint64Data",
} as const satisfies Record<DType, keyof TensorProto>;

const DTYPE_OF_CODE = new Map(Object.entries(DATA_TYPES).map(([dtype, code]) => [code, dtype as DType]));

/** Our dtype for the format's number, or undefined for those we cannot hold (strings, complex, bfloat16, 8 and 4 bits). */
export const dtypeOf = (code: number): DType | undefined => DTYPE_OF_CODE.get(code);

/** A tensor of `name` over the same memory as `array`, as raw bytes. */
export function toTensor(name: string, array: NdArray): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[array.dtype],
    dims: array.shape.map(BigInt),
    rawData: toBytes(array),
  });
}

/** The tensor of a constant, an initialiser or what a Constant node makes. Undefined for anything else, and where its values lie in another file. */
export function constantOf({ graph, producer }: GraphIndex, name: string): TensorProto | undefined {
  const made = producer.get(name);
  const tensor =
    made?.opType === "Constant"
      ? made.attribute.find((attribute) => attribute.name === "value")?.t
      : graph.initializer.find((each) => each.name === name);
  return tensor && !isExternal(tensor) ? tensor : undefined;
}

/** The values of a tensor of `model`, read from the data file beside it if they lie there. Throws `UserError`. */
export async function readTensor(model: OnnxModel, tensor: TensorProto): Promise<NdArray> {
  return isExternal(tensor) ? decode(tensor, await readExternal(model, tensor)) : toArray(tensor);
}

/** The values of a tensor held in the model itself. Throws `UserError` when they lie elsewhere or do not fit its shape. */
export function toArray(tensor: TensorProto): NdArray {
  if (isExternal(tensor)) throw new UserError(`reading ${label(tensor)}: its values lie in another file`);
  if (Object.hasOwn(tensor, "rawData")) return decode(tensor, tensor.rawData);
  const dtype = checkedDtype(tensor);
  const values = tensor[FIELDS[dtype]];
  const shape = checkedShape(tensor, values.length);
  const wide = dtype === "uint32" ? (values as bigint[]).map(Number) : values;
  const array = zeros(dtype, shape);
  array.data.set(wide as never);
  return array;
}

function decode(tensor: TensorProto, bytes: Uint8Array): NdArray {
  const dtype = checkedDtype(tensor);
  return fromBytes(dtype, checkedShape(tensor, bytes.byteLength / bytesOf(dtype)), bytes);
}

function checkedDtype(tensor: TensorProto): DType {
  const dtype = dtypeOf(tensor.dataType);
  if (dtype) return dtype;
  throw new UserError(`reading ${label(tensor)}: data type ${tensor.dataType}; expected ${Object.keys(DATA_TYPES)}`);
}

function checkedShape(tensor: TensorProto, count: number): number[] {
  const shape = tensor.dims.map(Number);
  if (shape.every((n) => n >= 0) && shape.reduce((product, n) => product * n, 1) === count) return shape;
  throw new UserError(
    `reading ${label(tensor)}: shape [${shape}] does not fit its ${count} values; the file is damaged`,
  );
}

const label = (tensor: TensorProto) => `tensor "${tensor.name}"`;
