/**
 * The discriminator to `biggan-generator.ts`: residual blocks, spectral normalisation throughout, and a projection of the image's
 * features onto its class (Miyato & Koyama, 2018). For the hinge loss: scores of images above 1, of fakes below -1.
 *
 * Layers: `blocks.0`, `blocks.1`, ..., each block's output.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import type { BigganOptions } from "./biggan-generator.js";
import { asLayer, type Network } from "./network.js";
import { spectralConvolution, spectralEmbedding, spectralLinear } from "./spectral-norm.js";

/** Each block's channels over the width, and whether it halves the size. */
const BLOCKS = {
  32: [
    [4, true],
    [4, true],
    [4, false],
    [4, false],
  ],
  64: [
    [1, true],
    [2, true],
    [4, true],
    [8, true],
    [16, false],
  ],
} as const;
const TAPERED = {
  32: [
    [2, true],
    [4, true],
    [8, true],
    [8, false],
  ],
  64: BLOCKS[64],
} as const;

export interface DiscriminatorOptions extends BigganOptions {
  /** What others have made of the images, [n, c, y, x] each: read beside the output of the first block that has their size. */
  readonly beside?: readonly Tensor[];
}

/**
 * @param images float32 [n, 3, y, x] in -1..1.
 * @param labels int64 [n], 0 to classes - 1.
 * @returns as logits the scores, float32 [n].
 */
export function bigganDiscriminator(images: Tensor, labels: Tensor, options: DiscriminatorOptions): Network {
  const { size, classes, width = 32, tapers = false, beside = [], prefix = "" } = options;
  const others = [...beside];
  const layers: Record<string, Tensor> = {};
  let x = images;
  for (const [i, [channels, halves]] of (tapers ? TAPERED : BLOCKS)[size].entries()) {
    const name = `${prefix}blocks.${i}`;
    x = asLayer(block(x, `${name}.0`, { filters: channels * width, halves, isFirst: i === 0 }), name);
    layers[`blocks.${i}`] = x;
    const at = others.findIndex(({ shape }) => shape[2] === x.shape[2]);
    if (at >= 0) x = op.concat([x, ...others.splice(at, 1)], 1);
  }
  const features = op.sum(op.relu(x), [2, 3]);
  const kind = spectralEmbedding(labels, `${prefix}embed`, classes, features.shape[1]);
  const fit = op.sum(op.mul(kind, features), 1);
  return { layers, logits: op.add(op.reshape(spectralLinear(features, `${prefix}linear`, 1), [-1]), fit) };
}

interface BlockOptions {
  readonly filters: number;
  readonly halves: boolean;
  /** The first block sees the image itself: no ReLU before it. */
  readonly isFirst: boolean;
}

function block(x: Tensor, name: string, { filters, halves, isFirst }: BlockOptions): Tensor {
  const sized = (y: Tensor) => (halves ? op.averagePool(y, 2) : y);
  const middle = spectralConvolution(isFirst ? x : op.relu(x), `${name}.conv1`, filters, 3);
  const inner = spectralConvolution(op.relu(middle), `${name}.conv2`, filters, 3);
  if (!halves && x.shape[1] === filters) return op.add(inner, x);
  // the mean of a 1x1 convolution is the 1x1 convolution of the mean, and a fourth of the work
  return op.add(sized(inner), spectralConvolution(sized(x), `${name}.conv_sc`, filters, 1));
}
