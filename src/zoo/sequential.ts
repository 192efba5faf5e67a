/**
 * The convolutional part of AlexNet, VGG and their like: `features`, a chain of convolutions with ReLU and of max-pooling, whose
 * modules are numbered through as in PyTorch.
 *
 * PyTorch's networks apply ReLU in place, so whoever looks at the module before it sees its output after ReLU. The layers here
 * bear the name of that module (the convolution, or its batch normalisation) and are taken after ReLU as well.
 */
import type { Initial, Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { batchNorm, convolution, dropout, linear } from "../engine/train/layers.js";
import { asLayer } from "./network.js";

export interface ConvolutionStep {
  readonly filters: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly initial?: Initial;
}

/** A convolution with ReLU, or max-pooling over so many pixels, every second one. */
export type Step = ConvolutionStep | { readonly pool: number };

export interface Features {
  readonly layers: Record<string, Tensor>;
  /** What the last step makes. */
  readonly last: Tensor;
}

/** Writes the steps. @param images float32 [n, 3, y, x]. */
export function features(images: Tensor, steps: readonly Step[], { batchNorm: normalises = false } = {}): Features {
  const layers: Record<string, Tensor> = {};
  let x = images;
  let index = 0;
  for (const step of steps) {
    if ("pool" in step) {
      x = op.maxPool(x, step.pool, { stride: 2 });
      index += 1;
      continue;
    }
    const { filters, kernel, ...options } = step;
    x = convolution(x, `features.${index}`, filters, kernel, options);
    if (normalises) x = batchNorm(x, `features.${++index}`);
    x = asLayer(op.relu(x), `features.${index}`);
    layers[`features.${index}`] = x;
    index += 2;
  }
  return { layers, last: x };
}

/** A dense layer of a classifier: numbered, with its first value, and whether dropout comes before it and ReLU after it. */
export interface DenseStep {
  readonly index: number;
  readonly outputs: number;
  readonly drops: boolean;
  readonly initial?: Initial;
}

/** `classifier`: dense layers with ReLU between them, from [n, c, y, x] or [n, c]. Named like the features. */
export function classifier(x: Tensor, steps: readonly DenseStep[], rate: number): Tensor {
  return steps.reduce(
    (before, { index, outputs, drops, initial }, i) => {
      const input = drops ? dropout(before, rate) : before;
      const name = `classifier.${index}`;
      const made = linear(input, name, outputs, initial ? { initial } : {});
      return i === steps.length - 1 ? made : asLayer(op.relu(made), name);
    },
    x.shape.length > 2 ? op.flatten(x) : x,
  );
}
