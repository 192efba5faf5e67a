/**
 * The vocabulary in which networks, losses and derivatives are written: one function per operator, and a few short phrases
 * made of them. Operands broadcast as in NumPy; a number stands for a scalar of the other operand's dtype. Axes count from
 * the front, or from the back when negative. Shapes that do not fit throw at once, with the shapes.
 */
import type { DType } from "../tensor/ndarray.js";
import type { Graph, Tensor } from "./graph.js";
import type { Convolution, Operator, Operators, Pooling, ResizeAttributes } from "./operators.js";
import { normalAxis } from "./shapes.js";

/** A tensor, or a number where the other operand says what it is. */
export type Operand = Tensor | number;

function call<O extends Operator>(operator: O, inputs: readonly Operand[], attributes: Operators[O]): Tensor {
  const tensors = lifted(inputs);
  return tensors[0].graph.apply(operator, tensors, attributes)[0];
}

/** Operands as tensors, numbers as constants of the first tensor's graph and dtype. */
function lifted(operands: readonly Operand[]): Tensor[] {
  const like = operands.find((operand): operand is Tensor => typeof operand !== "number" && operand.dtype !== "bool");
  const any = like ?? operands.find((operand): operand is Tensor => typeof operand !== "number");
  if (!any) throw new Error("building the graph: an operator needs a tensor among its operands");
  return operands.map((operand) =>
    typeof operand === "number" ? any.graph.constant(operand, like?.dtype ?? "float32") : operand,
  );
}

const unary = (operator: Operator) => (x: Tensor) => call(operator as "Neg", [x], {});
const binary = (operator: Operator) => (a: Operand, b: Operand) => call(operator as "Add", [a, b], {});

export const neg = unary("Neg");
export const abs = unary("Abs");
export const sign = unary("Sign");
export const exp = unary("Exp");
export const log = unary("Log");
export const sqrt = unary("Sqrt");
export const reciprocal = unary("Reciprocal");
export const sin = unary("Sin");
export const cos = unary("Cos");
export const tanh = unary("Tanh");
export const sigmoid = unary("Sigmoid");
export const erf = unary("Erf");
export const softplus = unary("Softplus");
export const relu = unary("Relu");
export const floor = unary("Floor");
export const ceil = unary("Ceil");
export const not = unary("Not");
/** The same values as a constant of differentiation. */
export const detach = unary("Detach");
export const hardSwish = unary("HardSwish");
export const add = binary("Add");
export const sub = binary("Sub");
export const mul = binary("Mul");
export const div = binary("Div");
export const pow = binary("Pow");
export const maximum = binary("Max");
export const minimum = binary("Min");
export const prelu = binary("PRelu");
export const mod = binary("Mod");
export const equal = binary("Equal");
export const greater = binary("Greater");
export const greaterOrEqual = binary("GreaterOrEqual");
export const less = binary("Less");
export const lessOrEqual = binary("LessOrEqual");
export const and = binary("And");
export const or = binary("Or");
export const bitwiseXor = binary("BitwiseXor");

export const shiftLeft = (x: Tensor, bits: Operand) => call("BitShift", [x, bits], { direction: "LEFT" });
export const shiftRight = (x: Tensor, bits: Operand) => call("BitShift", [x, bits], { direction: "RIGHT" });
export const leakyRelu = (x: Tensor, alpha = 0.01) => call("LeakyRelu", [x], { alpha });
export const elu = (x: Tensor, alpha = 1) => call("Elu", [x], { alpha });
export const clip = (x: Tensor, min: number, max: number) => call("Clip", [x], { min, max });
export const hardSigmoid = (x: Tensor, alpha = 0.2, beta = 0.5) => call("HardSigmoid", [x], { alpha, beta });
export const cast = (x: Tensor, to: DType) => (x.dtype === to ? x : call("Cast", [x], { to }));
export const where = (condition: Tensor, yes: Operand, no: Operand) => call("Where", [condition, yes, no], {});
export const square = (x: Tensor) => mul(x, x);

/** Gaussian error linear unit, exact: x Φ(x). */
export const gelu = (x: Tensor) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));

/** Axes of a reduction: one, several, or all when left out. */
export type Axes = number | readonly number[] | undefined;

const reduction = (operator: "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin") =>
  function reduce(x: Tensor, axes?: Axes, keepdims = false): Tensor {
    const list = axes === undefined ? [...x.shape.keys()] : typeof axes === "number" ? [axes] : axes;
    const normal = list.map((axis) => normalAxis(axis, x.shape.length)).sort((a, b) => a - b);
    return normal.length === 0 ? x : call(operator, [x], { axes: normal, keepdims });
  };
