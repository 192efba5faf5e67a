/** The networks that can be trained as classifiers, by name, with the settings that suit them. */
import { nearest, UserError } from "../base/errors.js";
import type { Tensor } from "../engine/grad/graph.js";
import { alexnet } from "../zoo/alexnet.js";
import { type ResnetDepth, resnet } from "../zoo/resnet.js";
import { VIT_SMALL, vit } from "../zoo/vit.js";

/** Writes a network: images float32 [n, 3, size, size], normalised, to logits [n, class]. */
export type ClassifierNetwork = (images: Tensor, classes: number) => Tensor;

/** What is trained with which settings, unless the user says otherwise. */
export interface Recipe {
  readonly build: ClassifierNetwork;
  readonly optimiser: OptimiserName;
  readonly learningRate: number;
  readonly weightDecay: number;
}

export const OPTIMISERS = ["sgd", "adam", "adamw"] as const;
export type OptimiserName = (typeof OPTIMISERS)[number];

interface Entry extends Omit<Recipe, "build"> {
  /** Writes it for images of this size. */
  readonly build: (size: number) => ClassifierNetwork;
  /** Sizes of images are multiples of the second number from the first on. */
  readonly sizes: readonly [number, number];
}

const residual = (depth: ResnetDepth): Entry => ({
  build: () => (images, classes) => resnet(images, { depth, classes }).logits,
  sizes: [16, 1],
  optimiser: "sgd",
  learningRate: 0.05,
  weightDecay: 5e-4,
});

const NETWORKS: Readonly<Record<string, Entry>> = {
  resnet18: residual(18),
  resnet34: residual(34),
  resnet50: residual(50),
  resnet20: residual(20),
  resnet32: residual(32),
  resnet44: residual(44),
  resnet56: residual(56),
  alexnet: {
    build: () => (images, classes) => alexnet(images, { classes }).logits,
    sizes: [63, 1],
    ...{ optimiser: "sgd", learningRate: 0.01, weightDecay: 5e-4 },
  },
  "vit-small": {
    // 64 patches, whatever the size
    build: (size) => (images, classes) => vit(images, { ...VIT_SMALL, patch: size / 8, classes, dropout: 0.1 }).logits,
    sizes: [16, 8],
    ...{ optimiser: "adamw", learningRate: 1e-3, weightDecay: 0.05 },
  },
};

export const CLASSIFIERS: readonly string[] = Object.keys(NETWORKS);

/** For networks that are given as functions. */
const GENERAL = { optimiser: "sgd", learningRate: 0.05, weightDecay: 5e-4 } as const;

/** What to train for a name, or for a network of one's own. Errors: `UserError` for an unknown name or a size that does not fit. */
export function recipeOf(network: string | ClassifierNetwork, size: number): Recipe {
  if (typeof network !== "string") return { build: network, ...GENERAL };
  const entry = Object.hasOwn(NETWORKS, network) ? NETWORKS[network] : undefined;
  if (!entry) {
    throw new UserError(
      `training: no network ${network}; expected one of ${CLASSIFIERS.join(", ")}; the nearest is ${nearest(network, CLASSIFIERS, 1)[0]}`,
    );
  }
  const [least, multiple] = entry.sizes;
  if (!Number.isInteger(size) || size < least || size % multiple !== 0) {
    const rule = multiple === 1 ? "" : ` and a multiple of ${multiple}`;
    throw new UserError(`training ${network}: images of ${size} pixels; expected at least ${least}${rule}; set --size`);
  }
  return { ...entry, build: entry.build(size) };
}
