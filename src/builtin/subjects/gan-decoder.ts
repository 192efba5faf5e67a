/**
 * Where a generator begins: as the decoder of a variational autoencoder of the same pictures, told their classes (Kingma & Welling, 2014; before
 * an adversary, Larsen et al., 2016). An adversary takes most of a short training to find that a butterfly has two wings; a decoder is told at every pixel.
 * Its images are blurred, which the adversary then mends.
 *
 * Pictures are compared as pixels and as the eyes' maps (`gan-eyes.ts`). What latents of pictures of a class are really like, a mean and a
 * covariance, is measured afterwards (ex-post density estimation, Ghosh et al., 2020): images of plain normal latents show nothing.
 */
import { existsSync } from "node:fs";
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import type { Arrays } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest } from "../../engine/train/fit-options.js";
import { convolution, embedding, linear } from "../../engine/train/layers.js";
import { meanSquaredError } from "../../engine/train/losses.js";
import { adam } from "../../engine/train/optimisers.js";
import { heNormal, initialise } from "../../engine/train/parameters.js";
import { type ParameterValues, Program } from "../../engine/train/program.js";
import { linearDecay } from "../../engine/train/schedules.js";
import { TrainingStep } from "../../engine/train/step.js";
import type { Generator } from "../../zoo/biggan-generator.js";
import { EYES, eyes } from "./gan-eyes.js";
import { decode, type GanPlan, GENERATOR, MEAN, SPREAD } from "./gan-generator.js";

const ENCODER = "E.";
const FILTERS = [32, 64, 128];
const KIND_SIZE = 32;
/** Weight of the maps' squared distance beside the pixels'; and, of each nat, of how far a picture's latents are from standard normal ones. */
const MAPS = 0.2;
const DIVERGENCE = 5e-4;
/** A layer's kurtosis that is nothing strange: three times that of normal activations. */
const USUAL = 9;
/** Weight of how much single activations stand out. */
const SPIKES = 0.01;
const LEARNING_RATE = 2e-3;
const CHECKPOINT_MS = 120_000;

