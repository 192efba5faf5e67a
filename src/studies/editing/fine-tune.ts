/**
 * Fine-tuning of a classifier's last layers (paper, section 7): once units are silent, what reads them may learn to do without. Everything before
 * the last linear layers stays as it is, so its features are computed once for each picture (`features.ts`); what is trained is the small rest, by
 * our own engine, as the model's exporter wrote it. Silent units stay silent: their masks are no weights that learn.
 */
import { silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { importModel } from "../../engine/grad/import.js";
import * as op from "../../engine/grad/ops.js";
import { cut } from "../../engine/onnx/cut.js";
import { type Head, headOf } from "../../engine/onnx/head.js";
import type { TensorInfo } from "../../engine/onnx/values.js";
import { foldShapes } from "../../engine/runtime/fold.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { crossEntropy } from "../../engine/train/losses.js";
import { adamW } from "../../engine/train/optimisers.js";
import { initialise } from "../../engine/train/parameters.js";
import { type ParameterValues, Program } from "../../engine/train/program.js";
import { TrainingStep } from "../../engine/train/step.js";
import type { ClassPictures } from "../ablation/class-pictures.js";
import { answersOf, type Classifier } from "../ablation/classifier.js";
import type { SweepOptions } from "../ablation/sweep.js";
import { checkFeatures, type Features, featuresOf, rowsOf } from "./features.js";

export interface FineTuneOptions extends SweepOptions {
  /** Linear layers that learn, counted from the last; default 1. */
  readonly layers?: number | undefined;
  /** Default 10. */
  readonly epochs?: number | undefined;
  /** AdamW's; default 0.001. */
  readonly learningRate?: number | undefined;
  readonly seed: number;
}

export interface FineTuned {
  /** New values of initializers, by name. */
  readonly weights: ParameterValues;
  /** Training pictures that could be read. */
  readonly pictures: number;
  /** The epoch whose weights are kept, 0 for those from before. */
  readonly epoch: number;
  /** Validation accuracy after each epoch, that of before first. */
  readonly validation: readonly number[];
}

/** At most. */
const BATCH_SIZE = 64;

/**
 * Trains the last layers. Kept is the epoch with the most right answers on the validation pictures, of equal ones that with the lowest loss there.
 * Errors: `UserError` when the model has no such layers, they cannot be differentiated, features do not fit, or the loss is not finite any more.
 */
export async function fineTune(
  classifier: Classifier,
  training: ClassPictures,
  validation: ClassPictures,
  options: FineTuneOptions,
): Promise<FineTuned> {
  const { epochs = 10, learningRate = 0.001, seed, progress = silent } = options;
  const head = headOf("fine-tuning", classifier.model, classifier.output, options.layers);
  const info = classifier.infos.get(head.features)!;
  checkFeatures(info, training.ids.length + validation.ids.length);
  const known = await featuresOf(classifier, info, training, "features of training pictures", options);
  const judged = await featuresOf(classifier, info, validation, "features of validation pictures", options);
  const session = {
    ...(options.device && { device: options.device }),
    ...(options.threads && { threads: options.threads }),
  };
  // batches as large as each other, so that few pictures are left out of an epoch
  const batch = Math.floor(known.count / Math.ceil(known.count / BATCH_SIZE));
  const rest = await openHead(classifier, head, info, batch, session);
  try {
    const random = new Random(seed);
    progress.begin("fine-tuning", epochs, "epoch");
    const before = await rest.judge(judged);
    const all = [before];
    let best = { ...before, epoch: 0, weights: copyOf(rest.weights) };
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = random.permutation(known.count);
      for (let first = 0; first + rest.batch <= order.length; first += rest.batch) {
        const { data, targets } = rowsOf(known, order.subarray(first, first + rest.batch));
        await rest.step.run({ [rest.input]: data, [TARGETS]: targets }, learningRate);
      }
      const now = await rest.judge(judged);
      all.push(now);
      const isBetter = now.right > best.right || (now.right === best.right && now.loss < best.loss);
      if (isBetter) best = { ...now, epoch, weights: copyOf(rest.weights) };
      progress.update(epoch);
    }
    return {
      ...{ weights: best.weights, pictures: known.count, epoch: best.epoch },
      validation: all.map(({ right }) => right / judged.count),
    };
  } finally {
    progress.end();
    await rest.close();
  }
}

const TARGETS = "milan.targets";

/** The last layers as a program that learns, for batches of one size. */
async function openHead(
  { model, infos, output, classes }: Classifier,
  { features, logits, weights: names }: Head,
  info: TensorInfo,
  batch: number,
  session: SessionOptions,
) {
  const shapes = { [features]: [batch, ...info.shape.slice(1).map(Number)] };
  const part = cut(model, [info], [infos.get(logits) ?? output]);
  const { graph, tensors } = await importModel(part, { shapes, folded: await foldShapes(part, shapes) });
  const said = op.reshape(tensors.get(logits)!, [batch, classes]);
  const program = await Program.open(graph, { outputs: { [SAID]: said }, session });
  const values = initialise(graph.parameters, new Random(0));
  const loss = crossEntropy(said, graph.input(TARGETS, "int64", [batch]));
  const trained = new Set(names);
  const step = await TrainingStep.open({
    ...{ loss, values, optimiser: adamW(), session },
    only: (name) => trained.has(name),
  });
  return {
    ...{ step, batch, input: features },
    weights: new Map([...values].filter(([name]) => trained.has(name))),
    /** Right answers, and the sum of cross-entropies in nats. */
    async judge(known: Features): Promise<{ right: number; loss: number }> {
      let [right, sum] = [0, 0];
      for (let first = 0; first < known.count; first += batch) {
        // the last batch is filled up with its last picture
        const rows = Array.from({ length: batch }, (_, i) => Math.min(first + i, known.count - 1));
        const found = (await program.run({ [features]: rowsOf(known, rows).data }, values))[SAID];
        const answers = answersOf(found);
        for (let i = 0; i < batch && first + i < known.count; i++) {
          const label = known.classes[first + i];
          if (answers[i] === label) right++;
          sum += surprise((found.data as Float32Array).subarray(i * classes, (i + 1) * classes), label);
        }
      }
      return { right, loss: sum };
    },
    async close() {
      await step.close();
      await program.close();
    },
  };
}

const SAID = "milan.logits";

/** Cross-entropy of one row of logits, in nats. */
function surprise(logits: Float32Array, label: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b));
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - logits[label];
}

const copyOf = (values: ParameterValues): ParameterValues =>
  new Map([...values].map(([name, array]) => [name, { ...array, data: array.data.slice() }]));
