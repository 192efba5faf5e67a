/**
 * Teaching the student (Hinton et al., 2015; with maps as well as answers: Romero et al., 2015): its last maps are to predict the
 * teacher's, its logits the teacher's answers, and a second head the pictures' own classes. Two lessons a picture, plain and
 * mirrored, each seen moved and with its brightness and tint changed.
 */
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { IMAGENET, tableOf } from "../../data/images/preprocess.js";
import { toModel } from "../../engine/grad/emit.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest, CheckpointOptions, FitResult } from "../../engine/train/fit-options.js";
import { convolution, linear } from "../../engine/train/layers.js";
import { crossEntropy, meanSquaredError } from "../../engine/train/losses.js";
import { adamW } from "../../engine/train/optimisers.js";
import { initialise } from "../../engine/train/parameters.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { cosine } from "../../engine/train/schedules.js";
import { seedAt } from "../../engine/train/seeds.js";
import { TrainingStep } from "../../engine/train/step.js";
import { STUDENT_SIZE, student } from "./student.js";
import { CELLS, type Lessons, LOG_STEP, mirrored, type Pictures } from "./teacher.js";

export interface DistilOptions {
  readonly channels: number;
  readonly answers: number;
  readonly classes: number;
  /** Pictures a step. */
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly checkpoint: CheckpointOptions;
  /** `metrics.jsonl`. */
  readonly log: string;
  readonly progress: Progress;
  readonly now: () => number;
}

/** Pixels by which a picture is moved, at most. The maps stay where they are: a cell is 16 pixels. */
const FARTHEST = 4;

/** How much the parts of the loss count. */
const WEIGHTS = { maps: 1, means: 1, answers: 1, classes: 0.5 };

/** Teaches a student. Its accuracy on the classes of `tests` is measured after each epoch. */
export async function distil(
  lessons: Lessons,
  tests: Pictures,
  options: DistilOptions,
): Promise<{ values: ParameterValues; result: FitResult }> {
  const { channels, answers, batch, seed, now, progress } = options;
  const moments = momentsOf(lessons, channels);
  const graph = new Graph({ training: true });
  const images = graph.input("images", "float32", [batch, 3, STUDENT_SIZE, STUDENT_SIZE]);
  const heads = headsOf(images, options);
  const taughtMaps = graph.input("maps", "float32", [batch, channels, CELLS, CELLS]);
  const taughtAnswers = graph.input("answers", "float32", [batch, answers]);
  const targets = graph.input("classes", "int64", [batch]);
  const means = (maps: Tensor) => op.mean(maps, [2, 3]);
  const parts = {
    maps: meanSquaredError(heads.maps, taughtMaps),
    means: op.mul(meanSquaredError(means(heads.maps), means(taughtMaps)), CELLS),
    answers: op.neg(op.mean(op.sum(op.mul(taughtAnswers, op.logSoftmax(heads.answers, 1)), 1))),
    classes: crossEntropy(heads.classes, targets, { smoothing: 0.1 }),
  };
  const loss = (Object.keys(parts) as (keyof typeof parts)[])
    .map((part) => op.mul(parts[part], WEIGHTS[part]))
    .reduce((a, b) => op.add(a, b));
  const values = initialise(graph.parameters, new Random(seed));
  const optimiser = adamW({ weightDecay: 0.05 });
  const step = await TrainingStep.open({ loss, values, optimiser, clipNorm: 5 });
  const stepsPerEpoch = Math.floor(lessons.count / batch);
  const { epochs, learningRate, checkpoint, log } = options;
  const result = await fit({
    ...{ step, values, optimiser, epochs, learningRate, stepsPerEpoch, seed, progress, now, checkpoint },
    schedule: cosine({ warmup: Math.min(300, Math.round((epochs * stepsPerEpoch) / 10)) }),
    batches: (request) => feeding(lessons, moments, options, request, stepsPerEpoch),
    evaluate: async () => ({ accuracy: await accuracyOf(values, tests, options) }),
    metrics: { path: log },
  }).finally(() => step.close());
  return { values, result };
}

function headsOf(images: Tensor, { channels, answers, classes }: DistilOptions) {
  const { layers, logits } = student(images, classes);
  const last = layers.layer4;
  return {
    maps: convolution(last, "maps", channels, 1),
    answers: linear(op.mean(last, [2, 3]), "answers", answers),
    classes: logits,
  };
}

