/**
 * Layers with parameters, under PyTorch's names and with PyTorch's first values, so that its state dictionaries fit. A layer is
 * a function: it declares what it needs in the graph of its input, and returns its output.
 */
import type { Initial, Tensor } from "../grad/graph.js";
import * as op from "../grad/ops.js";
import { dropMask } from "./dropout.js";
import { constant, fanIn, normal } from "./parameters.js";

export interface LinearOptions {
  readonly bias?: boolean;
  readonly initial?: Initial;
}

/** A dense layer over the last axis: `name.weight` [out, in], `name.bias` [out]. */
export function linear(x: Tensor, name: string, outputs: number, options: LinearOptions = {}): Tensor {
  const inputs = x.shape.at(-1)!;
  const { bias = true, initial = fanIn(inputs) } = options;
  const weight = x.graph.parameter(`${name}.weight`, [outputs, inputs], initial);
  const shift = bias ? x.graph.parameter(`${name}.bias`, [outputs], fanIn(inputs)) : undefined;
  if (x.shape.length === 2) return op.gemm(x, weight, { transB: true, bias: shift });
  if (!x.graph.training) {
    // one product without reshapes around it: what is written is a dense layer to whoever reads the model
    const product = op.matmul(x, op.transpose(weight, [1, 0]));
    return shift ? op.add(product, shift) : product;
  }
  const rows = op.gemm(op.reshape(x, [-1, inputs]), weight, { transB: true, bias: shift });
  return op.reshape(rows, [...lead(x.shape), outputs]);
}

/** The axes before the last, written so that another batch fits: -1 for the first of them. */
const lead = (shape: readonly number[]): number[] => [-1, ...shape.slice(1, -1)];

export interface ConvolutionOptions extends op.WindowOptions {
  readonly groups?: number;
  readonly bias?: boolean;
  readonly initial?: Initial;
}

/** A convolution of [n, c, y, x]: `name.weight` [k, c/groups, y, x], `name.bias` [k]. */
export function convolution(
  x: Tensor,
  name: string,
  filters: number,
  kernel: op.Pair,
  options: ConvolutionOptions = {},
): Tensor {
  const { groups = 1, bias = true, initial, ...window } = options;
  const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  const perGroup = x.shape[1] / groups;
  const first = fanIn(perGroup * height * width);
  const weight = x.graph.parameter(`${name}.weight`, [filters, perGroup, height, width], initial ?? first);
  const shift = bias ? x.graph.parameter(`${name}.bias`, [filters], first) : undefined;
  return op.conv(x, weight, { ...window, groups, bias: shift });
}

/** A transposed convolution of [n, k, y, x]: `name.weight` [k, c, y, x], `name.bias` [c]. */
export function transposedConvolution(
  x: Tensor,
  name: string,
  filters: number,
  kernel: number,
  options: op.WindowOptions & { bias?: boolean; initial?: Initial; outputPadding?: op.Pair } = {},
): Tensor {
  const { bias = true, initial, ...window } = options;
  const first = fanIn(filters * kernel * kernel);
  const weight = x.graph.parameter(`${name}.weight`, [x.shape[1], filters, kernel, kernel], initial ?? first);
  const shift = bias ? x.graph.parameter(`${name}.bias`, [filters], first) : undefined;
  return op.convTranspose(x, weight, { ...window, bias: shift });
}

export interface BatchNormOptions {
  /** Weight of the new batch in the running statistics. */
  readonly momentum?: number;
  readonly epsilon?: number;
  /** Whether scale and bias are learned; a conditional normalisation brings its own. */
  readonly affine?: boolean;
  /** First value of the scale. */
  readonly scale?: number;
}

/**
 * Batch normalisation over [n, channel, ...]: in training with the batch's statistics, which also move the running ones;
 * otherwise with the running ones. Parameters `name.weight`, `.bias`, `.running_mean`, `.running_var`, each [channel].
 */
export function batchNorm(x: Tensor, name: string, options: BatchNormOptions = {}): Tensor {
  const { momentum = 0.1, epsilon = 1e-5, affine = true, scale: first = 1 } = options;
  const { graph } = x;
  const channels = [x.shape[1]];
  const scale = affine ? graph.parameter(`${name}.weight`, channels, constant(first)) : op.full(graph, channels, 1);
  const bias = affine ? graph.parameter(`${name}.bias`, channels, constant(0)) : op.full(graph, channels, 0);
  const runningMean = graph.parameter(`${name}.running_mean`, channels, constant(0), { trained: false });
  const runningVar = graph.parameter(`${name}.running_var`, channels, constant(1), { trained: false });
  if (!graph.training) return op.normaliseBatch(x, [scale, bias, runningMean, runningVar], epsilon);
  const { normal: normalised, mean, variance } = op.normaliseByBatch(x, scale, bias, epsilon);
  const count = x.shape.reduce((a, b) => a * b, 1) / channels[0];
  const moved = (running: Tensor, now: Tensor) => op.add(op.mul(running, 1 - momentum), op.mul(now, momentum));
  graph.update(runningMean, moved(runningMean, mean));
  graph.update(runningVar, moved(runningVar, op.mul(variance, count / Math.max(1, count - 1))));
  return normalised;
}

