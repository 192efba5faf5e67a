/**
 * What the discriminator sees with besides the pixels: maps of a small classifier, trained on the same pictures first and then left as it
 * is (the idea of Projected GANs, Sauer et al., 2021). A discriminator that has to learn from scratch what a picture contains
 * would take most of a short training for that. They also tell the generator how far they recognise the class that it was asked for
 * (classifier guidance, as in StyleGAN-XL, Sauer et al., 2022).
 *
 * Plain convolutions without batch normalisation, so that it is the same in training and at rest.
 */
import { existsSync } from "node:fs";
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { augment } from "../../data/images/augment.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { fit } from "../../engine/train/fit.js";
import { convolution, linear } from "../../engine/train/layers.js";
import { accuracy, crossEntropy } from "../../engine/train/losses.js";
import { adamW } from "../../engine/train/optimisers.js";
import { heNormal, initialise } from "../../engine/train/parameters.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { cosine } from "../../engine/train/schedules.js";
import { seedAt } from "../../engine/train/seeds.js";
import { TrainingStep } from "../../engine/train/step.js";
import type { PixelSource } from "../../studies/train-classifier-pixels.js";

export const EYES = "eyes.";

/** Filters and stride of each convolution; whether its maps are shown to the discriminator. */
const STEPS = [
  { filters: 24, stride: 1, isShown: false },
  { filters: 32, stride: 2, isShown: false },
  { filters: 48, stride: 1, isShown: true },
  { filters: 64, stride: 2, isShown: false },
  { filters: 96, stride: 1, isShown: true },
  { filters: 128, stride: 2, isShown: true },
] as const;

/** @param images float32 [n, 3, y, x] in -1..1. Maps at a half, a quarter and an eighth of the size, each image's of root mean square 1. */
export function eyes(images: Tensor): { readonly maps: readonly Tensor[]; readonly last: Tensor } {
  const maps: Tensor[] = [];
  let x = images;
  for (const [i, { filters, stride, isShown }] of STEPS.entries()) {
    const initial = heNormal(x.shape[1] * 9);
    x = op.relu(convolution(x, `${EYES}${i}`, filters, 3, { stride, padding: 1, initial }));
    if (isShown) maps.push(op.div(x, op.sqrt(op.add(op.mean(op.square(x), [1, 2, 3], true), 1e-6))));
  }
  return { maps, last: x };
}

/** The class that the eyes see, as logits [n, class]. @param last of `eyes`. */
export const recognised = (last: Tensor, classes: number): Tensor =>
  linear(op.mean(last, [2, 3]), `${EYES}fc`, classes);

export interface EyesOptions {
  readonly classes: number;
  readonly preprocessing: Preprocessing;
  readonly epochs: number;
  readonly seed: number;
  readonly checkpoint: string;
  readonly fingerprint: string;
  readonly progress: Progress;
  readonly now: () => number;
}

const BATCH = 64;
const LEARNING_RATE = 1e-3;
const CHECKPOINT_MS = 120_000;

/** Trains the eyes as a classifier; goes on from the checkpoint if there is one. Returns their parameters. */
export async function trainEyes(pictures: PixelSource, options: EyesOptions): Promise<ParameterValues> {
  const { classes, preprocessing, epochs, seed, fingerprint, progress, now } = options;
  const { width: size } = preprocessing;
  const batch = Math.min(BATCH, pictures.labels.length);
  const graph = new Graph({ training: true });
  const logits = recognised(eyes(graph.input("images", "float32", [batch, 3, size, size])).last, classes);
  const targets = graph.input("targets", "int64", [batch]);
  const values = initialise(graph.parameters, new Random(seed));
  const optimiser = adamW({ weightDecay: 0.05 });
  const step = await TrainingStep.open({
    ...{ values, optimiser, clipNorm: 5, loss: crossEntropy(logits, targets, { smoothing: 0.1 }) },
    outputs: { accuracy: accuracy(logits, targets) },
  });
  const stepsPerEpoch = Math.floor(pictures.labels.length / batch);
  const buffers = [0, 1].map(() => new Float32Array(batch * 3 * size ** 2));
  await fit({
    ...{ step, values, optimiser, epochs, stepsPerEpoch, seed, progress, now, learningRate: LEARNING_RATE },
    schedule: cosine({ warmup: Math.min(100, stepsPerEpoch) }),
    async *batches({ epoch, first, random }) {
      const order = random.permutation(pictures.labels.length).subarray(first * batch, stepsPerEpoch * batch);
      let at = first;
      for await (const { pixels, labels } of pictures.read(order, batch)) {
        const luck = new Random(seedAt(seed, epoch, at, 2));
        yield {
          images: augment(pixels, preprocessing, ["flip", "crop"], luck, buffers[at % 2]),
          targets: ndarray("int64", [batch], BigInt64Array.from(labels, BigInt)),
        };
        at += 1;
      }
    },
    checkpoint: {
      path: options.checkpoint,
      everyMs: CHECKPOINT_MS,
      identity: { eyes: STEPS, size, epochs, seed, data: fingerprint },
      resume: existsSync(options.checkpoint),
    },
    title: "eyes",
  }).finally(() => step.close());
  return values;
}
