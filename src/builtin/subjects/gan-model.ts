/**
 * The programs of a class-conditional GAN: the two steps that train it, and the generator as it is shipped. The two networks are told
 * apart by prefixes, and so are the eyes that the discriminator sees with; a moving average of the generator, under a third, is what makes samples.
 */
import { Random } from "../../base/random.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { withMetadata } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { Arrays } from "../../engine/runtime/session.js";
import { averaged, beginAverages, warming } from "../../engine/train/averages.js";
import type { Stepper } from "../../engine/train/fit-options.js";
import { inTurn } from "../../engine/train/in-turn.js";
import { crossEntropy, hinge } from "../../engine/train/losses.js";
import { adam, type Optimiser } from "../../engine/train/optimisers.js";
import { initialise } from "../../engine/train/parameters.js";
import { type ParameterValues, Program } from "../../engine/train/program.js";
import { TrainingStep } from "../../engine/train/step.js";
import { bigganDiscriminator } from "../../zoo/biggan-discriminator.js";
import { bigganGenerator, type GeneratorOptions } from "../../zoo/biggan-generator.js";
import { inferenceModel } from "../../zoo/inference.js";
import { eyes, recognised } from "./gan-eyes.js";

export interface GanPlan {
  readonly size: GeneratorOptions["size"];
  /** Channels are multiples of it, in the generator and in the discriminator. */
  readonly width: number;
  readonly discriminatorWidth: number;
  /** Length of a latent. */
  readonly latent: number;
  /** Size of the class embedding. */
  readonly shared: number;
}

/** Inputs of the shipped generator, and its output. */
export const LATENTS = "latents";
export const CLASS = "class";
export const IMAGES = "images";

const GENERATOR = "G.";
const DISCRIMINATOR = "D.";
const AVERAGE = "average.";

/** Share that the average keeps in a step, once training has gone on for a while. */
const MOMENTUM = 0.998;

const generate = (latents: Tensor, kinds: Tensor, { size, width, shared }: GanPlan, classes: number, prefix: string) =>
  bigganGenerator(latents, kinds, { size, width, shared, classes, prefix, tapers: true });

function judge(images: Tensor, kinds: Tensor, { size, discriminatorWidth }: GanPlan, classes: number) {
  const { maps, last } = eyes(images);
  const options = { size, classes, width: discriminatorWidth, prefix: DISCRIMINATOR, tapers: true, beside: maps };
  return { logits: bigganDiscriminator(images, kinds, options).logits, last };
}

export interface GanTraining {
  readonly step: Stepper & { close(): Promise<void> };
  readonly values: ParameterValues;
  readonly optimiser: Optimiser;
}

export interface GanStepOptions {
  readonly classes: number;
  readonly batch: number;
  readonly seed: number;
  /** The generator's learning rate over the discriminator's. */
  readonly generatorRate: number;
  /** Weight of the cross-entropy of the classes that the eyes see, in the generator's loss. */
  readonly guidance: number;
  /** Parameters of the discriminator's eyes, which stay as they are. */
  readonly eyes: ParameterValues;
}

/**
 * The step, fed with `images` float32 [n, 3, y, x] in -1..1 and their classes `kinds` int64 [n], and for each network latents and
 * classes to make images of: `judgedLatents`, `judgedKinds`, `latents`, `class`.
 */