/** [n, c, ...] times a scale plus a bias, each [c] or [n, c]. */
export function scaleAndShift(x: Tensor, scale: Tensor, bias: Tensor): Tensor {
  return op.add(op.mul(x, overPlaces(scale, x)), overPlaces(bias, x));
}

const overPlaces = (perChannel: Tensor, x: Tensor): Tensor =>
  op.reshape(
    perChannel,
    [perChannel.shape.length === 2 ? 0 : 1, -1, ...x.shape.slice(2).map(() => 1)].slice(0, x.shape.length),
  );

/** Layer normalisation over the last axis: `name.weight`, `name.bias`. */
export function layerNorm(x: Tensor, name: string, epsilon = 1e-5): Tensor {
  const size = [x.shape.at(-1)!];
  const scale = x.graph.parameter(`${name}.weight`, size, constant(1));
  return op.layerNormalise(x, scale, x.graph.parameter(`${name}.bias`, size, constant(0)), epsilon);
}

/** Rows of a learned table, `name.weight` [count, size], for integer tokens of any shape. */
export function embedding(tokens: Tensor, name: string, count: number, size: number): Tensor {
  return op.gather(tokens.graph.parameter(`${name}.weight`, [count, size], normal(1)), tokens, 0);
}

/** In training, zeros a share `rate` of the elements, anew in every step, and scales up the others. */
export function dropout(x: Tensor, rate: number): Tensor {
  if (!x.graph.training || rate === 0) return x;
  return op.mul(x, dropMask(x, rate));
}

export interface LstmState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * One step of an LSTM cell. `x` is [row, in], the state [row, hidden]. Parameters in PyTorch's layout, gates in the order
 * i, f, g, o: `name.weight_ih` [4 hidden, in], `name.weight_hh` [4 hidden, hidden], `name.bias_ih`, `name.bias_hh`.
 * @param suffix after these names: `_l0` in PyTorch's LSTM modules, nothing in its cells.
 */
export function lstmCell(x: Tensor, { h, c }: LstmState, name: string, suffix = ""): LstmState {
  const hidden = h.shape[1];
  const first = fanIn(hidden);
  const parameter = (part: string, shape: number[]) => x.graph.parameter(`${name}.${part}${suffix}`, shape, first);
  const fromInput = op.gemm(x, parameter("weight_ih", [4 * hidden, x.shape[1]]), {
    transB: true,
    bias: parameter("bias_ih", [4 * hidden]),
  });
  const fromState = op.gemm(h, parameter("weight_hh", [4 * hidden, hidden]), {
    transB: true,
    bias: parameter("bias_hh", [4 * hidden]),
  });
  return lstmGates(op.add(fromInput, fromState), c);
}

/** The elementwise half of an LSTM cell: gate pre-activations [row, 4 hidden] and the cell state before, to the state after. */
export function lstmGates(gates: Tensor, cell: Tensor): LstmState {
  const hidden = cell.shape[1];
  const [i, f, update, o] = op.split(gates, [hidden, hidden, hidden, hidden], 1);
  const c = op.add(op.mul(op.sigmoid(f), cell), op.mul(op.sigmoid(i), op.tanh(update)));
  return { h: op.mul(op.sigmoid(o), op.tanh(c)), c };
}

/**
 * Multi-head self-attention over [n, token, channel], as in vision transformers: `name.qkv` and `name.proj` are linear layers
 * (timm's and DINO's names).
 */
export function selfAttention(x: Tensor, name: string, heads: number): Tensor {
  const [, tokens, channels] = x.shape;
  const size = channels / heads;
  const packed = op.reshape(linear(x, `${name}.qkv`, 3 * channels), [-1, tokens, 3, heads, size]);
  const [query, key, value] = op
    .split(op.transpose(packed, [2, 0, 3, 1, 4]), [1, 1, 1], 0)
    .map((part) => op.reshape(part, [-1, heads, tokens, size]));
  const scores = op.mul(op.matmul(query, op.transpose(key, [0, 1, 3, 2])), 1 / Math.sqrt(size));
  const seen = op.matmul(op.softmax(scores), value);
  return linear(op.reshape(op.transpose(seen, [0, 2, 1, 3]), [-1, tokens, channels]), `${name}.proj`, channels);
}
