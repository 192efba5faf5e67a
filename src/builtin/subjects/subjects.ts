/**
 * The seven networks that stand for those of the paper's Table 1, small: AlexNet, ResNet and a class-conditional GAN on each of the
 * world's two data sets, and a vision transformer trained by self-supervision on the objects. Here is what each is trained with and which of
 * its layers are dissected; `build.ts` trains them. Epochs are for 750 pictures of each class.
 */
import { WORLD_SETS, type WorldSet } from "../../data/world/world.js";
import { latentPieces } from "../../zoo/biggan-generator.js";
import type { DinoSettings } from "./train-dino.js";
import type { GanSettings } from "./train-gan.js";

export interface ClassifierSettings {
  readonly size: number;
  readonly batch: number;
  readonly epochs: number;
  readonly optimiser: "sgd" | "adamw";
  readonly learningRate: number;
  readonly weightDecay: number;
}

interface Common {
  /** Of the files, too. */
  readonly name: string;
  readonly data: WorldSet;
  readonly seed: number;
  /** Short names of the layers to dissect, in the network's order. */
  readonly layers: readonly string[];
  /** Trained on the squares around the things (`close-ups.ts`) instead of whole pictures. */
  readonly seesCloseUps?: boolean;
}

/** A subject: what it is, and how it is trained. */
export type Subject = Common &
  (
    | { readonly network: "alexnet" | "resnet"; readonly settings: ClassifierSettings }
    | { readonly network: "gan"; readonly settings: GanSettings }
    | { readonly network: "dino"; readonly settings: DinoSettings }
  );

const ALEXNET: ClassifierSettings = {
  ...{ size: 64, batch: 64, epochs: 10, optimiser: "adamw", learningRate: 2e-3, weightDecay: 0.05 },
};
const RESNET: ClassifierSettings = {
  ...{ size: 64, batch: 64, epochs: 8, optimiser: "adamw", learningRate: 3e-3, weightDecay: 0.05 },
};
const GAN: GanSettings = {
  ...{ size: 32, width: 16, discriminatorWidth: 16, latent: 16 * latentPieces(32), shared: 64 },
  ...{ eyesEpochs: 3, decoderSteps: 8000, batch: 32, steps: 3000 },
  ...{ learningRate: 4e-4, generatorRate: 0.5, guidance: 0.1, anchor: 10 },
};
/** Things have shapes, which take an adversary longer than a place's layout. */
const GAN_OF_THINGS: GanSettings = { ...GAN, steps: 4500 };
const DINO: DinoSettings = {
  ...{ size: 64, partSize: 32, parts: 4, network: { patch: 8, width: 128, depth: 4, heads: 4, ratio: 3 } },
  head: { hidden: 256, bottleneck: 64, prototypes: 512 },
  ...{ studentTemperature: 0.1, teacherTemperature: 0.04, centreMomentum: 0.9 },
  ...{ batch: 32, epochs: 5, learningRate: 1e-3, weightDecay: 0.04, momentum: 0.99 },
  ...{ wholeScale: [0.4, 1], partScale: [0.08, 0.4] },
};

const CONVOLUTIONS = ["features.1", "features.5", "features.9", "features.12", "features.15"];
const STAGES = ["conv1", "layer1", "layer2", "layer3", "layer4"];
const BLOCKS = ["blocks.0", "blocks.1", "blocks.2"];
const PERCEPTRONS = Array.from({ length: DINO.network.depth }, (_, i) => `blocks.${i}.mlp.fc1`);

const classifiers = (data: WorldSet): readonly Subject[] => {
  const place = data.slice("world-".length);
  const seed = 1 + WORLD_SETS.indexOf(data);
  return [
    { name: `alexnet-${place}`, network: "alexnet", data, seed, settings: ALEXNET, layers: CONVOLUTIONS },
    { name: `resnet-${place}`, network: "resnet", data, seed, settings: RESNET, layers: STAGES },
  ];
};

export const SUBJECTS: readonly Subject[] = [
  ...classifiers("world-objects"),
  {
    ...{ name: "gan-objects", network: "gan", data: "world-objects", seed: 1, settings: GAN_OF_THINGS, layers: BLOCKS },
    seesCloseUps: true,
  },
  ...classifiers("world-scenes"),
  { name: "gan-scenes", network: "gan", data: "world-scenes", seed: 2, settings: GAN, layers: BLOCKS },
  { name: "dino-objects", network: "dino", data: "world-objects", seed: 1, settings: DINO, layers: PERCEPTRONS },
];
