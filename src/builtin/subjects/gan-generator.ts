/**
 * The generator of a subject: BigGAN's, small, which was a decoder first (`gan-decoder.ts`). Before that it has what the decoder's latents of each
 * class are like: a mean and a spread, by which standard normal latents become such.
 */
import type { Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { constant } from "../../engine/train/parameters.js";
import { bigganGenerator, type Generator, type GeneratorOptions } from "../../zoo/biggan-generator.js";

export interface GanPlan {
  readonly size: GeneratorOptions["size"];
  /** Channels are multiples of it, in the generator and in the discriminator. */
  readonly width: number;
  readonly discriminatorWidth: number;
  /** Length of a latent. */
  readonly latent: number;
  /** Size of the class embedding. */
  readonly shared: number;
}

/** Inputs of the shipped generator, and its output. */
export const LATENTS = "latents";
export const CLASS = "class";
export const IMAGES = "images";

/** Before the names of the generator's parameters in training. */
export const GENERATOR = "G.";
/** Of a class's latents: their mean [class, latent], and the lower triangle that spreads normal ones as they are spread, [class, latent * latent]. */
export const MEAN = "kinds.mean";
export const SPREAD = "kinds.spread";

/** What a generator makes of a decoder's latents, float32 [n, latent], and classes, int64 [n]. */
export function decode(latents: Tensor, kinds: Tensor, plan: GanPlan, classes: number, prefix: string): Generator {
  const { size, width, shared } = plan;
  return bigganGenerator(latents, kinds, { size, width, shared, classes, prefix, tapers: true, kindFirst: true });
}

/** What the decoder is given for standard normal latents, [n, latent] each. */
export function ofKind(latents: Tensor, kinds: Tensor, plan: GanPlan, classes: number, prefix: string): Tensor {
  const { latent } = plan;
  // measured, and so never trained
  const measured = (name: string, size: number) =>
    op.gather(latents.graph.parameter(`${prefix}${name}`, [classes, size], constant(0), { trained: false }), kinds);
  const spread = op.reshape(measured(SPREAD, latent * latent), [-1, latent, latent]);
  const around = op.reshape(op.matmul(spread, op.reshape(latents, [-1, latent, 1])), [-1, latent]);
  return op.add(measured(MEAN, latent), around);
}

/** Images of standard normal latents. */
export const generate = (latents: Tensor, kinds: Tensor, plan: GanPlan, classes: number, prefix: string): Tensor =>
  decode(ofKind(latents, kinds, plan, classes, prefix), kinds, plan, classes, prefix).images;
