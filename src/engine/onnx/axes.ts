/**
 * Which axis of a tensor counts units. A shape does not tell: [n, 12, 197, 197] may be twelve attention heads, [n, 56, 56, 96]
 * has its units last. So the axis is followed through the graph from the operators that define it.
 */
import type { GraphIndex } from "./graph.js";
import type { NodeProto } from "./onnx_pb.js";

/** Operators whose result has its channels on axis 1 by definition. */
export const CHANNELS_FIRST = new Set([
  ...["Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "FusedConv"],
  ...["MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"],
  ...["BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "Gemm"],
]);

/** Operators that keep the values in their order and change the axes. */
export const RESHAPING = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

/** Operators that may stand between reshaping a tensor and reshaping it back. */
const ROUND_TRIP = new Set([...RESHAPING, "Transpose", "InstanceNormalization"]);

/** Operators that hide what they do; so do operators of other domains, and functions. */
const OPAQUE = new Set(["If", "Loop", "Scan", "LSTM", "GRU", "RNN", "Attention"]);

/** Where units are by custom, for results of opaque operators and for inputs: [n, unit], [n, token, unit], [n, unit, y, x]. */
const CUSTOM: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 1 };

type Shape = readonly number[];

interface Known {
  readonly index: GraphIndex;
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The unit axes found so far. */
  readonly axes: Map<string, number>;
}

/** The unit axis of every tensor that has one and whose shape is known. Shapes must be all numbers, the batch's included. */
export function findUnitAxes(index: GraphIndex, shapes: ReadonlyMap<string, Shape>): ReadonlyMap<string, number> {
  const known: Known = { index, shapes, axes: new Map() };
  for (const { name } of index.dataInputs) {
    const rank = shapes.get(name)?.length ?? 0;
    if (rank === 2 || rank === 3) known.axes.set(name, CUSTOM[rank]); // features; pixels are no units
  }
  for (const node of index.graph.node) {
    for (const name of node.output) {
      const shape = shapes.get(name);
      if (!shape || !index.dependent.has(name)) continue;
      const axis = unitAxis(known, node, shape);
      if (axis !== undefined && axis >= 1 && axis < shape.length) known.axes.set(name, axis);
    }
  }
  return known.axes;
}

function unitAxis(known: Known, node: NodeProto, shape: Shape): number | undefined {
  const { index, shapes, axes } = known;
  const op = node.opType;
  if ((node.domain !== "" && node.domain !== "ai.onnx") || OPAQUE.has(op)) return CUSTOM[shape.length];
  if (CHANNELS_FIRST.has(op)) return 1;
  if (op === "Einsum") return undefined;
  if (op === "MatMul" || op === "MatMulInteger" || op === "QLinearMatMul") {
    const [left, right] = [node.input[0], node.input[op === "QLinearMatMul" ? 3 : 1]];
    if (index.dependent.has(left) && index.dependent.has(right)) return undefined; // attention, not weights
    return shape.length - (index.dependent.has(left) ? 1 : 2);
  }
  if (RESHAPING.has(op)) return spanKept(known, node.input[0], shape) ?? roundTrip(known, node.input[0], shape);
  const reduces = op === "Gather" || op.startsWith("Reduce");
  const source = node.input.find((name) => axes.has(name) && (reduces || shapes.get(name)!.length === shape.length));
  if (source === undefined) return undefined;
  const [before, axis] = [shapes.get(source)!, axes.get(source)!];
  if (op === "Transpose") return permutation(node, shape.length).indexOf(axis);
  if (before.length > shape.length) return shape.indexOf(before[axis], 1);
  return op.startsWith("Reduce") && shape[axis] !== before[axis] ? undefined : axis;
}

/** What a Transpose does with the axes: axis i of its result is axis `[i]` of what it reads. */
export function permutation(node: NodeProto, rank: number): number[] {
  const given = node.attribute.find((attribute) => attribute.name === "perm")?.ints.map(Number);
  return given ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

/** The axis of `after` that spans exactly what the unit axis of `name` does: as long, and as much before it. */
function spanKept({ axes, shapes }: Known, name: string, after: Shape): number | undefined {
  const axis = axes.get(name);
  if (axis === undefined) return undefined;
  const before = shapes.get(name)!;
  const outer = (shape: Shape, end: number) => shape.slice(0, end).reduce((product, n) => product * n, 1);
  const found = after.findIndex((n, i) => n === before[axis] && outer(after, i) === outer(before, axis));
  return found < 0 ? undefined : found;
}

/** The axis of a tensor that is reshaped back into `shape`: so exporters write shuffled channels and normalised groups. */
function roundTrip({ index, axes, shapes }: Known, name: string, shape: Shape): number | undefined {
  const from = roundTripOf(index, shapes, name, shape, (each) => axes.has(each));
  return from === undefined ? undefined : axes.get(from);
}

/** The tensor, one of those that are `known`, that a reshape of `name` into `shape` leads back to. */
export function roundTripOf(
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  name: string,
  shape: Shape,
  known: (name: string) => boolean,
): string | undefined {
  for (let at = name, steps = 0; steps < 4; steps++) {
    if (known(at) && `${shapes.get(at)}` === `${shape}`) return at;
    const node = index.producer.get(at);
    if (!node || !ROUND_TRIP.has(node.opType)) return undefined;
    at = node.input[0];
  }
  return undefined;
}
