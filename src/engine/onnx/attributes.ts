/**
 * Attributes of a node. JavaScript has one kind of number and ONNX two, so the convention is: a bare number is an integer
 * (`axis: 1`, `pads: [1, 1, 1, 1]`), a float says so (`alpha: { float: 0.1 }`, `scales: { floats: [1, 2] }`).
 */
import { create } from "@bufbuild/protobuf";
import type { NdArray } from "../tensor/ndarray.js";
import { type AttributeProto, AttributeProtoSchema, type GraphProto } from "./onnx_pb.js";
import { toTensor } from "./tensors.js";

/** A value of an attribute. An array of the tensor room becomes a tensor, a `GraphProto` a subgraph. */
export type Attribute =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | NdArray
  | GraphProto;

export type Attributes = Readonly<Record<string, Attribute>>;

/** The format's numbers for kinds of attributes. */
const [FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS] = [1, 2, 3, 4, 5, 6, 7, 8];

/** The attribute as the file holds it. Throws `RangeError` for a bare number that is not an integer. */
export function toAttribute(name: string, value: Attribute): AttributeProto {
  const of = (type: number, content: Partial<AttributeProto>) =>
    create(AttributeProtoSchema, { name, type, ...content } as AttributeProto);
  if (typeof value === "number" || typeof value === "bigint") return of(INT, { i: BigInt(value) });
  if (typeof value === "string") return of(STRING, { s: utf8(value) });
  if ("float" in value) return of(FLOAT, { f: value.float });
  if ("floats" in value) return of(FLOATS, { floats: [...value.floats] });
  if ("dtype" in value) return of(TENSOR, { t: toTensor(name, value) });
  if ("$typeName" in value) return of(GRAPH, { g: value });
  const list = value as readonly (number | bigint | string)[];
  return list.length > 0 && list.every((item) => typeof item === "string")
    ? of(STRINGS, { strings: list.map(utf8) })
    : of(INTS, { ints: list.map(BigInt) });
}

const utf8 = (text: string) => new TextEncoder().encode(text);
