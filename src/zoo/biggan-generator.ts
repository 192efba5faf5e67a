/**
 * A class-conditional generator in the manner of BigGAN (Brock et al., 2019), for small images: residual blocks that double the
 * size, batch normalisation whose scale and shift are read off the class and a piece of the latent, one class embedding shared
 * by all of them, spectral normalisation throughout. No attention. Modules are named as in BigGAN's PyTorch implementation.
 *
 * Layers: `blocks.0`, `blocks.1`, ..., each block's output.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { batchNorm, embedding, scaleAndShift } from "../engine/train/layers.js";
import { asLayer } from "./network.js";
import { spectralConvolution, spectralLinear } from "./spectral-norm.js";

/** Channels over the width before the first block, and after each. */
const CHANNELS = { 32: [4, 4, 4, 4], 64: [16, 16, 8, 4, 2] } as const;
/** The same for those that taper. At 32 pixels and equal width in the middle, a third of the work. */
const TAPERED = { 32: [8, 8, 4, 2], 64: CHANNELS[64] } as const;

export interface BigganOptions {
  /** Side of the images in pixels. */
  readonly size: keyof typeof CHANNELS;
  readonly classes: number;
  /** Channels are multiples of it. Default 32. */
  readonly width?: number;
  /** Whether channels become fewer as maps become larger, at 32 pixels too. Default: as published, they do not. */
  readonly tapers?: boolean;
  /** Before all names, such as "G.", where two networks share a graph. */
  readonly prefix?: string;
}

export interface GeneratorOptions extends BigganOptions {
  /** Size of the class embedding. Default 128. */
  readonly shared?: number;
  /** Whether the first map, too, is told the class: each has a layout of its own then. Default: as published, it is not. */
  readonly kindFirst?: boolean;
}

export interface Generator {
  readonly layers: Readonly<Record<string, Tensor>>;
  /** float32 [n, 3, y, x] in -1..1. */
  readonly images: Tensor;
}

/** Images of a latent are made in so many steps, each of which reads an equal piece of it: a latent's length is a multiple. */
export const latentPieces = (size: BigganOptions["size"]): number => CHANNELS[size].length;

/**
 * @param latents float32 [n, latent], standard normal; its length is a multiple of `latentPieces(size)`.
 * @param labels int64 [n], 0 to classes - 1.
 */
export function bigganGenerator(latents: Tensor, labels: Tensor, options: GeneratorOptions): Generator {
  const { size, classes, width = 32, tapers = false, shared = 128, prefix = "", kindFirst = false } = options;
  const [first, ...stages] = (tapers ? TAPERED : CHANNELS)[size];
  const piece = latents.shape[1] / (stages.length + 1);
  if (!Number.isInteger(piece)) {
    throw new Error(
      `building the generator: latents are [${latents.shape}]; expected a multiple of ${stages.length + 1}`,
    );
  }
  const [start, ...pieces] = op.split(latents, new Array<number>(stages.length + 1).fill(piece), 1);
  const kind = embedding(labels, `${prefix}shared`, classes, shared);
  const seeds = spectralLinear(kindFirst ? op.concat([start, kind], 1) : start, `${prefix}linear`, first * width * 16);
  let x = op.reshape(seeds, [-1, first * width, 4, 4]);
  const layers: Record<string, Tensor> = {};
  for (const [i, channels] of stages.entries()) {
    const condition = op.concat([kind, pieces[i]], 1);
    x = asLayer(block(x, condition, `${prefix}blocks.${i}.0`, channels * width), `${prefix}blocks.${i}`);
    layers[`blocks.${i}`] = x;
  }
  const last = op.relu(batchNorm(x, `${prefix}output_layer.0`));
  return { layers, images: op.tanh(spectralConvolution(last, `${prefix}output_layer.2`, 3, 3)) };
}

/** Doubles the size of [n, c, y, x]. */
function block(x: Tensor, condition: Tensor, name: string, filters: number): Tensor {
  const early = doubled(op.relu(conditionalNorm(x, condition, `${name}.bn1`)));
  const middle = spectralConvolution(early, `${name}.conv1`, filters, 3);
  const late = op.relu(conditionalNorm(middle, condition, `${name}.bn2`));
  const shortcut = doubled(spectralConvolution(x, `${name}.conv_sc`, filters, 1)); // 1x1, so before is a fourth of the work
  return op.add(spectralConvolution(late, `${name}.conv2`, filters, 3), shortcut);
}

/** Batch normalisation whose scale, 1 and something, and shift depend on the condition [n, size]. */
function conditionalNorm(x: Tensor, condition: Tensor, name: string): Tensor {
  const read = (part: string) => spectralLinear(condition, `${name}.${part}`, x.shape[1], { bias: false });
  return scaleAndShift(batchNorm(x, name, { affine: false }), op.add(read("gain"), 1), read("bias"));
}

const doubled = (x: Tensor): Tensor => op.resize(x, [x.shape[2] * 2, x.shape[3] * 2], "nearest");
