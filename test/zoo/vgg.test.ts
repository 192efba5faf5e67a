/** VGG against torchvision's, with made-up weights in narrow networks. */
import { test } from "vitest";
import { type VggDepth, vgg } from "../../src/zoo/vgg.js";
import { expectOutputs, expectParameters, parametersFor } from "./checks.js";
import { images } from "./made-up.js";

/** For two images of 70 x 66 pixels; the maps after ReLU. */
const PLAIN = {
  "features.0": { shape: [2, 4, 70, 66], mean: 0.6658232, last: [1.19221, 0, 0, 0] },
  "features.18": { shape: [2, 32, 4, 4], mean: 1.810179, last: [0, 0, 0, 1.81981] },
  logits: { shape: [2, 10], mean: -2.557543, last: [-6.04881, -10.5472, -0.895666, 4.12623] },
};
const NORMALISED = {
  "features.1": { shape: [2, 4, 70, 66], mean: 0.5548591, last: [0.631668, 0, 0, 0] },
  "features.26": { shape: [2, 32, 4, 4], mean: 0.1744726, last: [0.0147134, 0.186063, 0.255358, 0.319482] },
  logits: { shape: [2, 10], mean: -0.4409864, last: [0.639399, -1.01916, -0.0260866, -0.866995] },
};

test.each([
  ["plain", false, PLAIN],
  ["with batch normalisation", true, NORMALISED],
] as const)("%s: first and last map and the logits", (_, batchNorm, expected) =>
  expectOutputs(
    ({ images: pixels }) => {
      const { layers, logits } = vgg(pixels, { depth: 11, batchNorm, width: 4, hidden: 12, classes: 10 });
      const all = Object.entries({ ...layers, logits });
      return Object.fromEntries(all.filter(([name]) => name in expected));
    },
    { images: { shape: [1, 3, 70, 66] } },
    { images: images(2, 70, 66) },
    expected,
  ),
);

const PARAMETERS: [VggDepth, boolean, tensors: number, values: number, names: number][] = [
  [11, false, 22, 132_863_336, 0x7bb77d9e],
  [13, false, 26, 133_047_848, 0x7b4e95a4],
  [16, false, 32, 138_357_544, 0x263b49a8],
  [19, false, 38, 143_667_240, 0x22f27e3e],
  [11, true, 54, 132_868_840, 0xfa2f899f],
  [13, true, 66, 133_053_736, 0xc7717252],
  [16, true, 84, 138_365_992, 0xc81e0dea],
  [19, true, 102, 143_678_248, 0xaf61284a],
];

test.each(PARAMETERS)(
  "depth %i, batch norm %s: names and shapes are torchvision's",
  (depth, batchNorm, ...expected) => {
    expectParameters(
      parametersFor((x) => vgg(x, { depth, batchNorm })),
      ...expected,
    );
  },
);
