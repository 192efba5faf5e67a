/**
 * Layers with spectral normalisation (Miyato et al., 2018): the weight is divided by its largest singular value, so that the layer
 * stretches nothing. The singular vector `name.u0` outlives the step, and one power iteration a step keeps it up to date; no
 * derivative passes through the vectors. Names and arithmetic are those of BigGAN's PyTorch implementation.
 *
 * Costs three products of the weight with a vector. In a model with constant weights the runtime does them once, on opening.
 */
import type { Graph, Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { constant, normal } from "../engine/train/parameters.js";

/** First weights, as BigGAN's `N02`. */
const INITIAL = normal(0.02);

/** Weights already divided: a layer that is applied twice in a graph moves its vector once. */
const divided = new WeakMap<Tensor, Tensor>();

/** The parameter `name.weight`, its first axis the outputs, divided by its largest singular value. */
export function spectralWeight(graph: Graph, name: string, shape: readonly number[]): Tensor {
  const weight = graph.parameter(`${name}.weight`, shape, INITIAL);
  const known = divided.get(weight);
  if (known) return known;
  const matrix = op.reshape(weight, [shape[0], -1]);
  const u = graph.parameter(`${name}.u0`, [1, shape[0]], normal(1), { trained: false });
  const fixed = op.detach(matrix);
  const right = unit(op.matmul(u, fixed));
  const left = unit(op.gemm(right, fixed, { transB: true }));
  if (graph.training) graph.update(u, left);
  const largest = op.sum(op.mul(op.gemm(right, matrix, { transB: true }), left));
  const result = op.div(weight, largest);
  divided.set(weight, result);
  return result;
}

/** A row at length one. */
const unit = (row: Tensor): Tensor => op.div(row, op.maximum(op.sqrt(op.sum(op.square(row))), 1e-12));

/** A convolution of [n, c, y, x] that keeps the size: odd kernel, stride 1, with bias. */
export function spectralConvolution(x: Tensor, name: string, filters: number, kernel: number): Tensor {
  const weight = spectralWeight(x.graph, name, [filters, x.shape[1], kernel, kernel]);
  const bias = x.graph.parameter(`${name}.bias`, [filters], constant(0));
  return op.conv(x, weight, { bias, padding: (kernel - 1) / 2 });
}

/** A dense layer on [n, in]. */
export function spectralLinear(x: Tensor, name: string, outputs: number, { bias = true } = {}): Tensor {
  const weight = spectralWeight(x.graph, name, [outputs, x.shape[1]]);
  const shift = bias ? x.graph.parameter(`${name}.bias`, [outputs], constant(0)) : undefined;
  return op.gemm(x, weight, { transB: true, bias: shift });
}

/** Rows of a table for integer tokens [n]. */
export const spectralEmbedding = (tokens: Tensor, name: string, count: number, size: number): Tensor =>
  op.gather(spectralWeight(tokens.graph, name, [count, size]), tokens, 0);
