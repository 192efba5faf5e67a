/**
 * How the nodes of other people's models are said in our operators: one entry for each ONNX operator that is understood. Older
 * versions of an operator differ in where settings are kept, which `ImportedNode.list` hides, and in few meanings, named here.
 */

import { dtypeOf } from "../onnx/tensors.js";
import type { DType } from "../tensor/ndarray.js";
import type { Tensor } from "./graph.js";
import type { ImportedNode } from "./imported-node.js";
import type { Convolution, Operator, ResizeAttributes } from "./operators.js";
import * as op from "./ops.js";
import { normalAxis } from "./shapes.js";

type Reader = (node: ImportedNode) => Tensor | readonly Tensor[];

/** Operators that read the same there and here. */
const same = (...operators: Operator[]): Record<string, Reader> =>
  Object.fromEntries(
    operators.map((operator) => [operator, (n) => n.graph.apply(operator as "Neg", n.tensors(), {})[0]]),
  );

/** Operators of any number of operands, taken two at a time. */
const chained =
  (combine: (a: Tensor, b: Tensor) => Tensor): Reader =>
  (n) =>
    n.tensors().reduce(combine);

const reducing =
  (reduce: (x: Tensor, axes?: readonly number[], keepdims?: boolean) => Tensor): Reader =>
  (n) => {
    const axes = n.list(1, "axes");
    if (axes === undefined || axes.length === 0) {
      return n.int("noop_with_empty_axes", 0) === 1
        ? n.tensor(0)
        : reduce(n.tensor(0), undefined, n.int("keepdims", 1) === 1);
    }
    return reduce(n.tensor(0), axes, n.int("keepdims", 1) === 1);
  };

/** Before version 13 everything from the axis on was one distribution. */
const soft =
  (apply: (x: Tensor, axis: number) => Tensor): Reader =>
  (n) => {
    const x = n.tensor(0);
    if (n.opset >= 13) return apply(x, n.axis(x, -1));
    const axis = n.axis(x, 1);
    return axis === x.shape.length - 1 ? apply(x, axis) : op.reshape(apply(op.flatten(x, axis), 1), x.shape);
  };

/** The window of a convolution or pooling over two axes, its padding settled. */
function windowOf(n: ImportedNode, x: Tensor, kernel: readonly number[]): Omit<Convolution, "groups"> {
  if (kernel.length !== 2) throw n.refusal(`its window has ${kernel.length} axes; expected images, with two`);
  const strides = n.ints("strides") ?? [1, 1];
  const dilations = n.ints("dilations") ?? [1, 1];
  const auto = n.text("auto_pad", "NOTSET");
  let pads = n.ints("pads") ?? [0, 0, 0, 0];
  if (auto.startsWith("SAME")) {
    const missing = [0, 1].map((axis) => {
      const size = x.shape[axis + 2];
      const covered = dilations[axis] * (kernel[axis] - 1) + 1;
      return Math.max(0, (Math.ceil(size / strides[axis]) - 1) * strides[axis] + covered - size);
    });
    const less = missing.map((n) => Math.floor(n / 2));
    const more = missing.map((n, axis) => n - less[axis]);
    pads = auto === "SAME_UPPER" ? [...less, ...more] : [...more, ...less];
  }
  return { kernel, strides, dilations, pads } as unknown as Omit<Convolution, "groups">;
}

const optionsOf = ({ strides, dilations, pads }: Omit<Convolution, "groups">) => ({
  stride: strides,
  dilation: dilations,
  padding: pads,
});

const withoutAxes = (x: Tensor, axes: readonly number[]) => x.shape.filter((_, axis) => !axes.includes(axis));

function unsqueezed(n: ImportedNode): Tensor {
  const x = n.tensor(0);
  const axes = n.list(1, "axes") ?? [];
  const rank = x.shape.length + axes.length;
  const added = axes.map((axis) => normalAxis(axis, rank));
  const rest = [...x.shape];
  return op.reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!)),
  );
}

function sliced(n: ImportedNode): Tensor {
  const starts = n.list(1, "starts")!;
  const ends = n.list(2, "ends")!;
  const axes = n.list(3, "axes") ?? [...starts.keys()];
  const steps = n.numbers(4) ?? starts.map(() => 1);
  return axes.reduce((x, given, i) => {
    const axis = normalAxis(given, x.shape.length);
    const size = x.shape[axis];
    const step = steps[i];
    const place = (value: number) => (value < 0 ? value + size : value);
    const bound = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
    const start = step > 0 ? bound(place(starts[i]), 0, size) : bound(place(starts[i]), -1, size - 1);
    const end = step > 0 ? bound(place(ends[i]), 0, size) : bound(place(ends[i]), -1, size - 1);
    if (step === 1 && start === 0 && end === size) return x;
    return x.graph.apply("Slice", [x], { starts: [start], ends: [end], axes: [axis], steps: [step] })[0];
  }, n.tensor(0));
}

