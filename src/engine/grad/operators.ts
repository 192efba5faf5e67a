/**
 * The operators of a tensor program and their attributes. They are ONNX's (opset 18), with what ONNX takes as constant tensors
 * (axes, shapes, bounds) as attributes, so that every shape is known while the graph is built. Three tables have one entry
 * for each: `signatures.ts` (which shapes fit, and what comes out), `backward/` (its derivative) and, where the ONNX node is
 * not simply of the same name, `emit.ts`. The compiler refuses a table with an entry missing.
 */
import type { DType } from "../tensor/ndarray.js";

/** Nothing to choose. */
export type None = Readonly<Record<never, never>>;

export interface Reduction {
  readonly axes: readonly number[];
  readonly keepdims: boolean;
}

/** A sliding window, y before x. `pads` are top, left, bottom, right. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

export interface Convolution extends Window {
  readonly groups: number;
}

export interface Pooling extends Window {
  /** Whether a window may begin inside the image and end outside (and its padding). */
  readonly ceil: boolean;
}

export interface Operators {
  // elementwise, one operand
  Neg: None;
  Abs: None;
  Sign: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Reciprocal: None;
  Sin: None;
  Cos: None;
  Tanh: None;
  Sigmoid: None;
  Erf: None;
  Softplus: None;
  Relu: None;
  LeakyRelu: { readonly alpha: number };
  Elu: { readonly alpha: number };
  Clip: { readonly min: number; readonly max: number };
  HardSigmoid: { readonly alpha: number; readonly beta: number };
  HardSwish: None;
  Floor: None;
  Ceil: None;
  Not: None;
  Identity: None;
  /** The same values, through which no derivative passes. */
  Detach: None;
  Cast: { readonly to: DType };
  // elementwise, broadcasting
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Pow: None;
  Max: None;
  Min: None;
  PRelu: None;
  Mod: None;
  Equal: None;
  Greater: None;
  GreaterOrEqual: None;
  Less: None;
  LessOrEqual: None;
  And: None;
  Or: None;
  BitwiseXor: None;
  BitShift: { readonly direction: "LEFT" | "RIGHT" };
  Where: None;
  // reductions
  ReduceSum: Reduction;
  ReduceMean: Reduction;
  ReduceMax: Reduction;
  ReduceMin: Reduction;
  ArgMax: { readonly axis: number; readonly keepdims: boolean };
  Softmax: { readonly axis: number };
  LogSoftmax: { readonly axis: number };
  // matrices
  MatMul: None;
  Gemm: { readonly alpha: number; readonly beta: number; readonly transA: boolean; readonly transB: boolean };
  // windows: a convolution and the two other maps of the same trilinear form
  Conv: Convolution;
  ConvInput: Convolution & { readonly size: readonly [number, number] };
  ConvWeight: Convolution;
  MaxPool: Pooling;
  AveragePool: Pooling & { readonly countsPadding: boolean };
  Resize: ResizeAttributes;
  // normalisation
  BatchNormalization: { readonly epsilon: number };
  /** Batch normalisation by the batch itself; also returns its mean and (biased) variance. */
  NormaliseBatch: { readonly epsilon: number };
  LayerNormalization: { readonly axis: number; readonly epsilon: number };
  // indices
  Gather: { readonly axis: number };
  GatherElements: { readonly axis: number };
  ScatterElements: { readonly axis: number };
  ScatterRows: { readonly rows: number };
  // shapes
  Reshape: { readonly shape: readonly number[] };
  Flatten: { readonly axis: number };
  Transpose: { readonly perm: readonly number[] };
  Expand: { readonly shape: readonly number[] };
  Concat: { readonly axis: number };
  Split: { readonly axis: number; readonly sizes: readonly number[] };
  Slice: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  };
  Pad: { readonly pads: readonly number[]; readonly value: number };
}

export interface ResizeAttributes {
  readonly sizes: readonly number[];
  readonly mode: "nearest" | "linear";
  readonly coordinates: "half_pixel" | "asymmetric" | "align_corners" | "pytorch_half_pixel";
  readonly rounding: "floor" | "ceil" | "round_prefer_floor" | "round_prefer_ceil";
}

export type Operator = keyof Operators;

/** Length of a window's output along one axis. */
export function windowsAlong(
  size: number,
  { kernel, strides, dilations, pads }: Window,
  axis: 0 | 1,
  ceil = false,
): number {
  const free = size + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[axis] - 1) - 1;
  if (!ceil) return Math.floor(free / strides[axis]) + 1;
  const count = Math.ceil(free / strides[axis]) + 1;
  return (count - 1) * strides[axis] >= size + pads[axis] ? count - 1 : count;
}
