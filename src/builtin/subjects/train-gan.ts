/**
 * Trains a class-conditional GAN (hinge loss, spectral normalisation, projection discriminator with eyes) on class folders, resumable to the
 * same bits, and writes its averaged generator with a contact sheet. The generator begins as a decoder; then there are two steps in turn, on a batch
 * of pictures and two of latents.
 *
 * Real pictures are mirrored at random; there is no other augmentation, because the rendered world can be made as large as needed.
 */
import { existsSync } from "node:fs";
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { augment } from "../../data/images/augment.js";
import { IMAGENET, type Preprocessing } from "../../data/images/preprocess.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { writeModel } from "../../engine/onnx/write.js";
import type { Arrays } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest, FitResult } from "../../engine/train/fit-options.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { linearDecay } from "../../engine/train/schedules.js";
import { seedAt } from "../../engine/train/seeds.js";
import { writeContactSheet } from "./contact-sheet.js";
import { type DecoderOptions, measureLatents, trainDecoder } from "./gan-decoder.js";
import { trainEyes } from "./gan-eyes.js";
import { CLASS, type GanPlan, LATENTS } from "./gan-generator.js";
import { averagedGenerator, generatorModel, openGan } from "./gan-model.js";
import { classNumbers, drawLatents } from "./latents.js";
import { filesBeside, openPictures, type SubjectPictures } from "./pictures.js";

export interface GanSettings extends GanPlan {
  /** Of the classifier whose maps the discriminator sees. */
  readonly eyesEpochs: number;
  readonly batch: number;
  /** Steps for which the generator is first trained as a decoder. */
  readonly decoderSteps: number;
  /** Steps of both networks in all; they are the training's epochs. */
  readonly steps: number;
  /** The discriminator's; the generator's is a share of it. Falls in a straight line to a tenth. */
  readonly learningRate: number;
  readonly generatorRate: number;
  /** Weight of what the classifier recognises, in the generator's loss. */
  readonly guidance: number;
  /** Weight of how badly pictures are made again, in the generator's loss. */
  readonly anchor: number;
}