interface Moments {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** Mean and 1 / standard deviation of the bytes of each channel, over the first lessons. */
function momentsOf({ maps, count }: Lessons, channels: number): Moments {
  const [mean, scale] = [new Float32Array(channels), new Float32Array(channels)];
  const area = CELLS ** 2;
  const some = Math.min(4000, 2 * count);
  for (let channel = 0; channel < channels; channel++) {
    let [sum, square] = [0, 0];
    for (let lesson = 0; lesson < some; lesson++) {
      const from = (lesson * channels + channel) * area;
      for (let i = from; i < from + area; i++) {
        sum += maps[i];
        square += maps[i] ** 2;
      }
    }
    mean[channel] = sum / (some * area);
    scale[channel] = 1 / Math.sqrt(Math.max(1, square / (some * area) - mean[channel] ** 2));
  }
  return { mean, scale };
}

async function* feeding(
  lessons: Lessons,
  { mean, scale }: Moments,
  { batch, channels, answers, seed }: DistilOptions,
  { epoch, first, random }: BatchRequest,
  steps: number,
): AsyncGenerator<Arrays> {
  const area = CELLS ** 2;
  const buffers = [0, 1].map(() => ({
    images: new Float32Array(batch * 3 * STUDENT_SIZE ** 2),
    maps: new Float32Array(batch * channels * area),
    answers: new Float32Array(batch * answers),
    classes: new BigInt64Array(batch),
  }));
  const probabilities = Float32Array.from({ length: 256 }, (_, byte) => Math.exp(byte * LOG_STEP));
  const order = random.permutation(lessons.count);
  for (let at = first; at < steps; at++) {
    const luck = new Random(seedAt(seed, epoch, at, 2));
    const into = buffers[at % 2];
    for (let i = 0; i < batch; i++) {
      const picture = order[at * batch + i];
      const view = luck.integer(2);
      showPicture(lessons.pixels, picture, view === 1, luck, into.images, i);
      const lesson = 2 * picture + view;
      for (let channel = 0; channel < channels; channel++) {
        const [from, to] = [(lesson * channels + channel) * area, (i * channels + channel) * area];
        for (let k = 0; k < area; k++) into.maps[to + k] = (lessons.maps[from + k] - mean[channel]) * scale[channel];
      }
      let total = 0;
      for (let k = 0; k < answers; k++) total += probabilities[lessons.answers[lesson * answers + k]];
      for (let k = 0; k < answers; k++) {
        into.answers[i * answers + k] = probabilities[lessons.answers[lesson * answers + k]] / total;
      }
      into.classes[i] = BigInt(lessons.labels[picture]);
    }
    yield {
      images: ndarray("float32", [batch, 3, STUDENT_SIZE, STUDENT_SIZE], into.images),
      maps: ndarray("float32", [batch, channels, CELLS, CELLS], into.maps),
      answers: ndarray("float32", [batch, answers], into.answers),
      classes: ndarray("int64", [batch], into.classes),
    };
  }
}

/** Normalises a picture that is mirrored, moved, and changed in brightness and tint; beyond its edge its edge is repeated. */
function showPicture(
  pixels: Uint8Array,
  picture: number,
  isMirrored: boolean,
  luck: Random,
  into: Float32Array,
  place: number,
): void {
  const side = STUDENT_SIZE;
  const size = 3 * side ** 2;
  const own = pixels.subarray(picture * size, (picture + 1) * size);
  const source = isMirrored ? mirrored(own, side) : own;
  const [right, down] = [luck.integer(2 * FARTHEST + 1) - FARTHEST, luck.integer(2 * FARTHEST + 1) - FARTHEST];
  const contrast = 0.8 + 0.4 * luck.uniform();
  const brightness = 0.6 * (luck.uniform() - 0.5);
  const inside = (n: number) => Math.min(side - 1, Math.max(0, n));
  for (let channel = 0; channel < 3; channel++) {
    const table = tableOf(IMAGENET, channel);
    const shift = brightness + 0.3 * (luck.uniform() - 0.5);
    for (let y = 0; y < side; y++) {
      const row = (channel * side + inside(y - down)) * side;
      const to = place * size + (channel * side + y) * side;
      for (let x = 0; x < side; x++) into[to + x] = table[source[row + inside(x - right)]] * contrast + shift;
    }
  }
}

/** Share of the test pictures whose class the student finds. */
async function accuracyOf(values: ParameterValues, tests: Pictures, options: DistilOptions): Promise<number> {
  const { batch } = options;
  const graph = new Graph();
  const { classes } = headsOf(graph.input("images", "float32", [1, 3, STUDENT_SIZE, STUDENT_SIZE]), options);
  const open = { images: ["batch"], classes: ["batch"] };
  const session = await openSession(toModel(graph, { outputs: { classes }, parameters: values, open }));
  const size = 3 * STUDENT_SIZE ** 2;
  const tables = [0, 1, 2].map((channel) => tableOf(IMAGENET, channel));
  let right = 0;
  for (let first = 0; first < tests.count; first += batch) {
    const count = Math.min(batch, tests.count - first);
    const bytes = tests.pixels.subarray(first * size, (first + count) * size);
    const pixels = Float32Array.from(bytes, (byte, i) => tables[Math.floor(i / STUDENT_SIZE ** 2) % 3][byte]);
    const { classes: logits } = await session.run({
      images: ndarray("float32", [count, 3, STUDENT_SIZE, STUDENT_SIZE], pixels),
    });
    const [, width] = logits.shape;
    for (let i = 0; i < count; i++) {
      const row = (logits.data as Float32Array).subarray(i * width, (i + 1) * width);
      if (row.indexOf(row.reduce((a, b) => Math.max(a, b))) === tests.labels[first + i]) right += 1;
    }
  }
  await session.close();
  return right / tests.count;
}
