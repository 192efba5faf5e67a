import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { decodeModel, encodeModel } from "../../../src/engine/onnx/model.js";
import { TensorProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { DATA_TYPES, toArray, toTensor } from "../../../src/engine/onnx/tensors.js";
import { bytesOf, DTYPES, type DType, fromBytes, ndarray } from "../../../src/engine/tensor/ndarray.js";

describe("raw bytes", () => {
  test.each(DTYPES)("%s survives a model", (dtype) => {
    const bytes = Uint8Array.from({ length: 6 * bytesOf(dtype) }, (_, i) =>
      dtype === "bool" ? i % 2 : (i * 37) % 256,
    );
    const array = fromBytes(dtype, [2, 3], bytes);
    const g = new GraphBuilder("constant");
    g.constant(array, "c");
    const [tensor] = decodeModel(encodeModel(g.build())).proto.graph!.initializer;
    const { data, shape } = toArray(tensor);
    expect(shape).toEqual([2, 3]);
    expect(Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)).toEqual(Buffer.from(bytes));
  });

  test("a made tensor shares the array's memory", () => {
    const array = ndarray("float32", [2], Float32Array.of(1, 2));
    expect(toTensor("t", array).rawData.buffer).toBe(array.data.buffer);
  });
});

const proto = (dtype: DType, fields: MessageInitShape<typeof TensorProtoSchema>) =>
  create(TensorProtoSchema, { name: "t", dataType: DATA_TYPES[dtype], ...fields });

test.each<[DType, MessageInitShape<typeof TensorProtoSchema>, unknown[]]>([
  ["float32", { floatData: [1.5, -2] }, [1.5, -2]],
  ["float64", { doubleData: [0.1, 1e300] }, [0.1, 1e300]],
  ["float16", { int32Data: [0x3c00, 0xc000] }, [0x3c00, 0xc000]],
  ["int8", { int32Data: [-128, 127] }, [-128, 127]],
  ["uint8", { int32Data: [0, 255] }, [0, 255]],
  ["int16", { int32Data: [-32768, 5] }, [-32768, 5]],
  ["uint16", { int32Data: [65535, 5] }, [65535, 5]],
  ["int32", { int32Data: [-7, 2147483647] }, [-7, 2147483647]],
  ["uint32", { uint64Data: [7n, 4294967295n] }, [7, 4294967295]],
  ["int64", { int64Data: [-7n, 9007199254740993n] }, [-7n, 9007199254740993n]],
  ["uint64", { uint64Data: [7n, 18446744073709551615n] }, [7n, 18446744073709551615n]],
  ["bool", { int32Data: [1, 0] }, [1, 0]],
])("%s from its typed list", (dtype, fields, values) => {
  const array = toArray(proto(dtype, { dims: [2n], ...fields }));
  expect([array.dtype, [...array.data]]).toEqual([dtype, values]);
});

test("a scalar and an empty tensor", () => {
  expect(toArray(proto("float32", { floatData: [3] }))).toEqual(ndarray("float32", [], Float32Array.of(3)));
  expect(toArray(proto("float32", { dims: [0n, 4n] })).shape).toEqual([0, 4]);
});

test.each<[string, MessageInitShape<typeof TensorProtoSchema>]>([
  ["more elements than bytes", { dims: [1000000n, 1000000n], rawData: new Uint8Array(8) }],
  ["bytes left over", { dims: [1n], rawData: new Uint8Array(5) }],
  ["a negative dimension", { dims: [-1n, -2n], rawData: new Uint8Array(8) }],
  ["dimensions beyond numbers", { dims: [1n << 62n, 1n << 62n], floatData: [1] }],
])("%s are refused without allocating", (_, fields) => {
  expect(() => toArray(proto("float32", fields))).toThrow(/shape .* does not fit its/);
});

test("a data type we cannot hold is named by number", () => {
  expect(() => toArray(create(TensorProtoSchema, { name: "t", dataType: 16 }))).toThrow(/tensor "t": data type 16/);
});
