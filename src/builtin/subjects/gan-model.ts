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
import { inferenceModel } from "../../zoo/inference.js";
import { latentsOf, remaking } from "./gan-decoder.js";
import { eyes, recognised } from "./gan-eyes.js";
import { CLASS, decode, type GanPlan, GENERATOR, generate, IMAGES, LATENTS, ofKind } from "./gan-generator.js";

const DISCRIMINATOR = "D.";
const AVERAGE = "average.";

/** Share that the average keeps in a step, once training has gone on for a while. */
const MOMENTUM = 0.998;

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
  /** Weight of how badly pictures are made again (`remaking`), in the generator's loss. */
  readonly anchor: number;
  /** Parameters that are there already: the discriminator's eyes and the encoder, which stay as they are, and the generator that was a decoder. */
  readonly known: ParameterValues;
}

/**
 * The step, fed with `images` float32 [n, 3, y, x] in -1..1 and their classes `kinds` int64 [n], and for each network latents and
 * classes to make images of: `judgedLatents`, `judgedKinds`, `latents`, `class`; for the encoder's latents `noise`, as long as these.
 */
export async function openGan(plan: GanPlan, options: GanStepOptions): Promise<GanTraining> {
  const { seed, generatorRate } = options;
  const d = discriminatorLoss(plan, options);
  const g = generatorLoss(plan, options);
  const parameters = [d, g].flatMap(({ loss }) => [...loss.graph.parameters]);
  const values = initialise(new Map(parameters), new Random(seed));
  for (const [name, { data }] of options.known) values.get(name)?.data.set(data); // but for the eyes' head
  const optimiser = adam({ betas: [0, 0.99] }); // one memory serves both: their parameters have other names
  const open = (part: Part, prefix: string) =>
    TrainingStep.open({ ...part, values, optimiser, only: (name) => name.startsWith(prefix) });
  const steps = inTurn({
    discriminator: { step: await open(d, DISCRIMINATOR) },
    generator: { step: await open(g, GENERATOR), rate: generatorRate },
  });
  const names = new Map(
    [...values.keys()].filter((name) => name.startsWith(GENERATOR)).map((name) => [name, averageOf(name)]),
  );
  beginAverages(values, names);
  return { step: closing(averaged(steps, values, { names, momentum: warming(MOMENTUM) }), steps), values, optimiser };
}

interface Part {
  readonly loss: Tensor;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

type LossOptions = Pick<GanStepOptions, "classes" | "batch" | "guidance" | "anchor">;

function discriminatorLoss(plan: GanPlan, { classes, batch }: LossOptions): Part {
  const graph = new Graph({ training: true });
  const kinds = graph.input("judgedKinds", "int64", [batch]);
  const latents = graph.input("judgedLatents", "float32", [batch, plan.latent]);
  const fakes = judge(generate(latents, kinds, plan, classes, GENERATOR), kinds, plan, classes).logits;
  const { images, kinds: known } = pictures(graph, plan, batch);
  const real = judge(images, known, plan, classes).logits;
  const gap = op.sub(op.mean(real), op.mean(fakes));
  return { loss: op.add(hinge(real, 1), hinge(fakes, -1)), outputs: { gap } };
}

function generatorLoss(plan: GanPlan, { classes, batch, guidance, anchor }: LossOptions): Part {
  const graph = new Graph({ training: true });
  const kinds = graph.input(CLASS, "int64", [batch]);
  const latents = ofKind(graph.input(LATENTS, "float32", [batch, plan.latent]), kinds, plan, classes, GENERATOR);
  const known = pictures(graph, plan, batch);
  const seen = latentsOf(known.images, known.kinds, graph.input("noise", "float32", [batch, plan.latent]), classes);
  // one batch of both, so that they are normalised alike
  const both = [op.concat([latents, seen], 0), op.concat([kinds, known.kinds], 0)] as const;
  const made = decode(...both, plan, classes, GENERATOR);
  const [fakes, again] = op.split(made.images, [batch, batch], 0);
  const { logits, last } = judge(fakes, kinds, plan, classes);
  const unlike = crossEntropy(recognised(last, classes), kinds);
  const adversarial = op.sub(op.mul(unlike, guidance), op.mean(logits));
  const { loss: remade, unlike: lost, spikes } = remaking(again, known.images, made.layers);
  return { loss: op.add(adversarial, op.mul(remade, anchor)), outputs: { unlike, lost, spikes } };
}

const pictures = (graph: Graph, { size }: GanPlan, batch: number) => ({
  images: graph.input("images", "float32", [batch, 3, size, size]),
  kinds: graph.input("kinds", "int64", [batch]),
});

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
      [IMAGES]: generate(latents, kinds, plan, classes.length, ""),
    }),
    own,
    { inputs: { [LATENTS]: { shape: [1, plan.latent] }, [CLASS]: { dtype: "int64", shape: [1] } }, name: "generator" },
  );
  return withMetadata(model, { classes: JSON.stringify(classes) });
}
