/** The layers that inference graphs of convolutional networks are made of, with weights taken from a PyTorch state dictionary. */
import { nearest, UserError } from "../base/errors.js";
import type { GraphBuilder, Value } from "../engine/onnx/build.js";
import type { NdArray } from "../engine/tensor/ndarray.js";

/** Weights by PyTorch's names, such as `layer1.0.conv1.weight`. */
export type Weights = ReadonlyMap<string, NdArray>;

/** Activations float32 [image, channel, y, x] somewhere in a network. */
export interface FeatureMap {
  readonly value: Value;
  readonly channels: number;
}

/** Writes layers into a graph; each is named by the prefix of its weights. Errors: `UserError` naming weights that are missing. */
export class Layers {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  has(name: string): boolean {
    return this.#weights.has(`${name}.weight`);
  }

  /** A square convolution; it has a bias if the weights do. */
  convolution(x: Value, name: string, { stride = 1, padding = 0 } = {}): FeatureMap {
    const kernel = this.#find(`${name}.weight`);
    if (kernel.shape.length !== 4) throw wrongShape(`${name}.weight`, kernel, "[out, in, y, x]");
    const bias = this.#weights.has(`${name}.bias`) ? [this.#constant(`${name}.bias`)] : [];
    const value = this.#graph.node("Conv", [x, this.#constant(`${name}.weight`), ...bias], {
      kernel_shape: kernel.shape.slice(2),
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
    return { value, channels: kernel.shape[0] };
  }

  /** Batch normalisation with the stored statistics. */
  batchNorm({ value, channels }: FeatureMap, name: string): FeatureMap {
    const statistics = ["weight", "bias", "running_mean", "running_var"].map((part) => `${name}.${part}`);
    for (const key of statistics) {
      if (this.#find(key).data.length !== channels) throw wrongShape(key, this.#find(key), `[${channels}]`);
    }
    const inputs = statistics.map((key) => this.#constant(key));
    return {
      value: this.#graph.node("BatchNormalization", [value, ...inputs], { epsilon: { float: 1e-5 } }),
      channels,
    };
  }

  relu({ value, channels }: FeatureMap): FeatureMap {
    return { value: this.#graph.node("Relu", [value]), channels };
  }

  /** Pooling by the maximum over 3x3 windows, every second one. */
  maxPool(x: Value, padding = 0): Value {
    const pads = [padding, padding, padding, padding];
    return this.#graph.node("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads });
  }

  add(a: FeatureMap, b: FeatureMap): FeatureMap {
    return { value: this.#graph.node("Add", [a.value, b.value]), channels: a.channels };
  }

  /** A dense layer on float32 [image, input]. */
  linear(x: Value, name: string): Value {
    return this.#graph.node("Gemm", [x, this.#constant(`${name}.weight`), this.#constant(`${name}.bias`)], {
      transB: 1,
    });
  }

  #find(key: string): NdArray {
    const array = this.#weights.get(key);
    if (array) return array;
    const known = nearest(key, this.#weights.keys(), 3);
    const got = known.length > 0 ? `the nearest are ${known.join(", ")}` : "there are none";
    throw new UserError(`building the network: weights \`${key}\` are missing; expected them, ${got}`);
  }

  #constant(key: string): Value {
    return this.#graph.constant(this.#find(key), key);
  }
}

function wrongShape(key: string, array: NdArray, expected: string): UserError {
  return new UserError(`building the network: weights \`${key}\` have shape [${array.shape}]; expected ${expected}`);
}
