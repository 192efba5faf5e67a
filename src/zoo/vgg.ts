/**
 * VGG (Simonyan & Zisserman, 2015) as torchvision defines it, with batch normalisation or without. Its layers are taken after
 * ReLU and named after the module before it: the convolution, or its normalisation.
 */
import type { Tensor } from "../engine/grad/graph.js";
import { heNormal, normal } from "../engine/train/parameters.js";
import type { Network } from "./network.js";
import { adaptiveAverage } from "./pooling.js";
import { classifier, features, type Step } from "./sequential.js";

/** Convolutions before each of the five poolings, by depth. */
const STAGES = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
} as const;

export type VggDepth = keyof typeof STAGES;

export interface VggOptions {
  readonly depth: VggDepth;
  readonly batchNorm?: boolean;
  /** Channels of the first stage; they double up to the fourth. Default 64. */
  readonly width?: number;
  /** Default 1000. */
  readonly classes?: number;
  /** Units of the two dense layers. Default 4096. */
  readonly hidden?: number;
  /** Share of their outputs that training drops. Default 0.5. */
  readonly dropout?: number;
}

/** @param images float32 [n, 3, y, x], normalised, at least 32 pixels each way. */
export function vgg(images: Tensor, options: VggOptions): Network {
  const { depth, batchNorm = false, width = 64, classes = 1000, hidden = 4096, dropout = 0.5 } = options;
  const steps = STAGES[depth].flatMap((count, stage): Step[] => {
    const filters = width * 2 ** Math.min(stage, 3);
    const convolution = { filters, kernel: 3, padding: 1, initial: heNormal(filters * 9) };
    return [...new Array<Step>(count).fill(convolution), { pool: 2 }];
  });
  const { layers, last } = features(images, steps, { batchNorm });
  const initial = normal(0.01);
  const dense = [
    { index: 0, outputs: hidden, drops: false, initial },
    { index: 3, outputs: hidden, drops: true, initial },
    { index: 6, outputs: classes, drops: true, initial },
  ];
  return { layers, logits: classifier(adaptiveAverage(last, 7), dense, dropout) };
}
