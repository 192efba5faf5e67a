/**
 * Training of the captioner p(d | E) (paper, section 3.2; appendix B): AdamW on the likelihood of every annotation given the
 * features of its unit, with the doubly stochastic penalty; after each epoch held-out units are described greedily, and the
 * weights whose descriptions have the best ROUGE-L are kept. (The reference means to keep those of the best BLEU, and keeps the last. BLEU of
 * descriptions of few words jumps about, and "red" said of every unit can have the best.) Of little data a captioner says nothing for many
 * epochs; its patience begins with the first word that is right.
 *
 * Two things that the paper does not do can be asked for, and help where units are few: a moving average of the weights is what is judged
 * and kept, and exemplars are drawn anew, with replacement, each time a unit is shown.
 */
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import type { Arrays, SessionOptions } from "../../engine/runtime/session.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { averaged, beginAverages, warming } from "../../engine/train/averages.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest, FitResult } from "../../engine/train/fit-options.js";
import { adamW } from "../../engine/train/optimisers.js";
import { initialise } from "../../engine/train/parameters.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { seedAt } from "../../engine/train/seeds.js";
import { TrainingStep } from "../../engine/train/step.js";
import { scoreOf } from "../../language/metric.js";
import { rouge } from "../../language/rouge.js";
import type { Vocabulary } from "../../language/vocabulary.js";
import { Captioner } from "../captioner.js";
import { describeFeatures } from "../describe-features.js";
import { captionerGraph } from "./captioner-graph.js";
import { type Example, mostTokens, targetsOf } from "./examples.js";
import { type Features, gather } from "./feature-file.js";
import { placesOf } from "./forcing.js";

/** What both trainings share. */
export interface LearningOptions {
  readonly vocabulary: Vocabulary;
  /** Most tokens of an annotation that are learned from, `<stop>` included. */
  readonly length: number;
  readonly batch: number;
  readonly epochs: number;
  /** Epochs without a better value after which training ends. */
  readonly patience: number;
  readonly learningRate: number;
  readonly dropout: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly seed: number;
  /** File names without their endings: checkpoint and log. */
  readonly stem: string;
  /** What a checkpoint must have been made with, beyond the options above. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly resume: boolean;
  /** Least time between checkpoints; default two minutes. */
  readonly saveEveryMs?: number | undefined;
  /** The clock, in milliseconds. */
  readonly now: () => number;
  readonly progress: Progress;
  readonly session?: SessionOptions | undefined;
}

export interface CaptionerTraining extends LearningOptions {
  readonly features: Features;
  readonly examples: readonly Example[];
  /** Held-out units: their place among the features, and what people said of them, as tokens joined by spaces. */
  readonly heldOut: readonly HeldOut[];
  readonly attention: number;
  /** Share of the average that a step keeps, below 1; 0 for the weights themselves. */
  readonly average: number;
  /** Whether exemplars are drawn anew each time a unit is shown. */
  readonly redraw: boolean;
}

export interface HeldOut {
  readonly unit: number;
  readonly references: readonly string[];
}

/** What was learned. */
export interface Learned {
  readonly values: ParameterValues;
  readonly training: FitResult;
}

const CHECKPOINT_MS = 120_000;
const DESCRIBED_TOGETHER = 64;
/** Before the name of a weight, that of its average. */
const AVERAGE = "average.";

/** Trains. Errors: as `fit`'s. */
export async function trainCaptioner(options: CaptionerTraining): Promise<Learned> {
  const { vocabulary, features, examples, length, epochs, seed, dropout, session } = options;
  const rows = Math.min(options.batch, examples.length);
  const sizes = { embedding: options.embedding, hidden: options.hidden, attention: options.attention };
  const words = mostTokens(examples, { rows, epochs, seed });
  const program = captionerGraph({
    ...{ vocabulary, rows, steps: length, words, dropout, ...sizes },
    exemplars: features.exemplars,
    feature: features.featureSize,
  });
  const values = initialise(program.graph.parameters, new Random(seedAt(seed, 0, 3)));
  const optimiser = adamW();
  const step = await TrainingStep.open({ loss: program.loss, values, optimiser, session });
  const names = new Map([...values.keys()].map((name) => [name, AVERAGE + name]));
  const follows = options.average > 0;
  if (follows) beginAverages(values, names);
  const kept = follows ? new Map([...names].map(([name, average]) => [name, values.get(average)!])) : values;
  const stepsPerEpoch = Math.max(1, Math.floor(examples.length / rows));
  const training = await fit({
    ...{ values, optimiser, epochs, seed, stepsPerEpoch },
    step: follows ? averaged(step, values, { names, momentum: warming(options.average) }) : step,
    title: "captioner",
    learningRate: options.learningRate,
    batches: batchesOf(options, rows, words),
    evaluate: async () => ({ heldOutRouge: await rougeOf(kept, options) }),
    earlyStopping: { metric: "heldOutRouge", better: "higher", patience: options.patience, nothing: 0 },
    ...filesOf(options, {
      ...{ ...sizes, exemplars: features.exemplars, feature: features.featureSize },
      ...{ average: options.average, redraw: options.redraw },
    }),
  }).finally(() => step.close());
  return { values: kept, training };
}

