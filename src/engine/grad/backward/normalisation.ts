/** Derivatives of normalisations. */
import type { Tensor } from "../graph.js";
import type { Operator } from "../operators.js";
import * as op from "../ops.js";
import type { Backward } from "./rule.js";

export const normalisation = {
  // with given statistics: every channel is scaled and shifted, y = (x - mean) s k + bias, s = 1 / sqrt(variance + epsilon)
  BatchNormalization: ({ gradient: g, inputs: [x, scale, , average, variance], attributes: { epsilon } }) => {
    const perChannel = [1, -1, ...x.shape.slice(2).map(() => 1)];
    const others = [...x.shape.keys()].filter((axis) => axis !== 1);
    const inverse = op.reciprocal(op.sqrt(op.add(variance, epsilon)));
    const centred = op.sub(x, op.reshape(average, perChannel));
    const total = op.sum(g, others);
    const product = op.sum(op.mul(g, centred), others);
    const slope = op.mul(scale, inverse);
    const forVariance = op.mul(op.mul(product, slope), op.mul(op.square(inverse), -0.5));
    return [
      op.mul(g, op.reshape(slope, perChannel)),
      op.mul(product, inverse),
      total,
      op.neg(op.mul(total, slope)),
      forVariance,
    ];
  },
  // Three passes over the image's size for the gradient: a dy + b x + c, with a, b, c per channel. The mean and the variance are
  // functions of x themselves: what reaches them is spread evenly, and along x - mean.
  NormaliseBatch: ({
    gradient: g,
    gradients,
    inputs: [x, scale],
    outputs: [, mean, variance],
    attributes: { epsilon },
  }) => {
    const perChannel = [1, -1, ...x.shape.slice(2).map(() => 1)];
    const others = [...x.shape.keys()].filter((axis) => axis !== 1);
    const share = 1 / others.reduce((count, axis) => count * x.shape[axis], 1);
    const inverse = op.reciprocal(op.sqrt(op.add(variance, epsilon)));
    const total = op.sum(g, others);
    const forScale = op.mul(inverse, op.sub(op.sum(op.mul(g, x), others), op.mul(mean, total)));
    const slope = op.mul(scale, inverse);
    let b = op.neg(op.mul(op.mul(slope, inverse), op.mul(forScale, share)));
    let c = op.neg(op.add(op.mul(op.mul(slope, total), share), op.mul(b, mean)));
    const [, toMean, toVariance] = gradients;
    if (toVariance) {
      const more = op.mul(toVariance, 2 * share);
      b = op.add(b, more);
      c = op.sub(c, op.mul(more, mean));
    }
    if (toMean) c = op.add(c, op.mul(toMean, share));
    const wide = (perUnit: Tensor) => op.reshape(perUnit, perChannel);
    return [op.add(op.mul(g, wide(slope)), op.add(op.mul(x, wide(b)), wide(c))), forScale, total];
  },
  LayerNormalization: ({ gradient: g, inputs: [x, scale], attributes: { axis, epsilon } }) => {
    const inner = [...x.shape.keys()].slice(axis);
    const outer = [...x.shape.keys()].slice(0, axis);
    const centred = op.sub(x, op.mean(x, inner, true));
    const inverse = op.reciprocal(op.sqrt(op.add(op.mean(op.square(centred), inner, true), epsilon)));
    const normal = op.mul(centred, inverse);
    const scaled = op.mul(g, scale);
    const along = op.mul(normal, op.mean(op.mul(scaled, normal), inner, true));
    const forX = op.mul(inverse, op.sub(op.sub(scaled, op.mean(scaled, inner, true)), along));
    return [forX, op.sum(op.mul(g, normal), outer), op.sum(g, outer)];
  },
} satisfies Partial<{ [O in Operator]: Backward<O> }>;
