/** Losses, each a scalar: the mean over what counts. */

import type { Tensor } from "../grad/graph.js";
import * as op from "../grad/ops.js";
import { ndarray } from "../tensor/ndarray.js";

export interface CrossEntropyOptions {
  /** Rows with this target do not count. */
  readonly ignore?: number;
  /** Share of the target spread evenly over all classes. */
  readonly smoothing?: number;
}

/** Cross-entropy of `logits` [row, class] and integer `targets` [row] int64, averaged over the rows that count. */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  return negativeLogLikelihood(op.logSoftmax(logits, 1), targets, options);
}

/** The same from log-probabilities [row, class]. */
export function negativeLogLikelihood(
  logProbabilities: Tensor,
  targets: Tensor,
  { ignore, smoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  const { graph } = logProbabilities;
  const classes = logProbabilities.shape[1];
  // A comparison with all classes rather than a gather: its derivative is one product, not a scatter.
  const numbers = graph.constant(
    ndarray(
      "int64",
      [1, classes],
      BigInt64Array.from({ length: classes }, (_, i) => BigInt(i)),
    ),
  );
  const isTarget = op.equal(op.reshape(targets, [-1, 1]), numbers);
  const hot = op.cast(isTarget, "float32");
  const weights = smoothing === 0 ? hot : op.add(op.mul(hot, 1 - smoothing), smoothing / classes);
  const each = op.neg(op.sum(op.mul(logProbabilities, weights), 1));
  if (ignore === undefined) return op.mean(each);
  const counts = op.cast(op.not(op.equal(targets, ignore)), "float32");
  return op.div(op.sum(op.mul(each, counts)), op.sum(counts));
}

/** Share of the rows whose largest logit is the target's. */
export const accuracy = (logits: Tensor, targets: Tensor): Tensor =>
  op.mean(op.cast(op.equal(op.argmax(logits, 1), targets), "float32"));

/** Binary cross-entropy of logits and targets in 0..1, of one shape. */
export function binaryCrossEntropy(logits: Tensor, targets: op.Operand): Tensor {
  // max(x, 0) - x t + log(1 + exp(-|x|)) does not overflow
  const rest = op.log(op.add(op.exp(op.neg(op.abs(logits))), 1));
  return op.mean(op.add(op.sub(op.relu(logits), op.mul(logits, targets)), rest));
}

/** Hinge loss: targets are 1 or -1. */
export const hinge = (scores: Tensor, targets: op.Operand): Tensor =>
  op.mean(op.relu(op.sub(1, op.mul(scores, targets))));

/** Mean squared difference. */
export const meanSquaredError = (a: Tensor, b: op.Operand): Tensor => op.mean(op.square(op.sub(a, b)));

/**
 * The doubly stochastic attention penalty (Xu et al., 2015; paper, appendix B): every exemplar should be looked at once over
 * the whole caption. @param attention [row, step, exemplar], padding included.
 */
export const doublyStochasticPenalty = (attention: Tensor): Tensor =>
  op.mean(op.square(op.sub(1, op.sum(attention, 1))));
