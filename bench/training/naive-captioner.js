/** The captioner's training program written down as the paper states it, everything anew at every step: what `captioner.js` compares with. */
import { Graph } from "../../dist/engine/grad/graph.js";
import * as op from "../../dist/engine/grad/ops.js";
import { dropout, embedding, linear, lstmCell } from "../../dist/engine/train/layers.js";
import { doublyStochasticPenalty, negativeLogLikelihood } from "../../dist/engine/train/losses.js";

/**
 * The same parameters and loss as `captionerGraph`, for batches that have a word in every step. The features are as many inputs
 * as there are steps (`feedsOf`), or else ONNX Runtime would find that the keys are the same at every step.
 */
export function naiveCaptioner({ vocabulary, rows, steps, exemplars, feature, ...rest }) {
  const { embedding: embedded = 128, hidden = 512, attention = Math.min(hidden, feature), dropout: rate = 0.5 } = rest;
  const graph = new Graph({ training: true });
  const inputs = Array.from({ length: steps }, (_, step) =>
    graph.input(`features${step}`, "float32", [rows, exemplars, feature]),
  );
  const targets = graph.input("targets", "int64", [rows, steps]);
  const mean = op.mean(inputs[0], 1);
  let state = { h: op.tanh(linear(mean, "init_h.0", hidden)), c: op.tanh(linear(mean, "init_c.0", hidden)) };
  let previous = op.full(graph, [rows], vocabulary.start, "int64");
  const predictions = [];
  const attentions = [];
  for (const [step, features] of inputs.entries()) {
    const query = op.reshape(linear(state.h, "attend.query_to_hidden", attention), [rows, 1, attention]);
    const near = op.tanh(op.add(query, linear(features, "attend.key_to_hidden", attention)));
    const weights = op.softmax(linear(near, "attend.output.0", 1), 1); // [row, exemplar, 1]
    const gate = op.sigmoid(linear(state.h, "feature_gate.0", feature));
    const gated = op.mul(op.sum(op.mul(weights, features), 1), gate);
    const word = embedding(previous, "embedding", vocabulary.size, embedded);
    state = lstmCell(op.concat([word, gated], 1), state, "lstm");
    const logits = linear(dropout(state.h, rate), "output.1", vocabulary.size);
    predictions.push(op.reshape(op.logSoftmax(logits, 1), [rows, 1, vocabulary.size]));
    attentions.push(op.reshape(weights, [rows, 1, exemplars]));
    previous = op.reshape(op.slice(targets, 1, step, step + 1), [rows]);
  }
  const logp = op.reshape(op.concat(predictions, 1), [rows * steps, vocabulary.size]);
  const likelihood = negativeLogLikelihood(logp, op.reshape(targets, [-1]), { ignore: vocabulary.pad });
  return { graph, loss: op.add(likelihood, doublyStochasticPenalty(op.concat(attentions, 1))) };
}

/** The feeds of a batch. */
export function feedsOf({ features, targets }) {
  const [, steps] = targets.shape;
  const same = Array.from({ length: steps }, (_, step) => [`features${step}`, features]);
  return { targets, ...Object.fromEntries(same) };
}
