/** ResNets against torchvision's, with made-up weights in narrow networks. */
import { expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { openSession } from "../../src/engine/runtime/open.js";
import type { NdArray } from "../../src/engine/tensor/ndarray.js";
import { type ResnetDepth, resnet } from "../../src/zoo/resnet.js";
import { images, resnetShapes, weights } from "./made-up.js";

const MAPS = ["conv1", "layer1", "layer2", "layer3", "layer4"] as const;

interface Summary {
  shape: number[];
  mean: number;
  last: number[];
}

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

async function run(depth: ResnetDepth, given: Map<string, NdArray>): Promise<Record<string, NdArray>> {
  const g = new GraphBuilder("test");
  const network = resnet(g, g.input("images", "float32", ["n", 3, "h", "w"]), given, { depth });
  for (const map of MAPS) g.output(network[map].value, map, "float32", ["n", network[map].channels, -1, -1]);
  if (network.logits) g.output(network.logits, "logits", "float32", ["n", 10]);
  const session = await openSession(g.build());
  const outputs = await session.run({ images: images(2, 70, 66) });
  await session.close();
  return outputs;
}

test.each([
  [18, [2, 2, 2, 2], BASIC_18],
  [50, [3, 4, 6, 3], BOTTLENECK_50],
] as const)("depth %i: all maps and the logits", async (depth, stages, expected) => {
  const outputs = await run(depth, weights(resnetShapes(stages, depth === 50, 4)));
  expect(Object.keys(outputs)).toEqual(Object.keys(expected));
  for (const [name, { shape, mean, last }] of Object.entries(expected)) {
    const data = outputs[name].data as Float32Array;
    expect(outputs[name].shape, name).toEqual(shape);
    expect(data.reduce((sum, x) => sum + x, 0) / data.length, name).toBeCloseTo(mean, 5);
    for (const [i, value] of last.entries()) expect(data[data.length - 4 + i], name).toBeCloseTo(value, 4);
  }
});

test("without a classifier there are no logits", async () => {
  const given = weights(resnetShapes([2, 2, 2, 2], false, 4));
  given.delete("fc.weight");
  expect(Object.keys(await run(18, given))).toEqual(MAPS);
});

test("missing and misshapen weights are named", async () => {
  const given = weights(resnetShapes([2, 2, 2, 2], false, 4));
  await expect(run(50, given)).rejects.toThrow("weights `layer1.0.conv3.weight` are missing");
  given.set("bn1.bias", given.get("layer4.0.bn1.bias")!);
  await expect(run(18, given)).rejects.toThrow("weights `bn1.bias` have shape [32]; expected [4]");
  await expect(run(18, new Map())).rejects.toThrow(UserError);
});
