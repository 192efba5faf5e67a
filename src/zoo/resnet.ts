/**
 * Residual networks (He et al., 2016) as torchvision defines them, for inference with given weights: basic blocks up to depth
 * 34, bottlenecks with the stride in their 3x3 convolution beyond.
 */
import type { GraphBuilder, Value } from "../engine/onnx/build.js";
import { type FeatureMap, Layers, type Weights } from "./layers.js";

/** Blocks of each of the four stages by depth. */
const STAGES = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const;

export type ResnetDepth = keyof typeof STAGES;

export interface Resnet {
  /** The first convolution's output, before batch normalisation and ReLU: half the image's size. */
  readonly conv1: FeatureMap;
  /** The outputs of the four stages, after ReLU: a fourth of the image's size, then half each time. */
  readonly layer1: FeatureMap;
  readonly layer2: FeatureMap;
  readonly layer3: FeatureMap;
  readonly layer4: FeatureMap;
  /** float32 [image, class]; absent when the weights have no `fc`. */
  readonly logits: Value | undefined;
}

/**
 * Writes a ResNet into a graph.
 * @param images float32 [image, 3, y, x], normalised as in training.
 * @param weights under torchvision's names. Errors: `UserError` naming those that are missing.
 */
export function resnet(g: GraphBuilder, images: Value, weights: Weights, { depth }: { depth: ResnetDepth }): Resnet {
  const layers = new Layers(g, weights);
  const block = depth >= 50 ? bottleneck : basicBlock;
  const conv1 = layers.convolution(images, "conv1", { stride: 2, padding: 3 });
  const stem = layers.relu(layers.batchNorm(conv1, "bn1"));
  let x: FeatureMap = { value: layers.maxPool(stem.value, 1), channels: stem.channels };
  const stages = STAGES[depth].map((blocks, stage) => {
    for (let i = 0; i < blocks; i++) {
      const isFirst = i === 0;
      const hasShortcut = isFirst && (stage > 0 || depth >= 50);
      x = block(layers, x, `layer${stage + 1}.${i}`, isFirst && stage > 0 ? 2 : 1, hasShortcut);
    }
    return x;
  });
  const [layer1, layer2, layer3, layer4] = stages;
  return { conv1, layer1, layer2, layer3, layer4, logits: layers.has("fc") ? classify(g, layers, layer4) : undefined };
}

type Block = (layers: Layers, x: FeatureMap, name: string, stride: number, hasShortcut: boolean) => FeatureMap;

const basicBlock: Block = (layers, x, name, stride, hasShortcut) => {
  const inner = convolve(layers, x, name, 1, { stride, padding: 1 });
  const outer = convolve(layers, layers.relu(inner), name, 2, { padding: 1 });
  return layers.relu(layers.add(outer, shortcut(layers, x, name, stride, hasShortcut)));
};

const bottleneck: Block = (layers, x, name, stride, hasShortcut) => {
  const narrow = convolve(layers, x, name, 1, {});
  const middle = convolve(layers, layers.relu(narrow), name, 2, { stride, padding: 1 });
  const wide = convolve(layers, layers.relu(middle), name, 3, {});
  return layers.relu(layers.add(wide, shortcut(layers, x, name, stride, hasShortcut)));
};

function convolve(layers: Layers, x: FeatureMap, name: string, n: number, options: object): FeatureMap {
  return layers.batchNorm(layers.convolution(x.value, `${name}.conv${n}`, options), `${name}.bn${n}`);
}

function shortcut(layers: Layers, x: FeatureMap, name: string, stride: number, hasShortcut: boolean): FeatureMap {
  if (!hasShortcut) return x;
  return layers.batchNorm(layers.convolution(x.value, `${name}.downsample.0`, { stride }), `${name}.downsample.1`);
}

function classify(g: GraphBuilder, layers: Layers, last: FeatureMap): Value {
  return layers.linear(g.node("Flatten", [g.node("GlobalAveragePool", [last.value])]), "fc");
}