function resized(n: ImportedNode): Tensor {
  const x = n.tensor(0);
  const scales = n.node.opType === "Upsample" || n.opset < 11 ? n.numbers(1) : n.numbers(2);
  const axes = n.ints("axes")?.map((axis) => normalAxis(axis, x.shape.length)) ?? [...x.shape.keys()];
  const given = n.numbers(3);
  const sizes = x.shape.map((size, axis) => {
    const i = axes.indexOf(axis);
    return given?.[i] ?? Math.floor(size * (scales?.[i] ?? 1));
  });
  const old = n.opset < 11;
  const mode = n.text("mode", "nearest");
  if (mode !== "nearest" && mode !== "linear") throw n.refusal(`mode ${mode}; expected nearest or linear`);
  const attributes: ResizeAttributes = {
    sizes,
    mode,
    coordinates: (old ? "asymmetric" : n.text("coordinate_transformation_mode", "half_pixel")) as "half_pixel",
    rounding: (old ? "floor" : n.text("nearest_mode", "round_prefer_floor")) as "floor",
  };
  if (!["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"].includes(attributes.coordinates)) {
    throw n.refusal(`coordinates ${attributes.coordinates}`);
  }
  return x.graph.apply("Resize", [x], attributes)[0];
}

function pooled(n: ImportedNode, operator: "MaxPool" | "AveragePool"): Tensor {
  const x = n.tensor(0);
  const window = windowOf(n, x, n.ints("kernel_shape") ?? []);
  const ceil = n.int("ceil_mode", 0) === 1;
  if (operator === "MaxPool") return x.graph.apply("MaxPool", [x], { ...window, ceil })[0];
  const countsPadding = n.int("count_include_pad", 0) === 1;
  return x.graph.apply("AveragePool", [x], { ...window, ceil, countsPadding })[0];
}

const places = (x: Tensor) => [...x.shape.keys()].slice(2);

/** Scale and bias [c] against [n, c, ...]. */
const perChannel = (x: Tensor, like: Tensor) => op.reshape(x, [1, -1, ...places(like).map(() => 1)]);

