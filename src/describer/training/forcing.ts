/**
 * What the captioner's and the language model's training programs share: sequences laid out step by step, so that the rows
 * of one step lie together, and the prediction of all words of a batch at once.
 */
import type { Graph, Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { dropout, linear } from "../../engine/train/layers.js";
import { negativeLogLikelihood } from "../../engine/train/losses.js";
import type { Vocabulary } from "../../language/vocabulary.js";

/** A batch of token sequences of one length. */
export interface Batch {
  /** Number of tokens, special ones included, and the numbers of `<start>` and `<pad>`. */
  readonly vocabulary: Pick<Vocabulary, "size" | "start" | "pad">;
  /** Sequences. */
  readonly rows: number;
  /** Tokens of each, `<stop>` and `<pad>` included, `<start>` not. */
  readonly steps: number;
  /**
   * Most targets that are not `<pad>` in a batch, at most rows * steps. When given, the program has the further input `places`
   * (see `placesOf`), and the loss weighs the vocabulary there only; most of a batch is `<pad>`.
   */
  readonly words?: number | undefined;
}

/** What a training program computes. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** Scalar; what is made small. */
  readonly loss: Tensor;
  /** log p(token | tokens before it), float32 [row, step, token]. */
  readonly predictions: Tensor;
}

/** Declares the input `targets`, int64 [row, step], and returns the tokens to predict and those before them, both [step, row]. */
export function forced(graph: Graph, { vocabulary, rows, steps }: Batch): { targets: Tensor; previous: Tensor } {
  const targets = op.transpose(graph.input("targets", "int64", [rows, steps]), [1, 0]);
  const first = op.full(graph, [1, rows], vocabulary.start, "int64");
  if (steps === 1) return { targets, previous: first };
  return { targets, previous: op.concat([first, op.slice(targets, 0, 0, -1)], 0) };
}

/** Pieces of `x` [step * row, ...], one a step. */
export const bySteps = (x: Tensor, { rows, steps }: Batch): readonly Tensor[] =>
  op.split(x, new Array<number>(steps).fill(rows), 0);

/**
 * Predicts every token from the hidden states of its step, each [row, hidden]; `name` is the layer to the vocabulary.
 * @returns log-probabilities [row, step, token], and the mean negative log-likelihood of the targets that are not `<pad>`.
 */
export function predicted(
  hiddens: readonly Tensor[],
  targets: Tensor,
  name: string,
  { vocabulary, rows, steps, words }: Batch,
  rate = 0,
): { predictions: Tensor; likelihood: Tensor } {
  const { graph } = targets;
  const states = dropout(op.concat(hiddens, 0), rate);
  const each = op.reshape(targets, [-1]);
  const predict = (x: Tensor) => op.logSoftmax(linear(x, name, vocabulary.size), 1);
  const all = predict(states);
  const predictions = op.transpose(op.reshape(all, [steps, rows, vocabulary.size]), [1, 0, 2]);
  const ignore = vocabulary.pad;
  if (words === undefined) return { predictions, likelihood: negativeLogLikelihood(all, each, { ignore }) };
  const places = graph.input("places", "int64", [words]);
  const there = predict(op.gather(states, places));
  return { predictions, likelihood: negativeLogLikelihood(there, op.gather(each, places), { ignore }) };
}

/**
 * The input `places` for a batch: where the targets are that are not `<pad>`, in the program's order, step by step, filled up
 * with places where they are. Throws when there are more than `words`.
 * @param targets int64 [row, step].
 */
export function placesOf(
  targets: NdArray<"int64">,
  { vocabulary, words = 0 }: Pick<Batch, "vocabulary" | "words">,
): NdArray<"int64"> {
  const [rows, steps] = targets.shape;
  const pad = BigInt(vocabulary.pad);
  const places = Array.from({ length: rows * steps }, (_, place) => place);
  const counts = (place: number) => targets.data[(place % rows) * steps + Math.floor(place / rows)] !== pad;
  const counting = places.filter(counts);
  const rest = places.filter((place) => !counts(place)).slice(0, 1);
  if (counting.length > words)
    throw new Error(`placing the targets: ${counting.length} are not <pad>; expected at most ${words}`);
  const filled = [...counting, ...new Array<number>(words - counting.length).fill(rest[0])];
  return ndarray("int64", [words], BigInt64Array.from(filled, BigInt));
}
