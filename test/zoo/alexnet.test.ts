/** AlexNet against torchvision's, with made-up weights in a narrow network. */
import { test } from "vitest";
import { alexnet } from "../../src/zoo/alexnet.js";
import { expectOutputs, expectParameters, parametersFor } from "./checks.js";
import { images } from "./made-up.js";

/** For two images of 70 x 66 pixels; the maps after ReLU. */
const EXPECTED = {
  "features.0": { shape: [2, 4, 16, 15], mean: 0.6467805, last: [0.783108, 0.796094, 0, 0.636717] },
  "features.3": { shape: [2, 6, 7, 7], mean: 1.420395, last: [0, 0, 0, 0] },
  "features.6": { shape: [2, 8, 3, 3], mean: 2.052022, last: [4.5714, 0.496408, 1.00367, 2.66466] },
  "features.8": { shape: [2, 6, 3, 3], mean: 2.031327, last: [4.67406, 0.563739, 2.31164, 3.57571] },
  "features.10": { shape: [2, 5, 3, 3], mean: 0.8437507, last: [5.01562, 0, 5.17212, 3.08396] },
  logits: { shape: [2, 10], mean: -0.05901119, last: [-2.74406, -1.46285, 1.28934, 2.44068] },
};

const narrow = { widths: [4, 6, 8, 6, 5], hidden: 7, classes: 10 };

test("all maps and the logits, whose pooling enlarges a map of one place", () =>
  expectOutputs(
    ({ images: pixels }) => {
      const { layers, logits } = alexnet(pixels, narrow);
      return { ...layers, logits };
    },
    { images: { shape: [1, 3, 70, 66] } },
    { images: images(2, 70, 66) },
    EXPECTED,
  ));

test("names and shapes are torchvision's", () => {
  expectParameters(
    parametersFor((x) => alexnet(x)),
    16,
    61_100_840,
    0x0c5348c8,
  );
});
