/**
 * What every operator accepts and returns: one entry each. An entry throws, with all shapes in the message, when its operands do
 * not fit. Shapes are static numbers; the driver `differentiate` and `emit` rely on them.
 */
import type { DType } from "../tensor/ndarray.js";
import { type Operator, type Operators, type Reduction, type Window, windowsAlong } from "./operators.js";
import { broadcast, resolveShape } from "./shapes.js";

/** Axes and element type of a tensor. */
export interface Signature {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

type Rule<A> = (inputs: readonly Signature[], attributes: A) => Signature[];

const FLOATS: readonly DType[] = ["float32", "float64", "float16"];

/** Throws the one error of this file: the operator, what is wrong, and all shapes. */
function refuse(operator: string, inputs: readonly Signature[], problem: string): never {
  const shapes = inputs.map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`);
  throw new Error(`${operator}: ${problem}; got ${shapes.join(" and ")}`);
}

function expectCount(operator: string, inputs: readonly Signature[], least: number, most = least): void {
  if (inputs.length >= least && inputs.length <= most) return;
  refuse(operator, inputs, `expected ${least === most ? least : `${least} to ${most}`} operands`);
}

function expectRank(operator: string, inputs: readonly Signature[], which: number, rank: number): void {
  if (inputs[which].shape.length !== rank) refuse(operator, inputs, `operand ${which} must have ${rank} axes`);
}

const same =
  (operator: string, dtypes?: readonly DType[]): Rule<object> =>
  (inputs) => {
    expectCount(operator, inputs, 1);
    if (dtypes && !dtypes.includes(inputs[0].dtype)) refuse(operator, inputs, `expected ${dtypes.join(" or ")}`);
    return [{ dtype: inputs[0].dtype, shape: inputs[0].shape }];
  };
const float = (operator: string) => same(operator, FLOATS);

/** Operands of one dtype, broadcast against each other as in NumPy. */
const broadcasting =
  (operator: string, { result, most = 2 }: { result?: DType; most?: number } = {}): Rule<object> =>
  (inputs) => {
    expectCount(operator, inputs, 2, most);
    if (inputs.some(({ dtype }) => dtype !== inputs[0].dtype)) refuse(operator, inputs, "dtypes differ");
    const shape = broadcast(inputs.map((input) => input.shape));
    if (!shape) refuse(operator, inputs, "shapes do not broadcast");
    return [{ dtype: result ?? inputs[0].dtype, shape }];
  };

const reducing =
  (operator: string): Rule<Reduction> =>
  (inputs, { axes, keepdims }) => {
    expectCount(operator, inputs, 1);
    const { dtype, shape } = inputs[0];
    if (axes.some((axis) => axis < 0 || axis >= shape.length)) refuse(operator, inputs, `no axes [${axes}]`);
    const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return [{ dtype, shape: keepdims ? kept : shape.filter((_, axis) => !axes.includes(axis)) }];
  };

const alongAxis =
  (operator: string): Rule<{ readonly axis: number }> =>
  (inputs, { axis }) => {
    if (axis < 0 || axis >= inputs[0].shape.length) refuse(operator, inputs, `no axis ${axis}`);
    return float(operator)(inputs, {});
  };

function slid(operator: string, inputs: readonly Signature[], window: Window, ceil = false): [number, number] {
  expectRank(operator, inputs, 0, 4);
  const [, , height, width] = inputs[0].shape;
  const size: [number, number] = [windowsAlong(height, window, 0, ceil), windowsAlong(width, window, 1, ceil)];
  if (size.some((n) => n < 1)) refuse(operator, inputs, `a window of ${window.kernel.join(" x ")} does not fit`);
  return size;
}

export const SIGNATURES: { readonly [O in Operator]: Rule<Operators[O]> } = {
  Neg: same("Neg"),
  Abs: same("Abs"),
  Sign: same("Sign"),
  Exp: float("Exp"),
  Log: float("Log"),
  Sqrt: float("Sqrt"),
  Reciprocal: float("Reciprocal"),
  Sin: float("Sin"),
  Cos: float("Cos"),
  Tanh: float("Tanh"),
  Sigmoid: float("Sigmoid"),
  Erf: float("Erf"),
  Softplus: float("Softplus"),
  Relu: float("Relu"),
  LeakyRelu: float("LeakyRelu"),
  Elu: float("Elu"),
  Clip: float("Clip"),
  HardSigmoid: float("HardSigmoid"),
  HardSwish: float("HardSwish"),
  Floor: float("Floor"),
  Ceil: float("Ceil"),
  Not: same("Not", ["bool"]),
  Identity: same("Identity"),
  Detach: same("Detach"),
  Cast: (inputs, { to }) => [{ dtype: to, shape: inputs[0].shape }],

  Add: broadcasting("Add"),
  Sub: broadcasting("Sub"),
  Mul: broadcasting("Mul"),
  Div: broadcasting("Div"),
  Pow: broadcasting("Pow"),
  Max: broadcasting("Max"),
  Min: broadcasting("Min"),
  PRelu: broadcasting("PRelu"),
  Mod: broadcasting("Mod"),
  Equal: broadcasting("Equal", { result: "bool" }),
  Greater: broadcasting("Greater", { result: "bool" }),
  GreaterOrEqual: broadcasting("GreaterOrEqual", { result: "bool" }),
  Less: broadcasting("Less", { result: "bool" }),
  LessOrEqual: broadcasting("LessOrEqual", { result: "bool" }),
  And: broadcasting("And"),
  Or: broadcasting("Or"),
  BitwiseXor: broadcasting("BitwiseXor"),
  BitShift: broadcasting("BitShift"),
  Where: (inputs) => {
    expectCount("Where", inputs, 3);
    const [condition, yes, no] = inputs;
    const shape = broadcast(inputs.map((input) => input.shape));
    if (condition.dtype !== "bool" || yes.dtype !== no.dtype) refuse("Where", inputs, "expected bool and two alike");
    if (!shape) refuse("Where", inputs, "shapes do not broadcast");
    return [{ dtype: yes.dtype, shape }];
  },

  ReduceSum: reducing("ReduceSum"),
  ReduceMean: reducing("ReduceMean"),
  ReduceMax: reducing("ReduceMax"),
  ReduceMin: reducing("ReduceMin"),
  ArgMax: (inputs, { axis, keepdims }) => [
    { ...reducing("ArgMax")(inputs, { axes: [axis], keepdims })[0], dtype: "int64" },
  ],
  Softmax: alongAxis("Softmax"),
  LogSoftmax: alongAxis("LogSoftmax"),

  MatMul: (inputs) => {
    expectCount("MatMul", inputs, 2);
    const [a, b] = inputs;
    if (a.shape.length < 2 || b.shape.length < 2) refuse("MatMul", inputs, "expected matrices");
    const batch = broadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    if (!batch) refuse("MatMul", inputs, "batches do not broadcast");
    if (a.shape.at(-1) !== b.shape.at(-2)) refuse("MatMul", inputs, "inner sizes differ");
    return [{ dtype: a.dtype, shape: [...batch, a.shape.at(-2)!, b.shape.at(-1)!] }];
  },
  Gemm: (inputs, { transA, transB }) => {
    expectCount("Gemm", inputs, 2, 3);
    expectRank("Gemm", inputs, 0, 2);
    expectRank("Gemm", inputs, 1, 2);
    const [rows, inner] = transA ? [...inputs[0].shape].reverse() : inputs[0].shape;
    const [other, columns] = transB ? [...inputs[1].shape].reverse() : inputs[1].shape;
    if (inner !== other) refuse("Gemm", inputs, "inner sizes differ");
    const shape = [rows, columns];
    const bias = inputs[2]?.shape;
    if (bias && String(broadcast([bias, shape])) !== String(shape)) refuse("Gemm", inputs, "the bias does not fit");
    return [{ dtype: inputs[0].dtype, shape }];
  },

  Conv: (inputs, a) => {
    expectCount("Conv", inputs, 2, 3);
    const [, , ...kernel] = inputs[1].shape;
    const [batch, channels] = inputs[0].shape;
    const [filters, perGroup] = inputs[1].shape;
    if (String(kernel) !== String(a.kernel)) refuse("Conv", inputs, `kernel is not ${a.kernel.join(" x ")}`);
    if (perGroup * a.groups !== channels || filters % a.groups !== 0) {
      refuse("Conv", inputs, `channels do not fit ${a.groups} groups`);
    }
    if (inputs[2] && String(inputs[2].shape) !== String([filters])) refuse("Conv", inputs, "the bias does not fit");
    return [{ dtype: inputs[0].dtype, shape: [batch, filters, ...slid("Conv", inputs, a)] }];
  },
  ConvInput: (inputs, a) => {
    expectCount("ConvInput", inputs, 2);
    const [weight, gradient] = inputs;
    const shape = [gradient.shape[0], weight.shape[1] * a.groups, ...a.size];
    const [forward] = SIGNATURES.Conv([{ dtype: weight.dtype, shape }, weight], a);
    if (String(forward.shape) !== String(gradient.shape)) {
      refuse("ConvInput", inputs, `a convolution of [${shape}] gives [${forward.shape}]`);
    }
    return [{ dtype: weight.dtype, shape }];
  },
  ConvWeight: (inputs, a) => {
    expectCount("ConvWeight", inputs, 2);
    const [x, gradient] = inputs;
    const shape = [gradient.shape[1], x.shape[1] / a.groups, ...a.kernel];
    const [forward] = SIGNATURES.Conv([x, { dtype: x.dtype, shape }], a);
    if (String(forward.shape) !== String(gradient.shape)) {
      refuse("ConvWeight", inputs, `a convolution with [${shape}] gives [${forward.shape}]`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  MaxPool: (inputs, a) => {
    expectCount("MaxPool", inputs, 1);
    const shape = [...inputs[0].shape.slice(0, 2), ...slid("MaxPool", inputs, a, a.ceil)];
    return [
      { dtype: inputs[0].dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  AveragePool: (inputs, a) => {
    expectCount("AveragePool", inputs, 1);
    const shape = [...inputs[0].shape.slice(0, 2), ...slid("AveragePool", inputs, a, a.ceil)];
    return [{ dtype: inputs[0].dtype, shape }];
  },
  Resize: (inputs, { sizes }) => {
    expectCount("Resize", inputs, 1);
    if (sizes.length !== inputs[0].shape.length) refuse("Resize", inputs, `sizes [${sizes}] have other axes`);
    return [{ dtype: inputs[0].dtype, shape: sizes }];
  },

  BatchNormalization: (inputs) => {
    expectCount("BatchNormalization", inputs, 5);
    const channels = [inputs[0].shape[1]];
    if (inputs.slice(1).some(({ shape }) => String(shape) !== String(channels))) {
      refuse("BatchNormalization", inputs, "expected a statistic per channel");
    }
    return [{ dtype: inputs[0].dtype, shape: inputs[0].shape }];
  },
  NormaliseBatch: (inputs) => {
    expectCount("NormaliseBatch", inputs, 3);
    const [{ dtype, shape }, scale, bias] = inputs;
    const channels = [shape[1]];
    if (String(scale.shape) !== String(channels) || String(bias.shape) !== String(channels)) {
      refuse("NormaliseBatch", inputs, "expected a scale and a bias per channel");
    }
    return [
      { dtype, shape },
      { dtype, shape: channels },
      { dtype, shape: channels },
    ];
  },
  LayerNormalization: (inputs, { axis }) => {
    expectCount("LayerNormalization", inputs, 3);
    const rest = String(inputs[0].shape.slice(axis));
    if (String(inputs[1].shape) !== rest || String(inputs[2].shape) !== rest) {
      refuse("LayerNormalization", inputs, `expected scale and bias of [${rest}]`);
    }
    return [{ dtype: inputs[0].dtype, shape: inputs[0].shape }];
  },

  Gather: (inputs, { axis }) => {
    expectCount("Gather", inputs, 2);
    const { dtype, shape } = inputs[0];
    if (axis < 0 || axis >= shape.length) refuse("Gather", inputs, `no axis ${axis}`);
    return [{ dtype, shape: [...shape.slice(0, axis), ...inputs[1].shape, ...shape.slice(axis + 1)] }];
  },
  GatherElements: (inputs, { axis }) => {
    expectCount("GatherElements", inputs, 2);
    const fits = inputs[1].shape.every((n, i) => i === axis || n <= inputs[0].shape[i]);
    if (inputs[0].shape.length !== inputs[1].shape.length || !fits) {
      refuse("GatherElements", inputs, `indices do not fit but along axis ${axis}`);
    }
    return [{ dtype: inputs[0].dtype, shape: inputs[1].shape }];
  },
  ScatterElements: (inputs) => {
    expectCount("ScatterElements", inputs, 3);
    if (String(inputs[1].shape) !== String(inputs[2].shape)) refuse("ScatterElements", inputs, "an index per update");
    return [{ dtype: inputs[0].dtype, shape: inputs[0].shape }];
  },
  ScatterRows: (inputs, { rows }) => {
    expectCount("ScatterRows", inputs, 2);
    const [indices, updates] = inputs;
    const outer = updates.shape.slice(0, indices.shape.length);
    if (String(outer) !== String(indices.shape)) refuse("ScatterRows", inputs, "expected an index per row");
    return [{ dtype: updates.dtype, shape: [rows, ...updates.shape.slice(indices.shape.length)] }];
  },

  Reshape: (inputs, { shape }) => {
    expectCount("Reshape", inputs, 1);
    const resolved = resolveShape(inputs[0].shape, shape);
    if (!resolved) refuse("Reshape", inputs, `cannot become [${shape}]`);
    return [{ dtype: inputs[0].dtype, shape: resolved }];
  },
  Flatten: (inputs, { axis }) => {
    const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
    const { dtype, shape } = inputs[0];
    return [{ dtype, shape: [product(shape.slice(0, axis)), product(shape.slice(axis))] }];
  },
  Transpose: (inputs, { perm }) => {
    const { dtype, shape } = inputs[0];
    const isOrder = perm.length === shape.length && shape.every((_, axis) => perm.includes(axis));
    if (!isOrder) refuse("Transpose", inputs, `[${perm}] is no order of its axes`);
    return [{ dtype, shape: perm.map((axis) => shape[axis]) }];
  },
  Expand: (inputs, { shape }) => {
    const target = broadcast([inputs[0].shape, shape]);
    if (!target) refuse("Expand", inputs, `cannot become [${shape}]`);
    return [{ dtype: inputs[0].dtype, shape: target }];
  },
  Concat: (inputs, { axis }) => {
    const [{ dtype, shape }] = inputs;
    const fits = ({ dtype: other, shape: its }: Signature) =>
      other === dtype && its.length === shape.length && its.every((n, i) => i === axis || n === shape[i]);
    if (!inputs.every(fits)) refuse("Concat", inputs, `they differ beside axis ${axis}`);
    const total = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
    return [{ dtype, shape: shape.map((n, i) => (i === axis ? total : n)) }];
  },
  Split: (inputs, { axis, sizes }) => {
    const { dtype, shape } = inputs[0];
    if (sizes.reduce((a, b) => a + b, 0) !== shape[axis]) {
      refuse("Split", inputs, `[${sizes}] is not axis ${axis} in pieces`);
    }
    return sizes.map((size) => ({ dtype, shape: shape.map((n, i) => (i === axis ? size : n)) }));
  },
  Slice: (inputs, { starts, ends, axes, steps }) => {
    const { dtype, shape } = inputs[0];
    const result = [...shape];
    for (const [i, axis] of axes.entries()) {
      const length = Math.max(0, Math.ceil((ends[i] - starts[i]) / steps[i]));
      const last = starts[i] + (length - 1) * steps[i];
      if (length === 0 || Math.min(starts[i], last) < 0 || Math.max(starts[i], last) >= shape[axis]) {
        refuse("Slice", inputs, `nothing, or too much, from ${starts[i]} to ${ends[i]} along axis ${axis}`);
      }
      result[axis] = length;
    }
    return [{ dtype, shape: result }];
  },
  Pad: (inputs, { pads }) => {
    const { dtype, shape } = inputs[0];
    const rank = shape.length;
    if (pads.length !== 2 * rank) refuse("Pad", inputs, `[${pads}] is not two numbers an axis`);
    const padded = shape.map((n, axis) => n + pads[axis] + pads[axis + rank]);
    if (padded.some((n) => n < 1)) refuse("Pad", inputs, `[${pads}] leaves nothing`);
    return [{ dtype, shape: padded }];
  },
};
