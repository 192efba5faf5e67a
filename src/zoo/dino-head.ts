/**
 * The projection head of DINO (Caron et al., 2021): a perceptron, a bottleneck at length one, and its likeness to prototypes, which
 * are kept at length one as well (weight normalisation with a fixed gain). Only training needs it.
 *
 * Its hidden units are normalised over the batch, the paper's variant with batch normalisation: a small transformer's class tokens are at
 * first nearly the same for all images, and without this the answers of a short training stay so. Measured with the test's network: all answers equal.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { linear } from "../engine/train/layers.js";
import { normal } from "../engine/train/parameters.js";

export interface DinoHeadOptions {
  readonly hidden: number;
  readonly bottleneck: number;
  readonly prototypes: number;
  /** Before all names. */
  readonly prefix?: string;
}

/** @param features float32 [n, channel]. Returns likeness to each prototype, float32 [n, prototype] in -1..1. */
export function dinoHead(features: Tensor, { hidden, bottleneck, prototypes, prefix = "" }: DinoHeadOptions): Tensor {
  const { graph } = features;
  const layer = (x: Tensor, index: number, outputs: number) =>
    linear(x, `${prefix}head.mlp.${index}`, outputs, { bias: false });
  const [ones, zeros] = [1, 0].map((value) => op.full(graph, [hidden], value));
  const active = (x: Tensor) => op.gelu(op.normaliseByBatch(x, ones, zeros).normal);
  const point = layer(active(layer(active(layer(features, 0, hidden)), 2, hidden)), 4, bottleneck);
  const directions = graph.parameter(`${prefix}head.last_layer.weight`, [prototypes, bottleneck], normal(0.1));
  return op.gemm(unitRows(point), unitRows(directions), { transB: true });
}

/** Rows at length one. */
const unitRows = (x: Tensor): Tensor => op.div(x, op.sqrt(op.add(op.sum(op.square(x), 1, true), 1e-12)));
