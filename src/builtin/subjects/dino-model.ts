/**
 * DINO's programs (Caron et al., 2021): a student that sees all views is to say of each what its teacher, a moving average of it, says
 * of the other whole views. The teacher's answers are centred (against one answer for everything) and sharpened (against all answers
 * alike). No labels.
 */
import { Random } from "../../base/random.js";
import { toModel } from "../../engine/grad/emit.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { averaged, beginAverages } from "../../engine/train/averages.js";
import type { Stepper } from "../../engine/train/fit-options.js";
import { adamW, type Optimiser } from "../../engine/train/optimisers.js";
import { constant, initialise } from "../../engine/train/parameters.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { TrainingStep } from "../../engine/train/step.js";
import { type DinoHeadOptions, dinoHead } from "../../zoo/dino-head.js";
import { type VitOptions, vit } from "../../zoo/vit.js";

export interface DinoPlan {
  /** Sides of whole views and of parts, in pixels; how many parts of each picture. */
  readonly size: number;
  readonly partSize: number;
  readonly parts: number;
  readonly network: Pick<VitOptions, "patch" | "width" | "depth" | "heads" | "ratio">;
  readonly head: Pick<DinoHeadOptions, "hidden" | "bottleneck" | "prototypes">;
  readonly studentTemperature: number;
  readonly teacherTemperature: number;
  /** Share of the centre that a step keeps. */
  readonly centreMomentum: number;
}

/** Inputs of the step: whole views [2 n, 3, size, size], the first of every picture first; parts likewise. */
export const WHOLE = "whole";
export const PARTS = "parts";
/** Input and output of the shipped network. */
export const IMAGES = "images";
export const FEATURES = "features";

export const TEACHER = "teacher.";
const CENTRE = "centre";

interface Sides {
  readonly graph: Graph;
  readonly loss: Tensor;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The program of a step on `batch` pictures: loss, and by what the teacher's answers are watched. */
export function dinoProgram(plan: DinoPlan, batch: number): Sides {
  const { size, partSize, parts, head, studentTemperature, teacherTemperature, centreMomentum } = plan;
  const graph = new Graph({ training: true });
  const whole = graph.input(WHOLE, "float32", [2 * batch, 3, size, size]);
  const answer = (images: Tensor, prefix = "") => dinoHead(featuresOf(images, plan, prefix), { ...head, prefix });
  const saying = (images: Tensor) => op.logSoftmax(op.mul(answer(images), 1 / studentTemperature), 1);

  const centre = graph.parameter(CENTRE, [1, head.prototypes], constant(0), { trained: false });
  const said = answer(whole, TEACHER);
  const taught = op.detach(op.softmax(op.mul(op.sub(said, centre), 1 / teacherTemperature), 1));
  graph.update(centre, op.add(op.mul(centre, centreMomentum), op.mul(op.mean(said, 0, true), 1 - centreMomentum)));

  const [one, other] = op.split(saying(whole), [batch, batch], 0);
  const likeliness = (said_: Tensor) => op.neg(op.mean(op.sum(op.mul(taught, said_), 1)));
  let loss = likeliness(op.concat([other, one], 0)); // each view is taught what the teacher says of the other one
  if (parts > 0) {
    const images = graph.input(PARTS, "float32", [parts * batch, 3, partSize, partSize]);
    const mean = op.mean(op.reshape(saying(images), [parts, batch, head.prototypes]), 0);
    loss = op.mul(op.add(loss, op.mul(likeliness(op.concat([mean, mean], 0)), parts)), 1 / (1 + parts));
  }
  return {
    graph,
    loss,
    outputs: { answerEntropy: op.mean(entropy(taught)), meanEntropy: op.mean(entropy(op.mean(taught, 0, true))) },
  };
}

/** Of each row of probabilities, in nats. */
const entropy = (p: Tensor): Tensor => op.neg(op.sum(op.mul(p, op.log(op.add(p, 1e-12))), 1));

const featuresOf = (images: Tensor, { network, size }: DinoPlan, prefix = ""): Tensor =>
  vit(images, { ...network, grid: size / network.patch, prefix }).logits;

export interface DinoStepOptions {
  readonly batch: number;
  readonly seed: number;
  readonly weightDecay: number;
  /** Share of the teacher that a step keeps. */
  readonly momentum: (step: number) => number;
}

export interface DinoTraining {
  readonly step: Stepper & { close(): Promise<void> };
  readonly values: ParameterValues;
  readonly optimiser: Optimiser;
}

/** Opens the step. The teacher begins as the student does. */
export async function openDino(plan: DinoPlan, options: DinoStepOptions): Promise<DinoTraining> {
  const { batch, seed, weightDecay, momentum } = options;
  const { graph, loss, outputs } = dinoProgram(plan, batch);
  const values = initialise(graph.parameters, new Random(seed));
  const isStudents = (name: string) => name !== CENTRE && !name.startsWith(TEACHER);
  const names = new Map([...values.keys()].filter(isStudents).map((name) => [name, TEACHER + name]));
  beginAverages(values, names);
  const optimiser = adamW({ weightDecay });
  const step = await TrainingStep.open({ loss, outputs, values, optimiser, only: isStudents, clipNorm: 3 });
  const close = () => step.close();
  return { step: Object.assign(averaged(step, values, { names, momentum }), { close }), values, optimiser };
}

/** The teacher without its head: `images` [n, 3, size, size], normalised, to `features` [n, width], the class token. */
export function teacherModel(values: ParameterValues, plan: DinoPlan): OnnxModel {
  const graph = new Graph();
  const { network, size } = plan;
  const { logits } = vit(graph.input(IMAGES, "float32", [1, 3, size, size]), network);
  const parameters = new Map(
    [...values]
      .filter(([name]) => name.startsWith(TEACHER))
      .map(([name, array]) => [name.slice(TEACHER.length), array]),
  );
  const open = { [IMAGES]: ["batch"], [FEATURES]: ["batch"] };
  return toModel(graph, { outputs: { [FEATURES]: logits }, parameters, open, name: "vision-transformer" });
}
