/**
 * What of a stranger's model is checked before anything is made of it: the sizes it claims. Nothing behind this need ask again whether a
 * dimension is a number that can be.
 */
import { UserError } from "../../base/errors.js";
import type { GraphProto, ModelProto, ValueInfoProto } from "./onnx_pb.js";
import { tensorsOf } from "./proto.js";

/** Elements of a tensor: its bytes are still an exact number. */
const MOST_ELEMENTS = 2 ** 48;

/**
 * Checks the sizes in a model. Linear in its size.
 * @param operation begins the message.
 * Errors: `UserError` for a tensor whose dimensions are negative or absurd.
 */
export function checkModel(operation: string, proto: ModelProto): void {
  const graph = proto.graph!;
  const wrong = (what: string, dims: readonly bigint[]) =>
    new UserError(
      `${operation}: ${what} has the shape [${dims.slice(0, 8)}]; expected sizes that can be, the model is damaged`,
    );
  for (const { name, dims } of tensorsOf(proto)) if (!canBe(dims)) throw wrong(`tensor "${name}"`, dims);
  for (const value of valuesOf(graph)) {
    const dims = knownDims(value);
    if (!canBe(dims.map((n) => (n < 0n ? 1n : n)))) throw wrong(`"${value.name}"`, dims); // exporters write -1 for what is open
  }
}

const canBe = (dims: readonly bigint[]): boolean =>
  dims.every((n) => n >= 0n) && dims.reduce((product, n) => product * Math.max(1, Number(n)), 1) <= MOST_ELEMENTS;

const valuesOf = (graph: GraphProto): ValueInfoProto[] => [...graph.input, ...graph.output, ...graph.valueInfo];

function knownDims({ type }: ValueInfoProto): bigint[] {
  if (type?.value.case !== "tensorType") return [];
  return (type.value.value.shape?.dim ?? []).flatMap(({ value }) => (value.case === "dimValue" ? value.value : []));
}
