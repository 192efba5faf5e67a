/**
 * Class folders in, an image classifier as ONNX out: something to dissect that was trained on known data. The model takes any
 * number of images, wants them normalised as ImageNet's networks do (what a dissection assumes), and says so in its metadata.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { UserError } from "../base/errors.js";
import { checkWritableFile, writeFileAtomically } from "../base/files.js";
import { withLock } from "../base/lock.js";
import { type Progress, silent } from "../base/progress.js";
import { Random } from "../base/random.js";
import { type Augmentation, augment } from "../data/images/augment.js";
import { IMAGENET, type Preprocessing } from "../data/images/preprocess.js";
import { writeModel } from "../engine/onnx/model.js";
import type { Arrays } from "../engine/runtime/session.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { fit } from "../engine/train/fit.js";
import type { BatchRequest, FitResult } from "../engine/train/fit-options.js";
import type { ParameterValues } from "../engine/train/program.js";
import { cosine } from "../engine/train/schedules.js";
import { seedAt } from "../engine/train/seeds.js";
import { type ClassifierData, openClassifierData } from "./train-classifier-data.js";
import { type Confusion, confusionsOf, judge } from "./train-classifier-judge.js";
import { IMAGES, inferenceModel, openStep, TARGETS } from "./train-classifier-model.js";
import { type ClassifierNetwork, type OptimiserName, recipeOf } from "./train-classifier-networks.js";
import { openPixels, type PixelSource } from "./train-classifier-pixels.js";

export interface TrainClassifierOptions {
  /** The model to write, `NAME.onnx`; beside it `NAME.labels.txt`, `NAME.metrics.jsonl` and `NAME.checkpoint.safetensors`. */
  readonly out: string;
  /** One of `CLASSIFIERS`, or a function that writes a network. Default `resnet18`. */
  readonly network?: string | ClassifierNetwork;
  /** Side of the images in pixels. Default 64. */
  readonly size?: number;
  /** Default 20, unless the time is limited. */
  readonly epochs?: number;
  readonly minutes?: number;
  /** Images a step. Default 64. */
  readonly batch?: number;
  /** These three: default as suits the network. */
  readonly learningRate?: number;
  readonly optimiser?: OptimiserName;
  readonly weightDecay?: number;
  readonly seed?: number;
  /** Class folders to test on, or the share of each class to hold out. Default: the data's own `val/`, else a tenth. */
  readonly validation?: string | number;
  /** Default both. */
  readonly augment?: readonly Augmentation[];
  /** At most so many training pictures of each class. */
  readonly limitPerClass?: number | undefined;
  /** Goes on from the checkpoint beside `out`. */
  readonly resume?: boolean;
  /** Least time between checkpoints; default two minutes. */
  readonly saveEveryMs?: number | undefined;
  /** Threads of the runtime. */
  readonly threads?: number;
  /** Most bytes of decoded pictures kept in memory, for each of training and validation; default 1 GiB. */
  readonly cacheBytes?: number;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface TrainedClassifier {
  readonly model: string;
  readonly labels: string;
  readonly checkpoint: string;
  /** `metrics.jsonl`. */
  readonly log: string;
  readonly classes: readonly string[];
  /** What the data are. */
  readonly fingerprint: string;
  readonly trainingImages: number;
  readonly validationImages: number;
  /** Of the written model over the validation pictures. */
  readonly accuracy: number;
  /** Share of the most frequent class among them: what answering it always would reach. */
  readonly majority: number;
  readonly confusions: readonly Confusion[];
  readonly training: FitResult;
}

/** Least time between checkpoints. */
const CHECKPOINT_MS = 120_000;
const CACHE_BYTES = 2 ** 30;
/** Most steps in which the learning rate rises. */
const WARMUP_STEPS = 500;

/**
 * Trains a classifier.
 * @param path a folder, .zip or .tar of class folders, or of `train/` and `val/` with class folders.
 * Errors: `UserError` for data that cannot be learned from, files that cannot be written, a loss that is not finite, and a
 * checkpoint of other data or options.
 */
export async function trainClassifier(path: string, options: TrainClassifierOptions): Promise<TrainedClassifier> {
  const { out, size = 64, network = "resnet18" } = options;
  recipeOf(network, size); // refuses before there is anything on the disk
  const files = filesOf(out);
  for (const file of Object.values(files)) await checkWritableFile(file);
  const part = `training-${basename(out)}`; // other models may be trained into the same folder
  return withLock(dirname(out), `training ${out}`, () => trainInto(files, path, options), { part });
}

