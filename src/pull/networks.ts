/** Networks of the zoo from torchvision's weights, as ONNX files that run anywhere. */
import type { Tensor } from "../engine/grad/graph.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import type { NdArray } from "../engine/tensor/ndarray.js";
import { alexnet } from "../zoo/alexnet.js";
import { inferenceModel } from "../zoo/inference.js";
import type { Network } from "../zoo/network.js";
import { type ResnetDepth, resnet } from "../zoo/resnet.js";
import type { State } from "../zoo/state.js";
import { type VggDepth, vgg } from "../zoo/vgg.js";
import { fromTorchvision, VIT_B16, vit } from "../zoo/vit.js";

const SIDE = 224;

const BUILDERS: Readonly<Record<string, (images: Tensor) => Network>> = {
  alexnet: (images) => alexnet(images),
  ...Object.fromEntries(
    ([18, 34, 50, 101, 152] as ResnetDepth[]).map((depth) => [
      `resnet${depth}`,
      (images: Tensor) => resnet(images, { depth }),
    ]),
  ),
  ...Object.fromEntries(
    ([11, 13, 16, 19] as VggDepth[]).map((depth) => [`vgg${depth}`, (images: Tensor) => vgg(images, { depth })]),
  ),
  vit_b_16: (images) => vit(images, VIT_B16),
};

/** Names of networks that can be built. */
export const BUILDABLE = Object.keys(BUILDERS);

/**
 * Builds a network with its weights: `images` float32 [batch, 3, 224, 224], normalised as ImageNet's; `logits` float32 [batch, 1000].
 * Errors: `UserError` listing weights that are missing or of another shape.
 */
export function networkOf(name: string, weights: ReadonlyMap<string, NdArray>): OnnxModel {
  const values: State = name.startsWith("vit") ? fromTorchvision(weights) : weights;
  return inferenceModel(({ images }) => ({ logits: BUILDERS[name](images).logits }), values, {
    inputs: { images: { shape: [1, 3, SIDE, SIDE] } },
    name,
  });
}
