/**
 * The captioner (paper, section 3.2 and appendix B) as a program to be trained: teacher-forced, unrolled over the steps of a
 * batch. Only what depends on the state is computed step by step; the keys of the attention, the embedded words' share of
 * the gates, and the vocabulary are each one product over the whole batch.
 *
 * Cost of the loss and all gradients at the paper's sizes, 64 captions of 15 steps: 45 thousand million multiply-adds, half of
 * them the gates reading 3,904 features; 41 thousand million when the vocabulary is weighed at the places of 384 words only.
 */
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { embedding, type LstmState, linear, lstmGates } from "../../engine/train/layers.js";
import { doublyStochasticPenalty } from "../../engine/train/losses.js";
import { fanIn } from "../../engine/train/parameters.js";
import { type Batch, bySteps, forced, predicted, type TrainingGraph } from "./forcing.js";

export interface CaptionerBatch extends Batch {
  /** Exemplars of each row, and features of each exemplar. */
  readonly exemplars: number;
  readonly feature: number;
  /** Size of the word embedding; default 128. */
  readonly embedding?: number;
  /** Size of the state; default 512. */
  readonly hidden?: number;
  /** Size of the attention's hidden layer; default as the state, but no larger than the features. */
  readonly attention?: number;
  /** Share of the hidden units dropped before the vocabulary, in training; default 0.5. */
  readonly dropout?: number;
  /** Weight of the penalty on attention; default 1. */
  readonly penalty?: number;
  /** Whether units are dropped; default yes. */
  readonly training?: boolean;
}

export interface CaptionerGraph extends TrainingGraph {
  /** Mean negative log-likelihood of the words: the loss without the penalty on attention, as used for validation. */
  readonly likelihood: Tensor;
  /** Weights over the exemplars with which each token was predicted, float32 [row, step, exemplar]. */
  readonly attention: Tensor;
}

/**
 * Inputs: `features` float32 [row, exemplar, feature]; `targets` int64 [row, step], without `<start>`, with `<stop>`, filled
 * up with `<pad>`; in training with dropout also `seed`, uint32. The loss is the mean negative log-likelihood of the targets
 * that are not `<pad>`, plus the doubly stochastic penalty, whose sum runs over all steps of the batch: steps in which every
 * row has `<pad>` do not count, so that the loss of a batch does not depend on the length it is padded to.
 */
export function captionerGraph(batch: CaptionerBatch): CaptionerGraph {
  const { rows, steps, exemplars, feature, vocabulary, hidden = 512, training = true, dropout = 0.5 } = batch;
  const graph = new Graph({ training });
  const features = graph.input("features", "float32", [rows, exemplars, feature]);
  const { targets, previous } = forced(graph, batch);

  const attend = attention(features, batch.attention ?? Math.min(hidden, feature));
  const mean = op.mean(features, 1);
  const first = (name: string) => op.tanh(linear(mean, name, hidden));
  let state: LstmState = { h: first("init_h.0"), c: first("init_c.0") };

  const embedded = embedding(op.reshape(previous, [-1]), "embedding", vocabulary.size, batch.embedding ?? 128);
  const cell = gates(graph, { embedded: embedded.shape[1], feature, hidden });
  const fromTokens = bySteps(cell.fromTokens(embedded), batch);
  const attentions: Tensor[] = [];
  const hiddens = fromTokens.map((fromToken) => {
    const { weights, seen } = attend(state.h);
    attentions.push(weights);
    const gate = op.sigmoid(linear(state.h, "feature_gate.0", feature));
    state = lstmGates(cell.add(fromToken, op.mul(gate, seen), state.h), state.c);
    return state.h;
  });

  const { predictions, likelihood } = predicted(hiddens, targets, "output.1", batch, dropout);
  const looked = op.transpose(op.reshape(op.concat(attentions, 0), [steps, rows, exemplars]), [1, 0, 2]);
  const counts = op.max(op.cast(op.not(op.equal(targets, vocabulary.pad)), "float32"), 1); // [step]
  const penalty = doublyStochasticPenalty(op.mul(looked, op.reshape(counts, [1, -1, 1])));
  const loss = op.add(likelihood, op.mul(penalty, batch.penalty ?? 1));
  return { graph, loss, likelihood, predictions, attention: looked };
}

/** From the state, weights over a row's exemplars, softmax(w tanh(query + key)), and the sum of the features so weighted. */
function attention(features: Tensor, size: number) {
  const { graph } = features;
  const [rows, exemplars, feature] = features.shape;
  const keys = linear(features, "attend.key_to_hidden", size);
  const score = graph.parameter("attend.output.0.weight", [1, size], fanIn(size));
  graph.parameter("attend.output.0.bias", [1], fanIn(size)); // the softmax is blind to it
  return (h: Tensor) => {
    const query = op.reshape(linear(h, "attend.query_to_hidden", size), [rows, 1, size]);
    const near = op.reshape(op.tanh(op.add(query, keys)), [rows * exemplars, size]);
    const weights = op.softmax(op.reshape(op.gemm(near, score, { transB: true }), [rows, exemplars]));
    const seen = op.matmul(op.reshape(weights, [rows, 1, exemplars]), features);
    return { weights, seen: op.reshape(seen, [rows, feature]) };
  };
}

/** The parameters `lstm.*` of a PyTorch LSTM cell that reads a word and what is seen, and the pre-activations of its gates. */
function gates(graph: Graph, sizes: { embedded: number; feature: number; hidden: number }) {
  const { embedded, feature, hidden } = sizes;
  const parameter = (part: string, shape: number[]) => graph.parameter(`lstm.${part}`, shape, fanIn(hidden));
  const reads = parameter("weight_ih", [4 * hidden, embedded + feature]);
  const recurrent = parameter("weight_hh", [4 * hidden, hidden]);
  const bias = op.add(parameter("bias_ih", [4 * hidden]), parameter("bias_hh", [4 * hidden]));
  const [readsToken, readsFeature] = op.split(reads, [embedded, feature], 1);
  return {
    fromTokens: (x: Tensor) => op.gemm(x, readsToken, { transB: true, bias }),
    add: (fromToken: Tensor, gated: Tensor, h: Tensor) => {
      const fromState = op.gemm(h, recurrent, { transB: true, bias: fromToken });
      return op.gemm(gated, readsFeature, { transB: true, bias: fromState });
    },
  };
}