interface Encoded {
  /** [n, latent] each. */
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/** @param images float32 [n, 3, y, x] in -1..1. @param kinds int64 [n]. */
function encode(images: Tensor, kinds: Tensor, latent: number, classes: number): Encoded {
  let x = images;
  for (const [i, filters] of FILTERS.entries()) {
    const options = { stride: 2, padding: 1, initial: heNormal(x.shape[1] * 9) };
    x = op.relu(convolution(x, `${ENCODER}${i}`, filters, 3, options));
  }
  const known = op.concat([op.flatten(x), embedding(kinds, `${ENCODER}kind`, classes, KIND_SIZE)], 1);
  const [mean, logVariance] = op.split(linear(known, `${ENCODER}latents`, 2 * latent), [latent, latent], 1);
  return { mean, logVariance };
}

const drawn = ({ mean, logVariance }: Encoded, noise: Tensor): Tensor =>
  op.add(mean, op.mul(noise, op.exp(op.mul(logVariance, 0.5))));

/** Latents of pictures. @param noise standard normal, [n, latent]. */
export const latentsOf = (images: Tensor, kinds: Tensor, noise: Tensor, classes: number): Tensor =>
  drawn(encode(images, kinds, noise.shape[1], classes), noise);

/** How unlike the pictures are, as pixels and as maps: a scalar. */
function unlikeness(made: Tensor, pictures: Tensor): Tensor {
  const seen = eyes(made).maps;
  const maps = eyes(pictures).maps.map((map, i) => meanSquaredError(seen[i], map));
  return op.add(meanSquaredError(made, pictures), op.mul(maps.reduce(op.add), MAPS));
}

/**
 * How much single activations stand out. Left alone, one place of a few images becomes far more active than all others within some hundred steps,
 * which shows as a white spot and draws the exemplars of many units to it.
 *
 * Of each layer, about the means of its channels, the logarithm of the fourth moment over the squared second, as far as it is above `USUAL`'s; the
 * mean of layers. Without the means, large constants would hide what stands out.
 */
export function spikiness(layers: Generator["layers"]): Tensor {
  const each = Object.values(layers).map((layer) => {
    const power = op.square(op.sub(layer, op.mean(layer, [0, 2, 3], true)));
    const kurtosis = op.sub(op.log(op.mean(op.square(power))), op.mul(op.log(op.mean(power)), 2));
    return op.relu(op.sub(kurtosis, Math.log(USUAL)));
  });
  return op.div(each.reduce(op.add), each.length);
}

export interface Remaking {
  /** What is to be small. */
  readonly loss: Tensor;
  readonly unlike: Tensor;
  readonly spikes: Tensor;
}

/**
 * How badly pictures are made again.
 * @param again of their latents, float32 [n, 3, y, x] in -1..1 as they are. @param layers of the generator, which may have made other images besides.
 */
export function remaking(again: Tensor, pictures: Tensor, layers: Generator["layers"]): Remaking {
  const [unlike, spikes] = [unlikeness(again, pictures), spikiness(layers)];
  return { loss: op.add(unlike, op.mul(spikes, SPIKES)), unlike, spikes };
}

/** How far latents are from standard normal ones, nats, the mean over pictures (the Kullback-Leibler divergence). */
function divergenceOf({ mean, logVariance }: Encoded): Tensor {
  const excess = op.sub(op.add(op.square(mean), op.exp(logVariance)), op.add(logVariance, 1));
  return op.mul(op.mean(op.sum(excess, 1)), 0.5);
}

export interface DecoderOptions {
  readonly classes: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  /** The eyes' parameters. */
  readonly eyes: ParameterValues;
  /** Of an epoch of all steps: `images`, their classes `kinds`, and standard normal `noise`. */
  readonly batches: (request: BatchRequest) => AsyncIterable<Arrays>;
  readonly checkpoint: string;
  readonly fingerprint: string;
  readonly progress: Progress;
  readonly now: () => number;
}

/** Trains the autoencoder; goes on from the checkpoint if there is one. Returns the encoder's parameters and the generator's. */
export async function trainDecoder(plan: GanPlan, options: DecoderOptions): Promise<ParameterValues> {
  const { classes, batch, steps, seed, fingerprint, progress, now } = options;
  const { size, latent } = plan;
  const graph = new Graph({ training: true });
  const images = graph.input("images", "float32", [batch, 3, size, size]);
  const kinds = graph.input("kinds", "int64", [batch]);
  const encoded = encode(images, kinds, latent, classes);
  const latents = drawn(encoded, graph.input("noise", "float32", [batch, latent]));
  const made = decode(latents, kinds, plan, classes, GENERATOR);
  const { unlike, spikes, loss: remade } = remaking(made.images, images, made.layers);
  const divergence = divergenceOf(encoded);
  const loss = op.add(remade, op.mul(divergence, DIVERGENCE));
  const values = initialise(graph.parameters, new Random(seed));
  for (const [name, { data }] of options.eyes) values.get(name)?.data.set(data); // but for the eyes' head
  const optimiser = adam({ betas: [0.5, 0.99] });
  const step = await TrainingStep.open({
    ...{ loss, values, optimiser, clipNorm: 5, only: (name) => !name.startsWith(EYES) },
    outputs: { unlike, divergence, spikes },
  });
  await fit({
    ...{ step, values, optimiser, learningRate: LEARNING_RATE, stepsPerEpoch: steps, epochs: 1, seed, progress, now },
    schedule: linearDecay({ warmup: Math.min(50, steps), end: 0.1 }),
    batches: options.batches,
    checkpoint: {
      path: options.checkpoint,
      everyMs: CHECKPOINT_MS,
      identity: { ...plan, MAPS, DIVERGENCE, SPIKES, LEARNING_RATE, batch, steps, seed, data: fingerprint },
      resume: existsSync(options.checkpoint),
    },
    title: "decoder",
  }).finally(() => step.close());
  return new Map([...values].filter(([name]) => !name.startsWith(EYES)));
}

/**
 * What latents of pictures of each class are like.
 * @param batches `images` and `kinds`, all of one size.
 * @returns `G.kinds.mean` and `G.kinds.spread`.
 */
export async function measureLatents(
  { latent, size }: GanPlan,
  { classes, batch }: Pick<DecoderOptions, "classes" | "batch">,
  values: ParameterValues,
  batches: AsyncIterable<Arrays>,
): Promise<ParameterValues> {
  const graph = new Graph();
  const images = graph.input("images", "float32", [batch, 3, size, size]);
  const encoded = encode(images, graph.input("kinds", "int64", [batch]), latent, classes);
  const program = await Program.open(graph, { outputs: { mean: encoded.mean, variance: op.exp(encoded.logVariance) } });
  const counts = new Float64Array(classes);
  const sums = new Float64Array(classes * latent);
  const products = new Float64Array(classes * latent * latent);
  try {
    for await (const feeds of batches) {
      const { mean, variance } = await program.run(feeds, values);
      for (let n = 0; n < batch; n++) {
        const kind = Number(feeds.kinds.data[n]);
        counts[kind] += 1;
        const of = (array: Arrays[string]) => (array.data as Float32Array).subarray(n * latent, (n + 1) * latent);
        const [m, v] = [of(mean), of(variance)];
        for (let i = 0; i < latent; i++) {
          sums[kind * latent + i] += m[i];
          const row = (kind * latent + i) * latent;
          for (let j = 0; j <= i; j++) products[row + j] += m[i] * m[j];
          products[row + i] += v[i];
        }
      }
    }
  } finally {
    await program.close();
  }
  const means = Float32Array.from(sums, (sum, at) => sum / Math.max(1, counts[Math.floor(at / latent)]));
  const spreads = new Float32Array(classes * latent * latent);
  for (let kind = 0; kind < classes; kind++) {
    const mean = means.subarray(kind * latent, (kind + 1) * latent);
    const at = kind * latent * latent;
    const covariance = products.subarray(at, at + latent * latent).map((sum, k) => {
      const [i, j] = [Math.floor(k / latent), k % latent];
      return sum / Math.max(1, counts[kind]) - mean[i] * mean[j];
    });
    spreads.set(lowerTriangle(covariance, latent), at);
  }
  return new Map([
    [`${GENERATOR}${MEAN}`, ndarray("float32", [classes, latent], means)],
    [`${GENERATOR}${SPREAD}`, ndarray("float32", [classes, latent * latent], spreads)],
  ]);
}

/** Least variance that is left of a latent's own: rounding must not make it negative. */
const LEAST = 1e-6;

/**
 * The lower triangle L, [size * size], with L L' = the covariance (Cholesky's).
 * @param covariance [size * size], of which the lower triangle is read.
 */
export function lowerTriangle(covariance: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = covariance[i * size + j];
      for (let k = 0; k < j; k++) rest -= lower[i * size + k] * lower[j * size + k];
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(rest, LEAST)) : rest / lower[j * size + j];
    }
  }
  return lower;
}
