/**
 * The language model p(d) of the paper (section 3.2): a stacked LSTM over words alone, trained on the same descriptions.
 * Reading a token and predicting the next one are two graphs, because sequences are read level by level of their prefix
 * tree (few rows at a time), whereas the predictions, half of the cost, can be made for all prefixes at once.
 *
 * Cost per distinct prefix at the paper's sizes: 3.6 million multiply-adds, plus 2.1 million if it is continued.
 */
import { GraphBuilder } from "../engine/onnx/build.js";
import type { Session, SessionOptions } from "../engine/runtime/session.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { generation, origin, type Prefix, rowsOf } from "./prefix.js";
import { columns, layer, linear, lstmCell, openGraph, rows, take, type Weights } from "./recurrent.js";
import { Scratch } from "./scratch.js";

/** Sizes read off the weights. `vocabulary` includes the special tokens. */
export interface LanguageModelSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly vocabulary: number;
}

/** A loaded language model. Close it when done. */
export class LanguageModel {
  readonly sizes: LanguageModelSizes;
  readonly #read: Session;
  readonly #predict: Session;

  private constructor(sizes: LanguageModelSizes, read: Session, predict: Session) {
    this.sizes = sizes;
    this.#read = read;
    this.#predict = predict;
  }

  /** Builds the graphs from the reference's parameters (un-prefixed). Throws `UserError` as `take` does. */
  static async open(weights: Weights, options: SessionOptions = {}): Promise<LanguageModel> {
    const sizes = sizesOf(weights);
    const read = await openGraph(readGraph(weights, sizes), options, "the language model's first graph");
    const predict = await openGraph(predictGraph(weights, sizes), options, "the language model's second graph");
    return new LanguageModel(sizes, read, predict);
  }

  /** Length of a state: hidden and cell state of every layer. */
  get stateSize(): number {
    return 2 * this.sizes.layers * this.sizes.hidden;
  }

  /** The prefix before `<start>`: all states zero. */
  origin(): Prefix {
    return origin(new Float32Array(this.stateSize));
  }

  /** Reads the last token of every prefix and sets its `state`, which stays valid. */
  async read(prefixes: readonly Prefix[]): Promise<void> {
    const size = this.stateSize;
    const { firsts, states, parents, tokens } = generation(prefixes, size, new Scratch());
    const { state } = await this.#read.run({
      states: ndarray("float32", [firsts.length, size], states),
      parents: ndarray("int64", [prefixes.length], parents),
      tokens: ndarray("int64", [prefixes.length], tokens),
    });
    const after = rowsOf(state.data as Float32Array, prefixes.length);
    prefixes.forEach((prefix, row) => {
      prefix.state = after[row];
    });
  }

  /** log p(next token | prefix) of prefixes that have been read: float32 [prefix, vocabulary], in the memory of `scratch`. */
  async predict(prefixes: readonly Prefix[], scratch = new Scratch()): Promise<Float32Array> {
    const { hidden, vocabulary } = this.sizes;
    const tops = new Float32Array(prefixes.length * hidden);
    prefixes.forEach(({ state }, row) => {
      tops.set(state.subarray(state.length - 2 * hidden, state.length - hidden), row * hidden);
    });
    const logp = scratch.take(prefixes.length * vocabulary);
    await this.#predict.run(
      { top: ndarray("float32", [prefixes.length, hidden], tops) },
      { logp: ndarray("float32", [prefixes.length, vocabulary], logp) },
    );
    return logp;
  }

  async close(): Promise<void> {
    await this.#read.close();
    await this.#predict.close();
  }
}

function sizesOf(weights: Weights): LanguageModelSizes {
  const [vocabulary, embedding] = take(weights, "embedding.weight", [-1, -1]).shape;
  const [, hidden] = take(weights, "lstm.weight_hh_l0", [-1, -1]).shape;
  let layers = 1;
  while (weights.has(`lstm.weight_ih_l${layers}`)) layers++;
  return { layers, hidden, embedding, vocabulary };
}

/** Parents' states (h, c of each layer, bottom first) and children's tokens -> children's states. */
function readGraph(weights: Weights, { layers, hidden, embedding, vocabulary }: LanguageModelSizes): GraphBuilder {
  const g = new GraphBuilder("language-model-read");
  const constant = (name: string, shape: number[]) => g.constant(take(weights, name, shape), name);
  const states = g.input("states", "float32", ["parents", 2 * layers * hidden]);
  const before = columns(g, states, new Array(2 * layers).fill(hidden));
  const parents = g.input("parents", "int64", ["children"]);
  const tokens = g.input("tokens", "int64", ["children"]);
  const after: string[] = [];
  for (let k = 0; k < layers; k++) {
    const bias = g.node("Add", [
      constant(`lstm.bias_ih_l${k}`, [4 * hidden]),
      constant(`lstm.bias_hh_l${k}`, [4 * hidden]),
    ]);
    const recurrent = linear(g, before[2 * k], constant(`lstm.weight_hh_l${k}`, [4 * hidden, hidden]), bias);
    const reads = constant(`lstm.weight_ih_l${k}`, [4 * hidden, k === 0 ? embedding : hidden]);
    const input =
      k === 0
        ? rows(g, linear(g, constant("embedding.weight", [vocabulary, embedding]), reads), tokens) // table: folded
        : linear(g, after[2 * k - 2], reads);
    const gates = g.node("Add", [rows(g, recurrent, parents), input]);
    const { h, c } = lstmCell(g, gates, rows(g, before[2 * k + 1], parents), hidden);
    after.push(h, c);
  }
  g.output(g.node("Concat", after, { axis: 1 }), "state", "float32", ["children", 2 * layers * hidden]);
  return g;
}

/** Hidden states of the top layer -> next-token log-probabilities. */
function predictGraph(weights: Weights, { hidden, vocabulary }: LanguageModelSizes): GraphBuilder {
  const g = new GraphBuilder("language-model-predict");
  const top = g.input("top", "float32", ["rows", hidden]);
  const logits = layer(g, weights, "output.0", top, hidden, vocabulary);
  g.output(g.node("LogSoftmax", [logits], { axis: 1 }), "logp", "float32", ["rows", vocabulary]);
  return g;
}
