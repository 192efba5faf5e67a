/** The two programs of a classifier: the step that trains it, and the model that is judged and written. */
import { Random } from "../base/random.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import { toModel } from "../engine/grad/emit.js";
import { Graph } from "../engine/grad/graph.js";
import { withMetadata } from "../engine/onnx/metadata.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { accuracy, crossEntropy } from "../engine/train/losses.js";
import { adam, adamW, type Optimiser, sgd } from "../engine/train/optimisers.js";
import { initialise } from "../engine/train/parameters.js";
import type { ParameterValues } from "../engine/train/program.js";
import { TrainingStep } from "../engine/train/step.js";
import type { ClassifierNetwork, OptimiserName } from "./train-classifier-networks.js";

/** Names of inputs and output. */
export const IMAGES = "images";
export const LOGITS = "logits";
export const TARGETS = "targets";

export interface StepSettings {
  readonly size: number;
  readonly classes: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserName;
  readonly weightDecay: number;
  readonly seed: number;
  readonly threads: number | undefined;
}

/** The step that a training repeats, with first values. */
export async function openStep(
  build: ClassifierNetwork,
  { size, classes, batchSize, optimiser: name, weightDecay, seed, threads }: StepSettings,
): Promise<{ step: TrainingStep; values: ParameterValues; optimiser: Optimiser }> {
  const graph = new Graph({ training: true });
  const logits = build(graph.input(IMAGES, "float32", [batchSize, 3, size, size]), classes);
  checkLogits(logits.shape, batchSize, classes);
  const targets = graph.input(TARGETS, "int64", [batchSize]);
  const values = initialise(graph.parameters, new Random(seed));
  const optimiser = {
    sgd: () => sgd({ momentum: 0.9, nesterov: true, weightDecay }),
    adam: () => adam({ weightDecay }),
    adamw: () => adamW({ weightDecay }),
  }[name]();
  const step = await TrainingStep.open({
    ...{ values, optimiser, loss: crossEntropy(logits, targets) },
    outputs: { accuracy: accuracy(logits, targets) },
    ...(threads !== undefined && { session: { threads } }),
  });
  return { step, values, optimiser };
}

function checkLogits(shape: readonly number[], batch: number, classes: number): void {
  if (String(shape) === String([batch, classes])) return;
  throw new Error(`training a classifier: the network gives [${shape}]; expected [${batch}, ${classes}]`);
}

/**
 * The network with its weights in it, for any number of images, at once what is run for validation and what is written. Its
 * metadata hold the names of the classes and the normalisation, as JSON.
 */
export function inferenceModel(
  build: ClassifierNetwork,
  values: ParameterValues,
  { width, height, fit, range, mean, std, channels, layout }: Preprocessing,
  classes: readonly string[],
): OnnxModel {
  const graph = new Graph();
  const logits = build(graph.input(IMAGES, "float32", [1, 3, height, width]), classes.length);
  const open = { [IMAGES]: ["batch"], [LOGITS]: ["batch"] };
  const model = toModel(graph, { outputs: { [LOGITS]: logits }, parameters: values, open, name: "classifier" });
  const preprocessing = JSON.stringify({ width, height, fit, range, mean, std, channels, layout });
  return withMetadata(model, { classes: JSON.stringify(classes), preprocessing });
}
