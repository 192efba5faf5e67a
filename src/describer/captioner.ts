/**
 * The captioner p(d | E) of the paper (section 3.2, appendix on its implementation): an LSTM that, before each word,
 * attends over the k exemplars' features with its state, gates what it sees, and reads it together with the last word.
 *
 * Cost per step at the paper's sizes (features 3904, hidden 512, vocabulary 5000): 11.5 million multiply-adds for every
 * distinct state continued, 2.6 million for every continuation. Attention keys are projected once per unit, and embeddings
 * are folded into a table of gate contributions when the graph is opened.
 */
import { UserError } from "../base/errors.js";
import type { Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { beginGraph, type CaptionerSizes, sizesOf, stepGraph } from "./captioner-graphs.js";
import { generation, origin, type Prefix, rowsOf } from "./prefix.js";
import { openGraph, type Weights } from "./recurrent.js";
import { Scratch } from "./scratch.js";

export type { CaptionerSizes } from "./captioner-graphs.js";

/** A batch of units, ready to be captioned. */
export interface Exemplars {
  /** float32 [unit, exemplar, feature]. */
  readonly features: NdArray<"float32">;
  /** Projected attention keys, float32 [unit, exemplar, attention]. */
  readonly keys: NdArray<"float32">;
  /** The state of each unit before `<start>`. */
  readonly origins: readonly Prefix[];
  /** What each step overwrites: states before and after it, and log-probabilities. */
  readonly scratch: { readonly before: Scratch; readonly after: Scratch; readonly logp: Scratch };
}

/** The beginning of a caption of one unit. */
export interface CaptionPrefix extends Prefix {
  /** Index of its unit in the batch. */
  readonly unit: number;
  /** Weights over the exemplars with which the **next** token is predicted: float32 [exemplar]. Set by a step. */
  attention: Float32Array;
}

/** A loaded captioner. Close it when done. */
export class Captioner {
  readonly sizes: CaptionerSizes;
  readonly #begin: Session;
  readonly #step: Session;

  private constructor(sizes: CaptionerSizes, begin: Session, step: Session) {
    this.sizes = sizes;
    this.#begin = begin;
    this.#step = step;
  }

  /** Builds the graphs from the reference's parameters. Throws `UserError` when one is missing or has a wrong shape. */
  static async open(weights: Weights, options: SessionOptions = {}): Promise<Captioner> {
    const sizes = sizesOf(weights);
    const begin = await openGraph(beginGraph(weights, sizes), options, "the captioner's first graph");
    const step = await openGraph(stepGraph(weights, sizes), options, "the captioner's step graph");
    return new Captioner(sizes, begin, step);
  }

  /**
   * Projects the keys and computes the initial states.
   * @param features float32 [unit, exemplar, feature].
   */
  async begin(features: NdArray<"float32">): Promise<Exemplars> {
    const { feature } = this.sizes;
    if (features.shape.length !== 3 || features.shape[2] !== feature || features.shape[1] === 0) {
      throw new UserError(
        `describing: features of the wrong shape; expected [units, exemplars, ${feature}], got [${features.shape}]; use the encoder the describer was trained with`,
      );
    }
    const { keys, state } = await this.#begin.run({ features });
    const origins = rowsOf(state.data as Float32Array, features.shape[0]).map(origin);
    const scratch = { before: new Scratch(), after: new Scratch(), logp: new Scratch() };
    return { features, keys: keys as NdArray<"float32">, origins, scratch };
  }

  /**
   * Reads the last token of every prefix: sets `state` and `attention` of each.
   * @param prefixes in any order; prefixes with the same `previous` share its cost.
   * @returns log p(next token | prefix, E), float32 [prefix, vocabulary], valid until the next step of the batch.
   */
  async step(exemplars: Exemplars, prefixes: readonly CaptionPrefix[]): Promise<Float32Array> {
    const { hidden, vocabulary } = this.sizes;
    const { features, keys, scratch } = exemplars;
    const { firsts, states, parents, tokens } = generation(prefixes, 2 * hidden, scratch.before);
    const count = prefixes.length;
    const outputs = {
      logp: ndarray("float32", [count, vocabulary], scratch.logp.take(count * vocabulary)),
      state: ndarray("float32", [count, 2 * hidden], scratch.after.take(count * 2 * hidden)),
      attention: ndarray(
        "float32",
        [firsts.length, features.shape[1]],
        new Float32Array(firsts.length * features.shape[1]),
      ),
    };
    await this.#step.run(
      {
        features,
        keys,
        states: ndarray("float32", [firsts.length, 2 * hidden], states),
        ...placement(firsts, features.shape[0]),
        parents: ndarray("int64", [count], parents),
        tokens: ndarray("int64", [count], tokens),
      },
      outputs,
    );
    const attentions = rowsOf(outputs.attention.data, firsts.length);
    const after = rowsOf(outputs.state.data, count);
    prefixes.forEach((prefix, child) => {
      prefix.state = after[child];
      prefix.attention = attentions[Number(parents[child])];
    });
    return outputs.logp.data;
  }

  async close(): Promise<void> {
    await this.#begin.close();
    await this.#step.close();
  }
}

/**
 * Where parents sit in a grid [unit, width]: features are large, so each unit's are multiplied in place by the attention
 * weights of all its parents, instead of being copied for each.
 */
function placement(firsts: readonly CaptionPrefix[], units: number): Record<string, NdArray> {
  const counts = new Array<number>(units).fill(0);
  const columns = firsts.map(({ unit }) => counts[unit]++);
  const width = Math.max(...counts);
  const grid = new BigInt64Array(units * width); // places without a parent repeat parent 0; nothing reads the result
  const places = new BigInt64Array(firsts.length);
  firsts.forEach(({ unit }, parent) => {
    const place = unit * width + columns[parent];
    grid[place] = BigInt(parent);
    places[parent] = BigInt(place);
  });
  return {
    units: ndarray(
      "int64",
      [firsts.length],
      BigInt64Array.from(firsts, ({ unit }) => BigInt(unit)),
    ),
    grid: ndarray("int64", [units, width], grid),
    places: ndarray("int64", [firsts.length], places),
  };
}