async function trainInto(
  files: ReturnType<typeof filesOf>,
  path: string,
  options: TrainClassifierOptions,
): Promise<TrainedClassifier> {
  const { size = 64, network = "resnet18", seed = 0, validation, limitPerClass, progress = silent } = options;
  const recipe = recipeOf(network, size);
  if (options.resume && !existsSync(files.checkpoint)) {
    throw new UserError(`resuming ${files.checkpoint}: no such file; expected a checkpoint; leave out --resume`);
  }
  const data = await openClassifierData(path, { validation, limitPerClass, seed });
  try {
    const preprocessing: Preprocessing = { ...IMAGENET, width: size, height: size };
    const pixelOptions = { preprocessing, cacheBytes: options.cacheBytes ?? CACHE_BYTES, progress };
    const pictures = await openPixels(data.training, pixelOptions);
    const tests = await openPixels(data.validation, pixelOptions);
    const batchSize = Math.min(options.batch ?? 64, pictures.labels.length);
    const names = data.classes;
    const exported = (values: ParameterValues) => inferenceModel(recipe.build, values, preprocessing, names);
    const judging = { preprocessing, validation: tests, classes: names.length, batchSize, threads: options.threads };
    const judged = (values: ParameterValues) => judge(exported(values), judging);
    const {
      optimiser = recipe.optimiser,
      learningRate = recipe.learningRate,
      weightDecay = recipe.weightDecay,
    } = options;
    const settings = { batchSize, optimiser, learningRate, weightDecay, augment: options.augment ?? ["flip", "crop"] };
    const { threads } = options;
    const run = await openStep(recipe.build, { ...settings, size, classes: names.length, seed, threads });
    const stepsPerEpoch = Math.floor(pictures.labels.length / batchSize);
    const warmup = Math.min(WARMUP_STEPS, stepsPerEpoch);
    const training = await fit({
      ...run,
      ...{ learningRate, stepsPerEpoch, seed, progress, now: options.now, schedule: cosine({ warmup }) },
      epochs: options.epochs ?? (options.minutes === undefined ? 20 : undefined),
      minutes: options.minutes,
      batches: feeding(pictures, preprocessing, { batchSize, stepsPerEpoch, seed, augment: settings.augment }),
      evaluate: async () => {
        const { accuracy: validationAccuracy, loss: validationLoss } = await judged(run.values);
        return { validationAccuracy, validationLoss };
      },
      earlyStopping: { metric: "validationAccuracy", better: "higher" },
      checkpoint: {
        path: files.checkpoint,
        everyMs: options.saveEveryMs ?? CHECKPOINT_MS,
        identity: { network: nameOf(network), size, ...settings, seed, ...identityOf(data, options) },
        resume: options.resume ?? false,
      },
      metrics: { path: files.log },
    }).finally(() => run.step.close());
    const judgement = await judged(run.values);
    await writeFileAtomically(files.labels, names.map((name) => `${name.replace(/[\r\n]/g, " ")}\n`).join(""));
    await writeModel(exported(run.values), files.model);
    return {
      ...{ ...files, classes: names, fingerprint: data.fingerprint, training },
      trainingImages: pictures.labels.length,
      validationImages: judgement.images,
      accuracy: judgement.accuracy,
      majority: judgement.majority,
      confusions: confusionsOf(judgement, names),
    };
  } finally {
    await data.close();
  }
}

/** The files of a training, by what they are. */
function filesOf(out: string) {
  const stem = out.replace(/\.onnx$/i, "");
  return {
    model: out,
    labels: `${stem}.labels.txt`,
    log: `${stem}.metrics.jsonl`,
    checkpoint: `${stem}.checkpoint.safetensors`,
  };
}

const nameOf = (network: string | ClassifierNetwork) =>
  typeof network === "string" ? network : network.name || "a function";

const identityOf = ({ fingerprint }: ClassifierData, { validation, limitPerClass }: TrainClassifierOptions) => ({
  data: fingerprint,
  holdOut: typeof validation === "number" ? validation : null,
  limitPerClass: limitPerClass ?? null,
});

interface Feeding {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly seed: number;
  readonly augment: readonly Augmentation[];
}

/** Batches of one size in a random order; what is left over sits out an epoch. Two buffers take turns. */
function feeding(pictures: PixelSource, preprocessing: Preprocessing, options: Feeding) {
  const { batchSize, stepsPerEpoch, seed, augment: changes } = options;
  const size = batchSize * 3 * preprocessing.width * preprocessing.height;
  const buffers = [new Float32Array(size), new Float32Array(size)];
  return async function* batches({ epoch, first, random }: BatchRequest): AsyncGenerator<Arrays> {
    const order = random.permutation(pictures.labels.length).subarray(first * batchSize, stepsPerEpoch * batchSize);
    let batch = first;
    for await (const { pixels, labels } of pictures.read(order, batchSize)) {
      const luck = new Random(seedAt(seed, epoch, batch, 2));
      const targets = BigInt64Array.from(labels, BigInt);
      yield {
        [IMAGES]: augment(pixels, preprocessing, changes, luck, buffers[batch % 2]),
        [TARGETS]: ndarray("int64", [batchSize], targets),
      };
      batch += 1;
    }
  };
}
