/**
 * Pooling of feature maps under masks, as graph nodes (paper, section 3.2; appendix D): the mask is resized to the map, divided
 * by its sum, and the map's values are averaged with these weights. Maps come once per image, masks several per image:
 * per level that is one matrix product [channel, y x] x [y x, mask] for each image. Nodes are of opset 18.
 *
 * Two ways to resize a mask. `reference` interpolates bilinearly without antialiasing, as the reference implementation does; a
 * small mask can vanish between the samples of a coarse map, and its features there are then zero. `area` gives each cell
 * the part of it that the mask covers, so nothing vanishes; for describers trained here.
 */
import type { GraphBuilder, Value } from "../engine/onnx/build.js";
import { ndarray } from "../engine/tensor/ndarray.js";

/** Activations float32 [image, channel, y, x] somewhere in a network. */
export interface FeatureMap {
  readonly value: Value;
  readonly channels: number;
}

export const POOLINGS = ["reference", "area"] as const;
export type Pooling = (typeof POOLINGS)[number];

/** Below this a resized mask counts as zero and is not divided by its sum. */
const ZERO = 1e-8;

/**
 * Features of every mask at one level.
 * @param map float32 [image, channel, y, x].
 * @param masks float32 [image, mask, height, width], any resolution.
 * @returns float32 [image, mask, channel].
 */
export function poolUnderMasks(g: GraphBuilder, map: FeatureMap, masks: Value, pooling: Pooling): Value {
  const resized = resizeMasks(g, masks, map.value, pooling);
  const weights = normalised(g, flattenSpace(g, resized));
  const perMask = g.node("MatMul", [flattenSpace(g, map.value), g.node("Transpose", [weights], { perm: [0, 2, 1] })]);
  return g.node("Transpose", [perMask], { perm: [0, 2, 1] });
}

/** Masks at the resolution of `like`; both [image, any, y, x]. */
export function resizeMasks(g: GraphBuilder, masks: Value, like: Value, pooling: Pooling): Value {
  if (pooling === "area") return resizeByArea(g, masks, like);
  const outer = g.node("Shape", [masks], { end: 2 });
  const inner = g.node("Shape", [like], { start: 2 });
  const size = g.node("Concat", [outer, inner], { axis: 0 });
  return g.node("Resize", [masks, "", "", size], {
    mode: "linear",
    coordinate_transformation_mode: "half_pixel",
  });
}

/** [image, any, y, x] to [image, any, y x]. */
function flattenSpace(g: GraphBuilder, x: Value): Value {
  return g.node("Reshape", [x, integers(g, [0, 0, -1])]);
}

/** Weights [image, mask, place] divided by their sum, unless all are zero. */
function normalised(g: GraphBuilder, weights: Value): Value {
  const sum = g.node("ReduceSum", [weights, integers(g, [2])]);
  const peak = g.node("ReduceMax", [g.node("Abs", [weights]), integers(g, [2])]);
  const isMask = g.node("Greater", [peak, number(g, ZERO)]);
  return g.node("Div", [weights, g.node("Where", [isMask, sum, number(g, 1)])]);
}

/** Overlaps of rows, times masks, times overlaps of columns. */
function resizeByArea(g: GraphBuilder, masks: Value, like: Value): Value {
  const rows = overlaps(g, axisLength(g, masks, 2), axisLength(g, like, 2));
  const columns = overlaps(g, axisLength(g, masks, 3), axisLength(g, like, 3));
  return g.node("MatMul", [rows, g.node("MatMul", [masks, g.node("Transpose", [columns], { perm: [1, 0] })])]);
}

/**
 * float32 [to, from]: the share of cell `i`, of `to` equal cells over the axis, that lies in pixel `j` of `from`. Cell i spans
 * pixels i * from / to to (i + 1) * from / to.
 */
function overlaps(g: GraphBuilder, from: Value, to: Value): Value {
  const one = number(g, 1);
  const width = g.node("Div", [from, to]);
  const pixel = g.node("Range", [number(g, 0), from, one]);
  const cell = g.node("Unsqueeze", [g.node("Range", [number(g, 0), to, one]), integers(g, [1])]);
  const start = g.node("Mul", [cell, width]);
  const end = g.node("Mul", [g.node("Add", [cell, one]), width]);
  const left = g.node("Max", [start, pixel]);
  const right = g.node("Min", [end, g.node("Add", [pixel, one])]);
  return g.node("Div", [g.node("Relu", [g.node("Sub", [right, left])]), width]);
}

/** The length of an axis as a float32 scalar. */
function axisLength(g: GraphBuilder, x: Value, axis: number): Value {
  const length = g.node("Shape", [x], { start: axis, end: axis + 1 });
  return g.node("Cast", [g.node("Squeeze", [length])], { to: 1 });
}

function number(g: GraphBuilder, value: number): Value {
  return g.constant(ndarray("float32", [], Float32Array.of(value)));
}

/** A constant int64 list: axes and shapes. */
export function integers(g: GraphBuilder, values: readonly number[]): Value {
  return g.constant(ndarray("int64", [values.length], BigInt64Array.from(values, BigInt)));
}
