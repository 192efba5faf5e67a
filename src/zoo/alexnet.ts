/**
 * AlexNet (Krizhevsky, 2014) as torchvision defines it: its convolutional part, for inference with given weights.
 *
 * PyTorch's applies ReLU in place, so whoever looks at a convolution there sees its output after ReLU; the maps here
 * are named after the convolutions and taken after ReLU as well.
 */
import type { GraphBuilder, Value } from "../engine/onnx/build.js";
import { type FeatureMap, Layers, type Weights } from "./layers.js";

export interface Alexnet {
  readonly "features.0": FeatureMap;
  readonly "features.3": FeatureMap;
  readonly "features.6": FeatureMap;
  readonly "features.8": FeatureMap;
  readonly "features.10": FeatureMap;
}

/**
 * Writes the convolutional part of AlexNet into a graph.
 * @param images float32 [image, 3, y, x], normalised as in training, at least 63 pixels each way.
 * @param weights under torchvision's names. Errors: `UserError` naming those that are missing.
 */
export function alexnet(g: GraphBuilder, images: Value, weights: Weights): Alexnet {
  const layers = new Layers(g, weights);
  const step = (x: Value, index: number, options: object) =>
    layers.relu(layers.convolution(x, `features.${index}`, options));
  const first = step(images, 0, { stride: 4, padding: 2 });
  const second = step(layers.maxPool(first.value), 3, { padding: 2 });
  const third = step(layers.maxPool(second.value), 6, { padding: 1 });
  const fourth = step(third.value, 8, { padding: 1 });
  const fifth = step(fourth.value, 10, { padding: 1 });
  return {
    "features.0": first,
    "features.3": second,
    "features.6": third,
    "features.8": fourth,
    "features.10": fifth,
  };
}