export async function openGan(plan: GanPlan, options: GanStepOptions): Promise<GanTraining> {
  const { classes, batch, seed, generatorRate, guidance } = options;
  const { size, latent } = plan;
  const start = (latentsName: string, kindsName: string) => {
    const graph = new Graph({ training: true });
    const kinds = graph.input(kindsName, "int64", [batch]);
    const fakes = generate(graph.input(latentsName, "float32", [batch, latent]), kinds, plan, classes, GENERATOR);
    return { graph, kinds, fakes: judge(fakes.images, kinds, plan, classes) };
  };
  const d = start("judgedLatents", "judgedKinds");
  const images = d.graph.input("images", "float32", [batch, 3, size, size]);
  const real = judge(images, d.graph.input("kinds", "int64", [batch]), plan, classes).logits;
  const g = start(LATENTS, CLASS);
  const unlike = crossEntropy(recognised(g.fakes.last, classes), g.kinds);
  const values = initialise(new Map([...d.graph.parameters, ...g.graph.parameters]), new Random(seed));
  for (const [name, { data }] of options.eyes) values.get(name)?.data.set(data); // but for the head
  const optimiser = adam({ betas: [0, 0.99] }); // one memory serves both: their parameters have other names
  const open = (loss: Tensor, prefix: string, outputs: Record<string, Tensor> = {}) =>
    TrainingStep.open({ loss, values, optimiser, outputs, only: (name) => name.startsWith(prefix) });
  const steps = inTurn({
    discriminator: {
      step: await open(op.add(hinge(real, 1), hinge(d.fakes.logits, -1)), DISCRIMINATOR, {
        gap: op.sub(op.mean(real), op.mean(d.fakes.logits)),
      }),
    },
    generator: {
      step: await open(op.sub(op.mul(unlike, guidance), op.mean(g.fakes.logits)), GENERATOR, { unlike }),
      rate: generatorRate,
    },
  });
  const names = new Map(
    [...values.keys()].filter((name) => name.startsWith(GENERATOR)).map((name) => [name, averageOf(name)]),
  );
  beginAverages(values, names);
  return { step: closing(averaged(steps, values, { names, momentum: warming(MOMENTUM) }), steps), values, optimiser };
}

const averageOf = (name: string) => AVERAGE + name.slice(GENERATOR.length);

function closing(step: Stepper, { close }: { close(): Promise<void> }): Stepper & { close(): Promise<void> } {
  return Object.assign(step, { close });
}

const STANDING_BATCHES = 60;
/** Before a parameter's name, what it will be. */
const NEXT = "next/";

/**
 * The averaged generator's parameters, under its own names, with the statistics of batch normalisation measured anew (Brock et al., 2019):
 * those that were averaged are of networks that are gone.
 * @param feeds latents and classes of a batch.
 */
export async function averagedGenerator(
  values: ParameterValues,
  plan: GanPlan,
  { classes, batch }: Pick<GanStepOptions, "classes" | "batch">,
  feeds: (batch: number) => Arrays,
): Promise<ParameterValues> {
  const own: ParameterValues = new Map(
    [...values]
      .filter(([name]) => name.startsWith(AVERAGE))
      .map(([name, array]) => [name.slice(AVERAGE.length), { ...array, data: array.data.slice() }]),
  );
  const graph = new Graph({ training: true });
  const inputs = [graph.input(LATENTS, "float32", [batch, plan.latent]), graph.input(CLASS, "int64", [batch])] as const;
  generate(...inputs, plan, classes, "");
  const outputs = Object.fromEntries([...graph.updates].map(([name, tensor]) => [NEXT + name, tensor]));
  const program = await Program.open(graph, { outputs });
  try {
    for (let i = 0; i < STANDING_BATCHES; i++) {
      const updates = await program.run(feeds(i), own);
      for (const [name, { data }] of Object.entries(updates))
        own.get(name.slice(NEXT.length))!.data.set(data as Float32Array);
    }
  } finally {
    await program.close();
  }
  return own;
}

/** The generator as a model: `latents` float32 [n, latent] and `class` int64 [n] in, `images` float32 [n, 3, y, x] in -1..1 out. */
export function generatorModel(own: ParameterValues, plan: GanPlan, classes: readonly string[]): OnnxModel {
  const model = inferenceModel(
    ({ [LATENTS]: latents, [CLASS]: kinds }) => ({
      [IMAGES]: generate(latents, kinds, plan, classes.length, "").images,
    }),
    own,
    { inputs: { [LATENTS]: { shape: [1, plan.latent] }, [CLASS]: { dtype: "int64", shape: [1] } }, name: "generator" },
  );
  return withMetadata(model, { classes: JSON.stringify(classes) });
}
