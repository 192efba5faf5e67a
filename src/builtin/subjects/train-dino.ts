/**
 * Trains a vision transformer by self-supervision on class folders, whose classes it is not told; resumable to the same bits. The
 * classes serve to say how good its features are: accuracy of nearest neighbours on pictures held out, after every epoch.
 */
import { existsSync } from "node:fs";
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { IMAGENET, normalise, type Preprocessing } from "../../data/images/preprocess.js";
import { makeView, type ViewOptions } from "../../data/images/views.js";
import { withMetadata } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { writeModel } from "../../engine/onnx/write.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest, FitResult } from "../../engine/train/fit-options.js";
import { cosine } from "../../engine/train/schedules.js";
import { seedAt } from "../../engine/train/seeds.js";
import type { PixelSource } from "../../studies/train-classifier-pixels.js";
import { type DinoPlan, FEATURES, IMAGES, openDino, PARTS, teacherModel, WHOLE } from "./dino-model.js";
import { type Known, neighbourAccuracy } from "./nearest-neighbours.js";
import { filesBeside, openPictures, type SubjectPictures } from "./pictures.js";

export interface DinoSettings extends DinoPlan {
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of the teacher that the first step keeps; rises to 1 as half a cosine wave. */
  readonly momentum: number;
  /** Shares of a picture's area that whole views and parts show. */
  readonly wholeScale: readonly [number, number];
  readonly partScale: readonly [number, number];
}

export interface TrainDinoOptions extends DinoSettings {
  /** The model to write, `NAME.onnx`; beside it `.metrics.jsonl` and `.checkpoint.safetensors`. */
  readonly out: string;
  readonly seed: number;
  readonly limitPerClass?: number | undefined;
  readonly progress: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface TrainedDino {
  readonly model: string;
  readonly classes: readonly string[];
  readonly trainingImages: number;
  readonly validationImages: number;
  readonly fingerprint: string;
  /** Of nearest neighbours, by features of the written network. */
  readonly neighbourAccuracy: number;
  /** Likewise by plain pixels: what there is to beat. */
  readonly pixelAccuracy: number;
  readonly training: FitResult;
}

const CHECKPOINT_MS = 120_000;
/** Pictures that neighbours are looked for among, at most. */
const BANK = 3000;
/** Share of the steps in which the learning rate rises, and most steps. */
const WARMUP = { share: 0.1, steps: 300 } as const;

/** Trains; goes on from the checkpoint beside `out` when there is one. Errors: as `fit`. */
export async function trainDino(path: string, options: TrainDinoOptions): Promise<TrainedDino> {
  const { out, seed, batch, epochs, learningRate, weightDecay, momentum, progress, now, limitPerClass } = options;
  const preprocessing: Preprocessing = { ...IMAGENET, width: options.size, height: options.size };
  const pictures = await openPictures(path, { preprocessing, seed, limitPerClass, progress });
  const { classes, fingerprint, training: source } = pictures;
  const files = filesBeside(out);
  const stepsPerEpoch = Math.floor(source.labels.length / batch);
  const total = stepsPerEpoch * epochs;
  const rising = (step: number) => 1 - ((1 - momentum) * (1 + Math.cos(Math.PI * Math.min(1, step / total)))) / 2;
  const { step, values, optimiser } = await openDino(options, { batch, seed, weightDecay, momentum: rising });
  const measured = (features: Reader) => accuracyOf(pictures, features, seed);
  const written = () => {
    const { width, height, fit: fits, range, mean, std, channels, layout } = preprocessing;
    const text = JSON.stringify({ width, height, fit: fits, range, mean, std, channels, layout });
    return withMetadata(teacherModel(values, options), { preprocessing: text });
  };
  const training = await fit({
    ...{ step, values, optimiser, learningRate, stepsPerEpoch, epochs, seed, progress, now },
    schedule: cosine({ warmup: Math.min(WARMUP.steps, Math.round(WARMUP.share * total)), end: 0.01 }),
    batches: (request) => feeding(pictures, preprocessing, options, request, stepsPerEpoch),
    evaluate: async () => ({ neighbourAccuracy: await measured(networkFeatures(written(), preprocessing)) }),
    checkpoint: {
      path: files.checkpoint,
      everyMs: CHECKPOINT_MS,
      identity: { ...settingsOf(options), seed, data: fingerprint },
      resume: existsSync(files.checkpoint),
    },
    metrics: { path: files.log },
    title: "DINO",
  }).finally(() => step.close());
  await writeModel(written(), files.model);
  warnOfCollapse(training, options.head.prototypes, progress);
  return {
    ...{ model: files.model, classes, fingerprint, training },
    trainingImages: source.labels.length,
    validationImages: pictures.validation.labels.length,
    neighbourAccuracy: await measured(networkFeatures(written(), preprocessing)),
    pixelAccuracy: await measured(async (pixels) => Float32Array.from(pixels, (value) => value - 127.5)),
  };
}

/** What the result depends on. */
function settingsOf(options: DinoSettings): Record<string, unknown> {
  const { size, partSize, parts, network, head, studentTemperature, teacherTemperature, centreMomentum } = options;
  const { batch, epochs, learningRate, weightDecay, momentum, wholeScale, partScale } = options;
  return {
    ...{ size, partSize, parts, network, head, studentTemperature, teacherTemperature, centreMomentum },
    ...{ batch, epochs, learningRate, weightDecay, momentum, wholeScale, partScale },
  };
}

/** Both ways to give one answer to everything: the same prototype always, or all of them alike. */
function warnOfCollapse({ metrics }: FitResult, prototypes: number, progress: Progress): void {
  const most = Math.log(prototypes);
  const { answerEntropy, meanEntropy } = metrics;
  if (meanEntropy < 0.2 * most) progress.warn("DINO: the teacher gives nearly the same answer to every picture");
  if (answerEntropy > 0.95 * most) progress.warn("DINO: the teacher gives nearly all answers alike to every picture");
}

/** Pictures as bytes [n, 3, y, x] to features, row by row. */
type Reader = (pixels: Uint8Array) => Promise<Float32Array>;

/** Features from a model, which is opened for each call: they are few. */
function networkFeatures(model: OnnxModel, preprocessing: Preprocessing): Reader {
  return async (pixels) => {
    const session = await openSession(model);
    try {
      return (await session.run({ [IMAGES]: normalise(pixels, preprocessing) }))[FEATURES].data as Float32Array;
    } finally {
      await session.close();
    }
  };
}

async function accuracyOf(pictures: SubjectPictures, features: Reader, seed: number): Promise<number> {
  const { training, validation, classes } = pictures;
  const some = new Random(seed).permutation(training.labels.length).slice(0, BANK);
  const bank = await known(training, some, features);
  return neighbourAccuracy(
    bank,
    await known(validation, Uint32Array.from(validation.labels.keys()), features),
    classes.length,
  );
}

async function known(source: PixelSource, order: Uint32Array, features: Reader): Promise<Known> {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of source.read(order, 250)) {
    rows.push((await features(batch.pixels)).slice());
    labels.push(...batch.labels);
  }
  const channels = rows[0].length / Math.min(250, order.length);
  const data = new Float32Array(labels.length * channels);
  let at = 0;
  for (const row of rows) {
    data.set(row, at);
    at += row.length;
  }
  return { features: ndarray("float32", [labels.length, channels], data), labels };
}