/** Examples in a random order; what is left over sits out an epoch. Two buffers take turns. */
function batchesOf(options: CaptionerTraining, rows: number, words: number) {
  const { features, examples, vocabulary, length, seed, redraw } = options;
  const size = rows * features.exemplars * features.featureSize;
  const buffers = [new Float32Array(size), new Float32Array(size)];
  return async function* batches({ epoch, first, random }: BatchRequest): AsyncGenerator<Arrays> {
    const order = random.permutation(examples.length);
    for (let batch = first; (batch + 1) * rows <= order.length; batch++) {
      const some = Array.from(order.subarray(batch * rows, (batch + 1) * rows), (i) => examples[i]);
      const targets = targetsOf(some, rows, length, vocabulary);
      const units = some.map(({ unit }) => unit);
      const shown = await gather(features, units, buffers[batch % 2]);
      if (redraw) redrawExemplars(shown, new Random(seedAt(seed, epoch, batch, 5)));
      yield {
        features: shown,
        targets,
        places: placesOf(targets, { vocabulary, words }),
      };
    }
  };
}

/** In place: each exemplar of a row becomes one of the row's, drawn with replacement. @param features float32 [row, exemplar, feature]. */
export function redrawExemplars({ data, shape: [rows, exemplars, feature] }: NdArray<"float32">, random: Random): void {
  const size = exemplars * feature;
  for (let row = 0; row < rows; row++) {
    const own = data.slice(row * size, (row + 1) * size);
    for (let k = 0; k < exemplars; k++) {
      const drawn = random.integer(exemplars);
      data.set(own.subarray(drawn * feature, (drawn + 1) * feature), row * size + k * feature);
    }
  }
}

/** ROUGE-L of greedy descriptions of the held-out units, 0..1. */
async function rougeOf(values: ParameterValues, options: CaptionerTraining): Promise<number> {
  const { heldOut } = options;
  const texts = await captionsOf(
    values,
    heldOut.map(({ unit }) => unit),
    options,
  );
  return scoreOf(
    rouge("L"),
    texts,
    heldOut.map(({ references }) => references),
  );
}

/** Greedy descriptions of units, as tokens joined by spaces. @param units places among the features. */
export async function captionsOf(
  values: ParameterValues,
  units: readonly number[],
  { features, vocabulary, length, session }: Pick<CaptionerTraining, "features" | "vocabulary" | "length" | "session">,
): Promise<string[]> {
  const captioner = await Captioner.open(values, session);
  const texts: string[] = [];
  try {
    for (let first = 0; first < units.length; first += DESCRIBED_TOGETHER) {
      const some = await gather(features, units.slice(first, first + DESCRIBED_TOGETHER));
      const decoder = { captioner, start: vocabulary.start, stop: vocabulary.stop };
      for (const { beam } of await describeFeatures(decoder, some, { search: "greedy", length })) {
        texts.push(vocabulary.wordsOf(beam[0]?.tokens ?? []).join(" "));
      }
    }
    return texts;
  } finally {
    await captioner.close();
  }
}

/** Where a training keeps its checkpoint. */
export const checkpointOf = (stem: string) => `${stem}.checkpoint.safetensors`;

/** What the training loop is told of files, clock and identity. @param more sizes a checkpoint must agree with. */
export function filesOf(options: LearningOptions, more: Readonly<Record<string, unknown>>) {
  const { stem, resume, now, progress, batch, learningRate, dropout, length, seed, embedding, hidden } = options;
  const settings = { batch, learningRate, dropout, length, seed, embedding, hidden, epochs: options.epochs };
  return {
    now,
    progress,
    checkpoint: {
      path: checkpointOf(stem),
      everyMs: options.saveEveryMs ?? CHECKPOINT_MS,
      identity: { ...options.identity, ...settings, ...more },
      resume,
    },
    metrics: { path: `${stem}.metrics.jsonl` },
  };
}
