/**
 * DCGAN (Radford et al., 2016), generator and discriminator, under the names of PyTorch's example. Layers are taken after their
 * activation and named after the module before it, which PyTorch's in-place activations overwrite.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { batchNorm, convolution, transposedConvolution } from "../engine/train/layers.js";
import { normal } from "../engine/train/parameters.js";
import type { Generator } from "./biggan-generator.js";
import { asLayer, type Network } from "./network.js";

export interface DcganOptions {
  /** Side of the images in pixels. */
  readonly size: 32 | 64;
  /** Channels next to the image; they double with every halving of the size. Default 64. */
  readonly width?: number;
  /** Before all names, such as "G.", where two networks share a graph. */
  readonly prefix?: string;
}

const COMMON = { bias: false, initial: normal(0.02) } as const;
const HALVING = { ...COMMON, stride: 2, padding: 1 } as const;

/** Channels of the maps between image and 4x4, largest maps first. */
const channelsOf = ({ size, width = 64 }: DcganOptions) =>
  Array.from({ length: Math.log2(size) - 2 }, (_, i) => width * 2 ** i);

/** @param latents float32 [n, latent], standard normal. */
export function dcganGenerator(latents: Tensor, options: DcganOptions): Generator {
  const { prefix = "" } = options;
  const layers: Record<string, Tensor> = {};
  let x = op.reshape(latents, [-1, latents.shape[1], 1, 1]);
  let index = 0;
  for (const filters of channelsOf(options).reverse()) {
    const window = index === 0 ? COMMON : HALVING;
    const made = transposedConvolution(x, `${prefix}main.${index}`, filters, 4, window);
    const name = `main.${index + 1}`;
    x = asLayer(op.relu(batchNorm(made, `${prefix}${name}`)), `${prefix}${name}`);
    layers[name] = x;
    index += 3;
  }
  return { layers, images: op.tanh(transposedConvolution(x, `${prefix}main.${index}`, 3, 4, HALVING)) };
}

/**
 * @param images float32 [n, 3, y, x] in -1..1.
 * @returns as logits those of being an image rather than a fake, float32 [n].
 */
export function dcganDiscriminator(images: Tensor, options: DcganOptions): Network {
  const { prefix = "" } = options;
  const layers: Record<string, Tensor> = {};
  let x = images;
  let index = 0;
  for (const filters of channelsOf(options)) {
    let name = `main.${index}`;
    x = convolution(x, `${prefix}${name}`, filters, 4, HALVING);
    if (index > 0) {
      name = `main.${++index}`;
      x = batchNorm(x, `${prefix}${name}`);
    }
    x = asLayer(op.leakyRelu(x, 0.2), `${prefix}${name}`);
    layers[name] = x;
    index += 2;
  }
  return { layers, logits: op.reshape(convolution(x, `${prefix}main.${index}`, 1, 4, COMMON), [-1]) };
}