/** Views of shuffled pictures. Two buffers take turns. */
async function* feeding(
  { training }: SubjectPictures,
  preprocessing: Preprocessing,
  options: TrainDinoOptions,
  { epoch, first, random }: BatchRequest,
  steps: number,
): AsyncGenerator<Arrays> {
  const { batch, seed, size, partSize, parts, wholeScale, partScale } = options;
  const wholes: ViewOptions[] = [
    { size, scale: wholeScale, blur: 0.7, solarise: 0 },
    { size, scale: wholeScale, blur: 0.1, solarise: 0.1 },
  ];
  const part: ViewOptions = { size: partSize, scale: partScale, blur: 0.3, solarise: 0 };
  const buffers = [0, 1].map(() => ({
    whole: new Float32Array(2 * batch * 3 * size ** 2),
    parts: new Float32Array(parts * batch * 3 * partSize ** 2),
  }));
  const order = random.permutation(training.labels.length).subarray(first * batch, steps * batch);
  let at = first;
  for await (const { pixels } of training.read(order, batch)) {
    const luck = new Random(seedAt(seed, epoch, at, 2));
    const into = buffers[at % 2];
    const show = (views: readonly ViewOptions[], values: Float32Array, length: number) => {
      for (let i = 0; i < batch; i++) {
        const picture = pixels.subarray(i * 3 * size ** 2, (i + 1) * 3 * size ** 2);
        for (const [v, view] of views.entries()) {
          const place = (v * batch + i) * length;
          makeView(picture, view, preprocessing, luck, values.subarray(place, place + length));
        }
      }
    };
    show(wholes, into.whole, 3 * size ** 2);
    show(new Array<ViewOptions>(parts).fill(part), into.parts, 3 * partSize ** 2);
    const views: Arrays = { [WHOLE]: ndarray("float32", [2 * batch, 3, size, size], into.whole) };
    if (parts > 0) views[PARTS] = ndarray("float32", [parts * batch, 3, partSize, partSize], into.parts);
    yield views;
    at += 1;
  }
}
