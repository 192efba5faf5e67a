/**
 * Residual networks (He et al., 2016). Depths 18 to 152 are torchvision's: basic blocks up to 34, beyond that bottlenecks with the
 * stride in their 3x3 convolution. Depths 20 to 110 are the paper's small ones for images of 32 or 64 pixels: three stages of
 * basic blocks behind a 3x3 convolution, without pooling; shortcuts that change shape are convolutions, as in the others.
 *
 * Layers: `conv1`, before batch normalisation and ReLU, and `layer1`, `layer2`, ..., the outputs of the stages. The model also has
 * names for the blocks before the last of a stage, `layer1.0`, and for what ReLU makes in between, `bn1` and `layer1.0.bn1`: the
 * module before it, whose result PyTorch's in-place ReLU overwrites.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { batchNorm, convolution, linear } from "../engine/train/layers.js";
import { heNormal } from "../engine/train/parameters.js";
import { asLayer, type Network } from "./network.js";
import { globalAverage } from "./pooling.js";

/** Blocks of each stage by depth. */
const STAGES = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  20: [3, 3, 3],
  32: [5, 5, 5],
  44: [7, 7, 7],
  56: [9, 9, 9],
  110: [18, 18, 18],
} as const;

export type ResnetDepth = keyof typeof STAGES;

export interface ResnetOptions {
  readonly depth: ResnetDepth;
  /** Channels of the first stage, before a bottleneck widens them; each stage doubles them. Default 64, or 16 for small images. */
  readonly width?: number;
  /** Default 1000, or 10 for small images. */
  readonly classes?: number;
  /** `large`: 7x7 with stride 2, then pooling; `small`: 3x3, for small images. Default: as the depth has it. */
  readonly stem?: "large" | "small";
}

/** @param images float32 [n, 3, y, x], normalised. */
export function resnet(images: Tensor, options: ResnetOptions): Network {
  const stages = STAGES[options.depth];
  const isSmall = stages.length === 3;
  const { width = isSmall ? 16 : 64, classes = isSmall ? 10 : 1000, stem = isSmall ? "small" : "large" } = options;
  return residual(images, {
    stem: stem === "small" ? { filters: width, kernel: 3, stride: 1 } : { filters: width, kernel: 7, stride: 2 },
    pools: stem === "large",
    bottleneck: options.depth === 50 || options.depth === 101 || options.depth === 152,
    stages: stages.map((blocks, i) => ({ blocks, width: width * 2 ** i, stride: i === 0 ? 1 : 2 })),
    classes,
  });
}

/** A residual network in general. */
export interface ResidualPlan {
  readonly stem: { readonly filters: number; readonly kernel: number; readonly stride: number };
  /** Whether the stem ends in max-pooling over 3x3, every second. */
  readonly pools: boolean;
  /** Whether blocks are 1x1, 3x3, 1x1 convolutions, the last four times as wide, rather than two of 3x3. */
  readonly bottleneck: boolean;
  /** The first block of a stage has its stride. */
  readonly stages: readonly { readonly blocks: number; readonly width: number; readonly stride: number }[];
  readonly classes: number;
}

/** @param images float32 [n, 3, y, x], normalised. */
export function residual(images: Tensor, { stem, pools, bottleneck, stages, classes }: ResidualPlan): Network {
  const { filters, kernel, stride } = stem;
  const conv1 = asLayer(convolved(images, "conv1", filters, kernel, stride), "conv1");
  const layers: Record<string, Tensor> = { conv1 };
  let x = asLayer(op.relu(batchNorm(conv1, "bn1")), "bn1");
  if (pools) x = op.maxPool(x, 3, { stride: 2, padding: 1 });
  for (const [stage, { blocks, width, stride: first }] of stages.entries()) {
    const name = `layer${stage + 1}`;
    for (let i = 0; i < blocks; i++) {
      const output = block(x, `${name}.${i}`, { width, stride: i === 0 ? first : 1, bottleneck });
      x = asLayer(output, i === blocks - 1 ? name : `${name}.${i}`);
    }
    layers[name] = x;
  }
  return { layers, logits: linear(globalAverage(x), "fc", classes) };
}

interface BlockOptions {
  readonly width: number;
  readonly stride: number;
  readonly bottleneck: boolean;
}

function block(x: Tensor, name: string, { width, stride, bottleneck }: BlockOptions): Tensor {
  const convolutions: [filters: number, kernel: number, stride: number][] = bottleneck
    ? [
        [width, 1, 1],
        [width, 3, stride],
        [width * 4, 1, 1],
      ]
    : [
        [width, 3, stride],
        [width, 3, 1],
      ];
  let inner = x;
  for (const [i, shape] of convolutions.entries()) {
    if (i > 0) inner = asLayer(op.relu(inner), `${name}.bn${i}`);
    inner = batchNorm(convolved(inner, `${name}.conv${i + 1}`, ...shape), `${name}.bn${i + 1}`);
  }
  const outputs = inner.shape[1];
  if (stride === 1 && x.shape[1] === outputs) return op.relu(op.add(inner, x));
  const shortcut = batchNorm(convolved(x, `${name}.downsample.0`, outputs, 1, stride), `${name}.downsample.1`);
  return op.relu(op.add(inner, shortcut));
}

/** A convolution for batch normalisation to follow: without bias, and as large as its input when the stride is 1. */
const convolved = (x: Tensor, name: string, filters: number, kernel: number, stride: number): Tensor =>
  convolution(x, name, filters, kernel, {
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    initial: heNormal(filters * kernel ** 2),
  });
