/** ResNets against torchvision's, with made-up weights in narrow networks. */
import { expect, test } from "vitest";
import { differentiate } from "../../src/engine/grad/differentiate.js";
import { Graph } from "../../src/engine/grad/graph.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { crossEntropy } from "../../src/engine/train/losses.js";
import { evaluate } from "../../src/engine/train/program.js";
import { type ResnetDepth, resnet } from "../../src/zoo/resnet.js";
import { expectOutputs, expectParameters, expectSummary, parametersFor, type Summary } from "./checks.js";
import { images, weightsFor } from "./made-up.js";

/** Of all outputs of torchvision's blocks for two images of 70 x 66 pixels. */
const BASIC_18: Record<string, Summary> = {
  conv1: { shape: [2, 4, 35, 33], mean: 0.01698058, last: [-2.1379, 0.233816, -0.550116, 1.35809] },
  layer1: { shape: [2, 4, 18, 17], mean: 1.309391, last: [2.45623, 2.73668, 1.37415, 0.933518] },
  layer2: { shape: [2, 8, 9, 9], mean: 0.4948619, last: [0, 0.213801, 0, 0.294241] },
  layer3: { shape: [2, 16, 5, 5], mean: 0.6539774, last: [1.08299, 1.38921, 1.763, 0.753716] },
  layer4: { shape: [2, 32, 3, 3], mean: 0.6096064, last: [0, 0, 0.209527, 0.475612] },
  logits: { shape: [2, 10], mean: 0.4732216, last: [0.984733, -1.50881, 0.825441, 0.722273] },
};

const BOTTLENECK_50: Record<string, Summary> = {
  conv1: { shape: [2, 4, 35, 33], mean: 0.01698058, last: [-2.1379, 0.233816, -0.550116, 1.35809] },
  layer1: { shape: [2, 16, 18, 17], mean: 1.02896, last: [2.22127, 1.80169, 0, 0] },
  layer2: { shape: [2, 32, 9, 9], mean: 0.9653056, last: [0, 0.0573186, 0.0695801, 0.104829] },
  layer3: { shape: [2, 64, 5, 5], mean: 1.749369, last: [1.35944, 1.74474, 1.97043, 1.22912] },
  layer4: { shape: [2, 128, 3, 3], mean: 1.698997, last: [0.0953694, 0, 0, 0] },
  logits: { shape: [2, 10], mean: 3.023479, last: [7.31869, -0.852975, 3.70475, 2.92882] },
};

/** For two images of 32 x 32 pixels. */
const SMALL_20: Record<string, Summary> = {
  conv1: { shape: [2, 4, 32, 32], mean: 0.008303167, last: [-0.361997, -0.190511, -0.644319, -0.510474] },
  layer1: { shape: [2, 4, 32, 32], mean: 1.21143, last: [0.0921021, 0, 0.62858, 0] },
  layer2: { shape: [2, 8, 16, 16], mean: 1.486066, last: [0.127144, 0, 1.66976, 0.699041] },
  layer3: { shape: [2, 16, 8, 8], mean: 2.195458, last: [5.52578, 4.65987, 3.86648, 5.65893] },
  logits: { shape: [2, 10], mean: 2.173618, last: [4.92486, 5.2386, 5.97693, 8.70747] },
};

test.each([
  [18, 70, 66, BASIC_18],
  [50, 70, 66, BOTTLENECK_50],
  [20, 32, 32, SMALL_20],
] as const)("depth %i: all maps and the logits, written for another size", (depth, height, width, expected) =>
  expectOutputs(
    ({ images: pixels }) => {
      const { layers, logits } = resnet(pixels, { depth, width: 4, classes: 10 });
      return { ...layers, logits };
    },
    { images: { shape: [1, 3, 48, 40], open: { 0: "batch", 2: "height", 3: "width" } } },
    { images: images(2, height, width) },
    expected,
  ),
);

/** For four images of 32 x 32 pixels, of classes 1 to 4: of the first convolution, and of the last normalisation. */
const LOSS = 3.1667218;
const GRADIENT = { shape: [4, 3, 3, 3], mean: -0.01817711, last: [-0.028026, 0.167081, 0.0863618, -0.100967] };
const VARIANCE = { shape: [16], mean: 0.8504694, last: [0.638192, 1.07071, 0.625704, 0.703721] };

const PARAMETERS: [ResnetDepth, tensors: number, values: number, names: number][] = [
  [18, 102, 11_689_512, 0xafa05df5],
  [34, 182, 21_797_672, 0xc4d01bce],
  [50, 267, 25_557_032, 0x77efc3ab],
  [101, 522, 44_549_160, 0x4764e313],
  [152, 777, 60_192_808, 0xd475c28b],
  [20, 107, 272_474, 0x9ff7d3af],
  [32, 167, 466_906, 0x382b3922],
  [56, 287, 855_770, 0x88933a29],
];

test.each(PARAMETERS)("depth %i: names and shapes are those of torchvision's blocks", (depth, ...expected) => {
  expectParameters(
    parametersFor((x) => resnet(x, { depth })),
    ...expected,
  );
});

test("in training: loss, gradients and running statistics", async () => {
  const graph = new Graph({ training: true });
  const pixels = graph.input("images", "float32", [4, 3, 32, 32]);
  const targets = graph.input("targets", "int64", [4]);
  const loss = crossEntropy(resnet(pixels, { depth: 20, width: 4 }).logits, targets);
  const [gradient] = differentiate(loss, [graph.parameters.get("conv1.weight")!.tensor]);
  const variance = graph.updates.get("layer3.2.bn2.running_var")!;
  const data = { images: images(4, 32, 32), targets: ndarray("int64", [4], BigInt64Array.of(1n, 2n, 3n, 4n)) };
  const results = await evaluate(graph, { loss, gradient, variance }, data, weightsFor(graph.parameters));
  expect((results.loss.data as Float32Array)[0]).toBeCloseTo(LOSS, 5);
  expectSummary(results.gradient, GRADIENT, "gradient");
  expectSummary(results.variance, VARIANCE, "variance");
});