export const READERS: Readonly<Record<string, Reader>> = {
  ...same("Neg", "Abs", "Sign", "Exp", "Log", "Sqrt", "Reciprocal", "Sin", "Cos", "Tanh", "Sigmoid", "Erf", "Softplus"),
  ...same("Relu", "HardSwish", "Floor", "Ceil", "Not", "Add", "Sub", "Mul", "Div", "Pow", "PRelu", "Equal", "Greater"),
  ...same("GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Where", "MatMul"),
  Max: chained(op.maximum),
  Min: chained(op.minimum),
  Sum: chained(op.add),
  Identity: (n) => n.tensor(0),
  Dropout: (n) => n.tensor(0),
  Constant: (n) => n.graph.constant(n.value()),
  LeakyRelu: (n) => op.leakyRelu(n.tensor(0), n.float("alpha", 0.01)),
  Elu: (n) => op.elu(n.tensor(0), n.float("alpha", 1)),
  Gelu: (n) => {
    if (n.text("approximate", "none") !== "none") throw n.refusal("an approximation; expected the exact function");
    return op.gelu(n.tensor(0));
  },
  HardSigmoid: (n) => op.hardSigmoid(n.tensor(0), n.float("alpha", 0.2), n.float("beta", 0.5)),
  Clip: (n) => {
    const [min] = n.numbers(1) ?? [n.float("min", -Infinity)];
    const [max] = n.numbers(2) ?? [n.float("max", Infinity)];
    return op.clip(n.tensor(0), min, max);
  },
  Cast: (n) => {
    const to = dtypeOf(n.int("to", 0));
    if (!to) throw n.refusal("a data type that cannot be held");
    return op.cast(n.tensor(0), to as DType);
  },
  ReduceSum: reducing(op.sum),
  ReduceMean: reducing(op.mean),
  ReduceMax: reducing(op.max),
  ReduceMin: reducing(op.min),
  ReduceL2: reducing((x, axes, keepdims) => op.sqrt(op.sum(op.square(x), axes, keepdims))),
  Softmax: soft(op.softmax),
  LogSoftmax: soft(op.logSoftmax),
  ArgMax: (n) => op.argmax(n.tensor(0), n.int("axis", 0), n.int("keepdims", 1) === 1),

  Gemm: (n) => {
    const bias = n.optional(2);
    return n.graph.apply("Gemm", bias ? [n.tensor(0), n.tensor(1), bias] : [n.tensor(0), n.tensor(1)], {
      alpha: n.float("alpha", 1),
      beta: n.float("beta", 1),
      transA: n.int("transA", 0) === 1,
      transB: n.int("transB", 0) === 1,
    })[0];
  },
  Conv: (n) => {
    const [x, weight] = [n.tensor(0), n.tensor(1)];
    const window = windowOf(n, x, weight.shape.slice(2));
    return op.conv(x, weight, { ...optionsOf(window), groups: n.int("group", 1), bias: n.optional(2) });
  },
  ConvTranspose: (n) => {
    const [x, weight] = [n.tensor(0), n.tensor(1)];
    if (n.ints("output_shape") || n.text("auto_pad", "NOTSET") !== "NOTSET") throw n.refusal("expected explicit pads");
    const [down = 0, right = 0] = n.ints("output_padding") ?? [];
    const window = windowOf(n, x, weight.shape.slice(2));
    const options = { ...optionsOf(window), groups: n.int("group", 1), bias: n.optional(2) };
    return op.convTranspose(x, weight, { ...options, outputPadding: [down, right] });
  },
  MaxPool: (n) => pooled(n, "MaxPool"),
  AveragePool: (n) => pooled(n, "AveragePool"),
  GlobalAveragePool: (n) => op.mean(n.tensor(0), places(n.tensor(0)), true),
  GlobalMaxPool: (n) => op.max(n.tensor(0), places(n.tensor(0)), true),
  Resize: resized,
  Upsample: resized,

  BatchNormalization: (n) => {
    const [x, scale, bias, average, variance] = n.tensors();
    return op.normaliseBatch(x, [scale, bias, average, variance], n.float("epsilon", 1e-5));
  },
  InstanceNormalization: (n) => {
    const [x, scale, bias] = n.tensors();
    const centred = op.sub(x, op.mean(x, places(x), true));
    const variance = op.mean(op.square(centred), places(x), true);
    const normal = op.div(centred, op.sqrt(op.add(variance, n.float("epsilon", 1e-5))));
    return op.add(op.mul(normal, perChannel(scale, x)), perChannel(bias, x));
  },
  LayerNormalization: (n) => {
    const [x, scale] = [n.tensor(0), n.tensor(1)];
    const bias = n.optional(2) ?? op.full(n.graph, scale.shape);
    const axis = n.axis(x, -1);
    return n.graph.apply("LayerNormalization", [x, scale, bias], { axis, epsilon: n.float("epsilon", 1e-5) })[0];
  },

  Gather: (n) =>
    op.gather(n.tensor(0), counted(n.tensor(1), n.tensor(0).shape[n.axis(n.tensor(0), 0)]), n.int("axis", 0)),
  GatherElements: (n) => op.gatherElements(n.tensor(0), n.tensor(1), n.int("axis", 0)),
  Reshape: (n) => op.reshape(n.tensor(0), n.list(1, "shape")!),
  Flatten: (n) => op.flatten(n.tensor(0), n.axis(n.tensor(0), 1)),
  Squeeze: (n) => {
    const x = n.tensor(0);
    const given = n.list(1, "axes")?.map((axis) => normalAxis(axis, x.shape.length));
    return op.reshape(x, withoutAxes(x, given ?? [...x.shape.keys()].filter((axis) => x.shape[axis] === 1)));
  },
  Unsqueeze: unsqueezed,
  Transpose: (n) => {
    const x = n.tensor(0);
    return op.transpose(x, n.ints("perm") ?? [...x.shape.keys()].reverse());
  },
  Expand: (n) => op.expand(n.tensor(0), n.numbers(1)!),
  Tile: (n) => n.numbers(1)!.reduce((x, times, axis) => op.concat(new Array<Tensor>(times).fill(x), axis), n.tensor(0)),
  Concat: (n) => op.concat(n.tensors(), n.int("axis", 0)),
  Split: (n) => {
    const x = n.tensor(0);
    const axis = n.axis(x, 0);
    const parts = n.node.output.length;
    const each = Math.ceil(x.shape[axis] / parts);
    const equal = Array.from({ length: parts }, (_, i) => Math.min(each, x.shape[axis] - i * each));
    return op.split(x, n.list(1, "split") ?? equal, axis);
  },
  Slice: sliced,
  Pad: (n) => {
    if (n.text("mode", "constant") !== "constant") throw n.refusal("expected constant padding");
    const x = n.tensor(0);
    const given = n.list(1, "pads")!;
    const [value] = n.numbers(2) ?? [n.float("value", 0)];
    const axes = n.numbers(3)?.map((axis) => normalAxis(axis, x.shape.length));
    if (!axes) return op.pad(x, given, value);
    const pads = new Array<number>(2 * x.shape.length).fill(0);
    for (const [i, axis] of axes.entries()) {
      pads[axis] = given[i];
      pads[axis + x.shape.length] = given[i + axes.length];
    }
    return op.pad(x, pads, value);
  },
};

/** Indices counted from the front, where they are constants. */
function counted(indices: Tensor, size: number): Tensor {
  const array = indices.graph.constants.get(indices);
  if (!array || !Array.from(array.data as ArrayLike<number | bigint>).some((value) => value < 0)) return indices;
  return op.where(op.less(indices, 0), op.add(indices, size), indices);
}
