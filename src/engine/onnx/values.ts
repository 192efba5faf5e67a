/** Typed names: what the format calls a value info, for inputs, outputs and whatever a file says about tensors between. */
import { create } from "@bufbuild/protobuf";
import type { DType } from "../tensor/ndarray.js";
import { TensorShapeProto_DimensionSchema, type ValueInfoProto, ValueInfoProtoSchema } from "./onnx_pb.js";
import { DATA_TYPES, dtypeOf } from "./tensors.js";

/** A tensor by name. A dimension is a number, or its symbolic name, or -1 when nothing is known. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** The value info of a tensor. */
export const toValueInfo = ({ name, dtype, shape }: TensorInfo): ValueInfoProto =>
  valueInfo(name, DATA_TYPES[dtype], shape);

/** The value info of a tensor of any data type, by the format's number. */
export function valueInfo(name: string, elemType: number, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map((n) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof n === "string"
          ? { case: "dimParam", value: n }
          : n >= 0
            ? { case: "dimValue", value: BigInt(n) }
            : { case: undefined },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType, shape: { dim } } } },
  });
}

/** The dtype of a tensor, or undefined when the value is none or holds what we cannot. */
export function dtypeOfValue(info: ValueInfoProto): DType | undefined {
  const type = info.type?.value;
  return type?.case === "tensorType" ? dtypeOf(type.value.elemType) : undefined;
}

/** What a value info says, or undefined when it is no tensor, has no shape, or holds what we cannot. */
export function fromValueInfo(info: ValueInfoProto): TensorInfo | undefined {
  const type = info.type?.value;
  if (type?.case !== "tensorType" || !type.value.shape) return undefined;
  const dtype = dtypeOfValue(info);
  if (!dtype) return undefined;
  const shape = type.value.shape.dim.map(({ value }) =>
    value.case === "dimValue" ? Number(value.value) : value.case === "dimParam" && value.value ? value.value : -1,
  );
  return { name: info.name, dtype, shape };
}
