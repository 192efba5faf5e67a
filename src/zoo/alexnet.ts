/** AlexNet (Krizhevsky, 2014) as torchvision defines it. Its layers, `features.0` to `features.10`, are taken after ReLU. */
import type { Tensor } from "../engine/grad/graph.js";
import type { Network } from "./network.js";
import { adaptiveAverage } from "./pooling.js";
import { classifier, features, type Step } from "./sequential.js";

export interface AlexnetOptions {
  /** Default 1000. */
  readonly classes?: number;
  /** Channels of the five convolutions. */
  readonly widths?: readonly number[];
  /** Units of the two dense layers. Default 4096. */
  readonly hidden?: number;
  /** The first convolution. Default: as published, 11x11, every fourth pixel, padded by 2. */
  readonly stem?: { readonly kernel: number; readonly stride: number; readonly padding: number };
  /** Whether convolutions are followed by batch normalisation, as VGG's may be; numbers count it then. Default: as published, not. */
  readonly batchNorm?: boolean;
  /** Cells along each side of the maps that the dense layers read. Default 6. */
  readonly cells?: number;
  /** Share of the inputs of these that training drops. Default 0.5. */
  readonly dropout?: number;
}

export const ALEXNET_WIDTHS: readonly number[] = [64, 192, 384, 256, 256];

const STEM = { kernel: 11, stride: 4, padding: 2 } as const;

/** @param images float32 [n, 3, y, x], normalised, at least 63 pixels each way; fewer with another stem. */
export function alexnet(images: Tensor, options: AlexnetOptions = {}): Network {
  const { classes = 1000, widths = ALEXNET_WIDTHS, hidden = 4096, dropout = 0.5, stem = STEM, cells = 6 } = options;
  const normalised = { batchNorm: options.batchNorm ?? false };
  const steps: Step[] = [
    { filters: widths[0], ...stem },
    { pool: 3 },
    { filters: widths[1], kernel: 5, padding: 2 },
    { pool: 3 },
    { filters: widths[2], kernel: 3, padding: 1 },
    { filters: widths[3], kernel: 3, padding: 1 },
    { filters: widths[4], kernel: 3, padding: 1 },
    { pool: 3 },
  ];
  const { layers, last } = features(images, steps, normalised);
  const dense = [
    { index: 1, outputs: hidden, drops: true },
    { index: 4, outputs: hidden, drops: true },
    { index: 6, outputs: classes, drops: false },
  ];
  return { layers, logits: classifier(adaptiveAverage(last, cells), dense, dropout) };
}
