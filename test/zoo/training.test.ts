/** A few steps of learning on one small batch: every network's loss goes down, and what is not to change does not. */
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { Graph, type Tensor } from "../../src/engine/grad/graph.js";
import * as op from "../../src/engine/grad/ops.js";
import type { Arrays } from "../../src/engine/runtime/session.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { binaryCrossEntropy, crossEntropy, hinge } from "../../src/engine/train/losses.js";
import { adam } from "../../src/engine/train/optimisers.js";
import { initialise } from "../../src/engine/train/parameters.js";
import type { ParameterValues } from "../../src/engine/train/program.js";
import { TrainingStep } from "../../src/engine/train/step.js";
import { bigganDiscriminator } from "../../src/zoo/biggan-discriminator.js";
import { bigganGenerator } from "../../src/zoo/biggan-generator.js";
import { dcganDiscriminator, dcganGenerator } from "../../src/zoo/dcgan.js";
import type { Network } from "../../src/zoo/network.js";
import { resnet } from "../../src/zoo/resnet.js";
import { vit } from "../../src/zoo/vit.js";
import { images, latents } from "./made-up.js";

const BATCH = 4;
const STEPS = 6;
const KINDS = ndarray("int64", [BATCH], BigInt64Array.of(0n, 1n, 2n, 0n));
const pictures = images(BATCH, 32, 32);

interface Learning {
  readonly values: ParameterValues;
  readonly only?: (name: string) => boolean;
  readonly learningRate: number;
}

/** The loss at each step. */
async function learn(loss: Tensor, data: Arrays, { learningRate, ...options }: Learning): Promise<number[]> {
  const step = await TrainingStep.open({ loss, optimiser: adam({ betas: [0.5, 0.999] }), ...options });
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) losses.push((await step.run(data, learningRate)).loss);
  await step.close();
  return losses;
}

function expectFall(losses: readonly number[], by: number): void {
  expect(losses.every(Number.isFinite), String(losses)).toBe(true);
  expect(losses[0] - losses.at(-1)!, String(losses)).toBeGreaterThan(by);
}

const classifiers: Record<string, (images: Tensor) => Network> = {
  "ResNet-20": (x) => resnet(x, { depth: 20, width: 4 }),
  "ViT with dropout": (x) => vit(x, { patch: 8, width: 24, depth: 2, heads: 2, classes: 10, dropout: 0.1 }),
};

test.each(Object.entries(classifiers))("%s", async (_, network) => {
  const graph = new Graph({ training: true });
  const { logits } = network(graph.input("images", "float32", pictures.shape));
  const loss = crossEntropy(logits, graph.input("labels", "int64", [BATCH]));
  const values = initialise(graph.parameters, new Random(1));
  const seed = graph.inputs.some(({ name }) => name === "seed")
    ? { seed: ndarray("uint32", [], Uint32Array.of(7)) }
    : {};
  expectFall(await learn(loss, { images: pictures, labels: KINDS, ...seed }, { values, learningRate: 0.01 }), 0.5);
});

interface Gan {
  readonly generate: (latents: Tensor, labels: Tensor) => Tensor;
  readonly judge: (images: Tensor, labels: Tensor) => Tensor;
  /** Of the scores of images and of fakes. */
  readonly discriminatorLoss: (real: Tensor, fake: Tensor) => Tensor;
  readonly generatorLoss: (fake: Tensor) => Tensor;
}

const gans: Record<string, Gan> = {
  DCGAN: {
    generate: (z) => dcganGenerator(z, { size: 32, width: 4, prefix: "G." }).images,
    judge: (x) => dcganDiscriminator(x, { size: 32, width: 4, prefix: "D." }).logits,
    discriminatorLoss: (real, fake) => op.add(binaryCrossEntropy(real, 1), binaryCrossEntropy(fake, 0)),
    generatorLoss: (fake) => binaryCrossEntropy(fake, 1),
  },
  "the class-conditional GAN": {
    generate: (z, y) => bigganGenerator(z, y, { size: 32, classes: 3, width: 2, shared: 6, prefix: "G." }).images,
    judge: (x, y) => bigganDiscriminator(x, y, { size: 32, classes: 3, width: 4, prefix: "D." }).logits,
    discriminatorLoss: (real, fake) => op.add(hinge(real, 1), hinge(fake, -1)),
    generatorLoss: (fake) => op.neg(op.mean(fake)),
  },
};

test.each(Object.entries(gans))("%s", async (_, gan) => {
  const begin = () => {
    const graph = new Graph({ training: true });
    const fed = graph.input("labels", "int64", [BATCH]);
    return { graph, fed, fakes: gan.generate(graph.input("latents", "float32", [BATCH, 16]), fed) };
  };
  const [one, other] = [begin(), begin()];
  const real = one.graph.input("images", "float32", pictures.shape);
  const againstFakes = gan.discriminatorLoss(gan.judge(real, one.fed), gan.judge(one.fakes, one.fed));
  const values = initialise(one.graph.parameters, new Random(2));
  const before = new Map([...values].map(([name, { data }]) => [name, data.slice()]));
  const isSame = (name: string) => values.get(name)!.data.every((value, i) => value === before.get(name)![i]);
  const trained = [...one.graph.parameters].filter(([, parameter]) => parameter.trained).map(([name]) => name);

  const data = { latents: latents(BATCH, 16), labels: KINDS };
  const judging = { values, only: (name: string) => name.startsWith("D."), learningRate: 0.005 };
  expectFall(await learn(againstFakes, { images: pictures, ...data }, judging), 0.1);
  for (const name of trained) expect(isSame(name), name).toBe(name.startsWith("G."));
  const carried = [...one.graph.updates.keys()];
  expect(carried.filter(isSame)).toEqual([]);
  expect(carried.some((name) => name.startsWith("G."))).toBe(true);

  const asReal = gan.generatorLoss(gan.judge(other.fakes, other.fed));
  const making = { values, only: (name: string) => name.startsWith("G."), learningRate: 0.005 };
  expectFall(await learn(asReal, data, making), 0.1);
});
