/**
 * The parts the captioner's graph and the language model's graph share: weights taken by name with their shapes checked,
 * linear layers in PyTorch's layout ([out, in], used as it is), and the elementwise half of an LSTM cell.
 */
import { UserError } from "../base/errors.js";
import type { GraphBuilder, Value } from "../engine/onnx/build.js";
import { encodeModel } from "../engine/onnx/model.js";
import { Session, type SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";

/** Parameters by the reference's names. */
export type Weights = ReadonlyMap<string, NdArray<"float32">>;

/**
 * The parameter `name`. In `shape`, -1 accepts any size. Throws `UserError` when it is missing or has another shape.
 */
export function take(weights: Weights, name: string, shape: readonly number[]): NdArray<"float32"> {
  const array = weights.get(name);
  const expected = `[${shape.map((n) => (n < 0 ? "any" : n)).join(", ")}]`;
  if (!array) throw new UserError(`loading the describer: no parameter "${name}"; expected ${expected}`);
  if (array.shape.length !== shape.length || shape.some((n, axis) => n >= 0 && n !== array.shape[axis])) {
    throw new UserError(`loading the describer: parameter "${name}"; expected ${expected}, got [${array.shape}]`);
  }
  return array;
}

/** `x` [row, in] times the transposed `weight` [out, in], plus `bias`, [out] or [row, out]. */
export function linear(g: GraphBuilder, x: Value, weight: Value, bias?: Value): Value {
  return g.node("Gemm", bias === undefined ? [x, weight] : [x, weight, bias], { transB: 1 });
}

/** The layer `name` (`name.weight` [out, in], `name.bias` [out]) applied to `x` [row, in]. */
export function layer(
  g: GraphBuilder,
  weights: Weights,
  name: string,
  x: Value,
  inputs: number,
  outputs: number,
): Value {
  const weight = g.constant(take(weights, `${name}.weight`, [outputs, inputs]), `${name}.weight`);
  return linear(g, x, weight, g.constant(take(weights, `${name}.bias`, [outputs]), `${name}.bias`));
}

/** Columns of `x` [row, sum of sizes], cut into pieces of these sizes. */
export function columns(g: GraphBuilder, x: Value, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [x];
  const lengths = g.constant(ndarray("int64", [sizes.length], BigInt64Array.from(sizes, BigInt)));
  return g.nodes("Split", [x, lengths], { axis: 1 }, sizes.length);
}

/** Rows `index` [n] of `x`. */
export const rows = (g: GraphBuilder, x: Value, index: Value): Value => g.node("Gather", [x, index], { axis: 0 });

/**
 * The elementwise half of an LSTM cell: gate pre-activations [row, 4 hidden] in the order i, f, g, o, and the cell state
 * [row, hidden] before, to hidden and cell state after.
 */
export function lstmCell(g: GraphBuilder, gates: Value, cell: Value, hidden: number): { h: Value; c: Value } {
  const [i, f, update, o] = columns(g, gates, [hidden, hidden, hidden, hidden]);
  const kept = g.node("Mul", [g.node("Sigmoid", [f]), cell]);
  const added = g.node("Mul", [g.node("Sigmoid", [i]), g.node("Tanh", [update])]);
  const c = g.node("Add", [kept, added]);
  return { h: g.node("Mul", [g.node("Sigmoid", [o]), g.node("Tanh", [c])]), c };
}

/** Opens the graph that was built; `label` names it in errors. */
export function openGraph(g: GraphBuilder, options: SessionOptions, label: string): Promise<Session> {
  return Session.open(encodeModel(g.build()), options, label);
}