export interface TrainGanOptions extends GanSettings {
  /** The model to write, `NAME.onnx`; beside it `.png`, `.metrics.jsonl` and checkpoints. */
  readonly out: string;
  readonly seed: number;
  readonly limitPerClass?: number | undefined;
  readonly progress: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface TrainedGan {
  readonly model: string;
  readonly sheet: string;
  readonly classes: readonly string[];
  readonly trainingImages: number;
  readonly fingerprint: string;
  readonly training: FitResult;
}

const CHECKPOINT_MS = 120_000;
/** Steps that the loop counts as an epoch: after each the contact sheet is drawn. */
const STEPS_PER_EPOCH = 500;
const COLUMNS = 10;
/** Of pictures, to measure latents on. */
const MEASURED_BATCHES = 1000;

/** Trains; goes on from the checkpoint beside `out` when there is one. Errors: as `fit`. */
export async function trainGan(path: string, options: TrainGanOptions): Promise<TrainedGan> {
  const { out, seed, batch, steps, learningRate, progress, now, limitPerClass } = options;
  const { size, width, discriminatorWidth, latent, shared } = options;
  const { generatorRate, guidance, anchor, eyesEpochs, decoderSteps } = options;
  const plan = { size, width, discriminatorWidth, latent, shared };
  const preprocessing: Preprocessing = { ...IMAGENET, width: size, height: size, mean: [0.5], std: [0.5] };
  const pictures = await openPictures(path, { preprocessing, seed, limitPerClass, progress });
  const { classes, fingerprint } = pictures;
  const files = filesBeside(out);
  const kinds = { classes: classes.length, batch, seed, generatorRate, guidance, anchor };
  const watching = { classes: classes.length, preprocessing, epochs: eyesEpochs, seed, fingerprint, progress, now };
  const eyes = await trainEyes(pictures.training, { ...watching, checkpoint: files.eyes });
  const batchesOf = (steps: number) => (request: BatchRequest) =>
    feeding(pictures, preprocessing, plan, kinds, request, steps);
  const decoder = existsSync(files.checkpoint) // which has what the decoder left, too
    ? []
    : await decoderOf(plan, { ...watching, ...kinds, steps: decoderSteps, eyes, checkpoint: files.decoder }, batchesOf);
  const { step, values, optimiser } = await openGan(plan, { ...kinds, known: new Map([...eyes, ...decoder]) });
  const feeds = (place: number): Arrays => made(plan, kinds, new Random(seedAt(seed, place, 7)));
  const finished = async () => generatorModel(await averagedGenerator(values, plan, kinds, feeds), plan, classes);
  const draw = (model: OnnxModel) =>
    writeContactSheet(model, files.sheet, { latent, classes: classes.length, columns: COLUMNS, seed });
  const stepsPerEpoch = Math.min(STEPS_PER_EPOCH, steps);
  const training = await fit({
    ...{ step, values, optimiser, learningRate, stepsPerEpoch, seed, progress, now },
    epochs: Math.ceil(steps / stepsPerEpoch),
    schedule: linearDecay({ end: 0.1 }),
    batches: batchesOf(stepsPerEpoch),
    evaluate: async () => {
      await draw(await finished());
      return {};
    },
    checkpoint: {
      path: files.checkpoint,
      everyMs: CHECKPOINT_MS,
      identity: {
        ...plan,
        ...{ eyesEpochs, decoderSteps, batch, learningRate, generatorRate, guidance, anchor, seed },
        data: fingerprint,
      },
      resume: existsSync(files.checkpoint),
    },
    metrics: { path: files.log },
    title: "GAN",
  }).finally(() => step.close());
  const result = await finished();
  await writeModel(result, files.model);
  await draw(result);
  const { model, sheet } = files;
  return { model, sheet, classes, trainingImages: pictures.training.labels.length, fingerprint, training };
}

/** The encoder's and the generator's parameters after the decoder's training, with what latents of each class are like. */
async function decoderOf(
  plan: GanPlan,
  options: Omit<DecoderOptions, "batches">,
  batchesOf: (steps: number) => DecoderOptions["batches"],
): Promise<ParameterValues> {
  const values = await trainDecoder(plan, { ...options, batches: batchesOf(options.steps) });
  const request = { epoch: options.steps, first: 0, random: new Random(options.seed) };
  const measured = await measureLatents(plan, options, values, batchesOf(MEASURED_BATCHES)(request));
  return new Map([...values, ...measured]);
}

interface Kinds {
  readonly classes: number;
  readonly batch: number;
  readonly seed: number;
}

/** Latents and classes to make a batch of. */
function made({ latent }: GanPlan, { classes, batch }: Kinds, random: Random): Arrays {
  return { [LATENTS]: drawLatents(batch, latent, random), [CLASS]: classNumbers(batch, () => random.integer(classes)) };
}

/** Batches that run on from one shuffled round of the pictures into the next. */
async function* feeding(
  { training }: SubjectPictures,
  preprocessing: Preprocessing,
  plan: GanPlan,
  kinds: Kinds,
  { epoch, first, random }: BatchRequest,
  steps: number,
): AsyncGenerator<Arrays> {
  const { batch, seed } = kinds;
  const count = training.labels.length;
  const order = new Uint32Array(steps * batch);
  for (let at = 0; at < order.length; at += count) {
    order.set(random.permutation(count).subarray(0, order.length - at), at);
  }
  const buffers = [0, 1].map(() => new Float32Array(batch * 3 * plan.size ** 2));
  let at = first;
  for await (const { pixels, labels } of training.read(order.subarray(first * batch), batch)) {
    const luck = new Random(seedAt(seed, epoch, at, 2));
    const images = augment(pixels, preprocessing, ["flip"], luck, buffers[at % 2]);
    const judged = made(plan, kinds, luck);
    yield {
      images,
      kinds: ndarray("int64", [batch], BigInt64Array.from(labels, BigInt)),
      judgedLatents: judged[LATENTS],
      judgedKinds: judged[CLASS],
      ...made(plan, kinds, luck),
      noise: drawLatents(batch, plan.latent, luck),
    };
    at += 1;
  }
}
