/**
 * The language model p(d) (paper, section 3.2 and appendix B) as a program to be trained: stacked LSTMs, unrolled over the
 * steps of a batch layer by layer, so that what a layer reads from below is one product over the whole batch.
 *
 * Cost of the loss and all gradients at the paper's sizes, 128 captions of 15 steps: 34 thousand million multiply-adds, of them
 * 15 thousand million the vocabulary, which weighed at the places of words only falls to a third.
 */
import type { Random } from "../../base/random.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { dropout, embedding, type LstmState, lstmGates } from "../../engine/train/layers.js";
import { fanIn, initialise } from "../../engine/train/parameters.js";
import type { ParameterValues } from "../../engine/train/program.js";
import type { Vocabulary } from "../../language/vocabulary.js";
import { type Batch, bySteps, forced, predicted, type TrainingGraph } from "./forcing.js";

export interface LanguageModelBatch extends Batch {
  /** Size of the word embedding; default 128. */
  readonly embedding?: number;
  /** Size of each layer's state; default 512. */
  readonly hidden?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Share of the units dropped between layers, in training; default 0.5. */
  readonly dropout?: number;
  /** Whether units are dropped; default yes. */
  readonly training?: boolean;
}

/**
 * Inputs: `targets` int64 [row, step], without `<start>`, with `<stop>`, filled up with `<pad>`; in training with dropout also
 * `seed`, uint32. The loss is the mean negative log-likelihood of the targets that are not `<pad>`. A `<pad>` is only ever
 * read behind all targets that count, so its embedding has no gradient.
 */
export function languageModelGraph(batch: LanguageModelBatch): TrainingGraph {
  const { vocabulary, hidden = 512, layers = 2, dropout: rate = 0.5, training = true } = batch;
  const graph = new Graph({ training });
  const { targets, previous } = forced(graph, batch);
  let reads = embedding(op.reshape(previous, [-1]), "embedding", vocabulary.size, batch.embedding ?? 128);
  let hiddens: readonly Tensor[] = [];
  for (let k = 0; k < layers; k++) {
    if (k > 0) reads = dropout(op.concat(hiddens, 0), rate);
    hiddens = layer(reads, k, hidden, batch);
  }
  const { predictions, likelihood } = predicted(hiddens, targets, "output.0", batch);
  return { graph, loss: likelihood, predictions };
}

/** Layer `k`: its inputs [step * row, in] to its hidden states, one [row, hidden] a step. PyTorch's names. */
function layer(x: Tensor, k: number, hidden: number, batch: Batch): Tensor[] {
  const { graph } = x;
  const parameter = (part: string, shape: number[]) => graph.parameter(`lstm.${part}_l${k}`, shape, fanIn(hidden));
  const reads = parameter("weight_ih", [4 * hidden, x.shape[1]]);
  const recurrent = parameter("weight_hh", [4 * hidden, hidden]);
  const bias = op.add(parameter("bias_ih", [4 * hidden]), parameter("bias_hh", [4 * hidden]));
  let state: LstmState | undefined;
  return bySteps(op.gemm(x, reads, { transB: true, bias }), batch).map((fromBelow) => {
    // the first state is zero, and the recurrent weights read nothing
    const gates = state ? op.gemm(state.h, recurrent, { transB: true, bias: fromBelow }) : fromBelow;
    state = lstmGates(gates, state?.c ?? op.full(graph, [batch.rows, hidden]));
    return state.h;
  });
}

/** PyTorch's first values: the embedding of `<pad>` is zero, and as it has no gradient stays so. */
export function firstLanguageModelValues(
  { parameters }: Graph,
  { pad }: Pick<Vocabulary, "pad">,
  random: Random,
): ParameterValues {
  const values = initialise(parameters, random);
  const { data, shape } = values.get("embedding.weight")!;
  data.fill(0, pad * shape[1], (pad + 1) * shape[1]);
  return values;
}