export const sum = reduction("ReduceSum");
export const mean = reduction("ReduceMean");
export const max = reduction("ReduceMax");
export const min = reduction("ReduceMin");

export const argmax = (x: Tensor, axis = -1, keepdims = false) =>
  call("ArgMax", [x], { axis: normalAxis(axis, x.shape.length), keepdims });
export const softmax = (x: Tensor, axis = -1) => call("Softmax", [x], { axis: normalAxis(axis, x.shape.length) });
export const logSoftmax = (x: Tensor, axis = -1) => call("LogSoftmax", [x], { axis: normalAxis(axis, x.shape.length) });

/** Matrix product of the last two axes; the axes before them broadcast. */
export const matmul = (a: Tensor, b: Tensor) => call("MatMul", [a, b], {});

export interface GemmOptions {
  readonly bias?: Tensor | undefined;
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

/** Product of two matrices, either transposed on the way, plus a bias that broadcasts to it. */
export const gemm = (a: Tensor, b: Tensor, { bias, transA = false, transB = false, alpha = 1 }: GemmOptions = {}) =>
  call("Gemm", bias ? [a, b, bias] : [a, b], { alpha, beta: 1, transA, transB });

/** Size of a window: one number for both axes, or y and x. */
export type Pair = number | readonly [number, number];
const pair = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

export interface WindowOptions {
  readonly stride?: Pair;
  readonly dilation?: Pair;
  /** The same at both ends; or top, left, bottom, right. */
  readonly padding?: Pair | readonly [number, number, number, number];
}

function windowOf(kernel: Pair, { stride = 1, dilation = 1, padding = 0 }: WindowOptions) {
  const pads =
    typeof padding !== "number" && padding.length === 4 ? padding : ([...pair(padding), ...pair(padding)] as const);
  return { kernel: pair(kernel), strides: pair(stride), dilations: pair(dilation), pads } as Convolution;
}

/**
 * Convolution (cross-correlation) of `x` [n, c, y, x] with `weight` [k, c/groups, y, x]; `bias` is [k].
 */
export function conv(
  x: Tensor,
  weight: Tensor,
  { bias, groups = 1, ...options }: WindowOptions & { bias?: Tensor | undefined; groups?: number } = {},
): Tensor {
  const window = windowOf([weight.shape[2], weight.shape[3]], options);
  return call("Conv", bias ? [x, weight, bias] : [x, weight], { ...window, groups });
}

/**
 * Transposed convolution: the gradient of a convolution with respect to its input, as a layer. `x` is [n, k, y, x], `weight`
 * [k, c/groups, y, x]; the result has c channels. `outputPadding` adds to its lower and right edge, as in PyTorch.
 */
export function convTranspose(
  x: Tensor,
  weight: Tensor,
  options: WindowOptions & { bias?: Tensor | undefined; groups?: number; outputPadding?: Pair } = {},
): Tensor {
  const { bias, groups = 1, outputPadding = 0, ...rest } = options;
  const window = windowOf([weight.shape[2], weight.shape[3]], rest);
  const size = [0, 1].map((axis) => {
    const covered = window.dilations[axis] * (window.kernel[axis] - 1) + 1 + pair(outputPadding)[axis];
    return (x.shape[axis + 2] - 1) * window.strides[axis] + covered - window.pads[axis] - window.pads[axis + 2];
  });
  const result = call("ConvInput", [weight, x], { ...window, groups, size: size as [number, number] });
  return bias ? add(result, reshape(bias, [1, -1, 1, 1])) : result;
}

export interface PoolOptions extends WindowOptions {
  readonly ceil?: boolean;
}

/** The window's maximum; padding never wins. The stride is the window's size unless given. */
export function maxPool(x: Tensor, size: Pair, { ceil: up = false, stride = size, ...rest }: PoolOptions = {}): Tensor {
  const attributes: Pooling = { ...windowOf(size, { stride, ...rest }), ceil: up };
  return call("MaxPool", [x], attributes);
}

/** The window's mean. The stride is the window's size unless given. */
export function averagePool(
  x: Tensor,
  size: Pair,
  { ceil: up = false, countsPadding = true, stride = size, ...rest }: PoolOptions & { countsPadding?: boolean } = {},
): Tensor {
  return call("AveragePool", [x], { ...windowOf(size, { stride, ...rest }), ceil: up, countsPadding });
}

/** Bilinear (`linear`) or nearest resizing of the last two axes to `size`, PyTorch's `interpolate` without aligned corners. */
export function resize(x: Tensor, size: Pair, mode: "nearest" | "linear"): Tensor {
  const attributes: ResizeAttributes = {
    sizes: [...x.shape.slice(0, -2), ...pair(size)],
    mode,
    coordinates: mode === "nearest" ? "asymmetric" : "half_pixel",
    rounding: "floor",
  };
  return call("Resize", [x], attributes);
}

/** Elements of `x` at integer `indices` along an axis; their shape takes the axis's place. */
export const gather = (x: Tensor, indices: Tensor, axis = 0) =>
  call("Gather", [x, indices], { axis: normalAxis(axis, x.shape.length) });
export const gatherElements = (x: Tensor, indices: Tensor, axis: number) =>
  call("GatherElements", [x, indices], { axis: normalAxis(axis, x.shape.length) });
/** `x` with `updates` added at `indices` along an axis; equal indices add up. */
export const scatterElements = (x: Tensor, indices: Tensor, updates: Tensor, axis: number) =>
  call("ScatterElements", [x, indices, updates], { axis: normalAxis(axis, x.shape.length) });
/** Zeros of so many rows, with `updates` added to the rows `indices`; equal indices add up. */
export const scatterRows = (indices: Tensor, updates: Tensor, rows: number) =>
  call("ScatterRows", [indices, updates], { rows });

/** In `shape`, -1 is what remains and 0 what was there. Written so, the model also runs with another batch. */
export const reshape = (x: Tensor, shape: readonly number[]) => call("Reshape", [x], { shape });
export const flatten = (x: Tensor, axis = 1) => call("Flatten", [x], { axis });
export const transpose = (x: Tensor, perm: readonly number[]) => call("Transpose", [x], { perm });
export const concat = (parts: readonly Tensor[], axis: number) =>
  parts.length === 1 ? parts[0] : call("Concat", parts, { axis: normalAxis(axis, parts[0].shape.length) });
export const expand = (x: Tensor, shape: readonly number[]) =>
  String(x.shape) === String(shape) ? x : call("Expand", [x], { shape });
/** Pads (or, with negative numbers, cuts) every axis: all that is added before, then all that is added behind. */
export const pad = (x: Tensor, pads: readonly number[], value = 0) =>
  pads.every((n) => n === 0) ? x : call("Pad", [x], { pads, value });

/** Pieces of these sizes along an axis. */
export function split(x: Tensor, sizes: readonly number[], axis: number): readonly Tensor[] {
  if (sizes.length === 1) return [x];
  return x.graph.apply("Split", [x], { axis: normalAxis(axis, x.shape.length), sizes });
}

/** Elements from `start` to before `end` (negative: from the back) along an axis, every `step`-th. */
export function slice(x: Tensor, axis: number, start: number, end: number = Number.MAX_SAFE_INTEGER, step = 1): Tensor {
  const normal = normalAxis(axis, x.shape.length);
  const size = x.shape[normal];
  const bound = (n: number) => Math.min(size, n < 0 ? n + size : n);
  const attributes = { starts: [bound(start)], ends: [bound(end)], axes: [normal], steps: [step] };
  return call("Slice", [x], attributes);
}

/** The elements along an axis in reverse. */
export const flip = (x: Tensor, axis: number) =>
  call("Slice", [x], { starts: [x.shape[axis] - 1], ends: [-1], axes: [axis], steps: [-1] });

/** Zeros, or another number, in the shape of `x`. */
export const full = (graph: Graph, shape: readonly number[], value = 0, dtype: DType = "float32") =>
  expand(graph.constant(value, dtype), shape);

/** Per-channel statistics applied to [n, c, ...]: (x - mean) / sqrt(variance + epsilon) * scale + bias. */
export const normaliseBatch = (
  x: Tensor,
  [scale, bias, average, variance]: readonly [Tensor, Tensor, Tensor, Tensor],
  epsilon = 1e-5,
) => call("BatchNormalization", [x, scale, bias, average, variance], { epsilon });

/** Normalises [n, c, ...] by the mean and variance of each channel in the batch itself, and returns these too, each [c]. */
export function normaliseByBatch(x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5) {
  const [normal, mean, variance] = x.graph.apply("NormaliseBatch", [x, scale, bias], { epsilon });
  return { normal, mean, variance };
}

/** Normalises over the last axes that `scale` and `bias` have. */
export const layerNormalise = (x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5) =>
  call("LayerNormalization", [x, scale, bias], { axis: x.shape.length - scale.shape.length, epsilon });
