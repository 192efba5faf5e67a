/** DCGAN against PyTorch's example, with made-up weights in narrow networks. */
import { test } from "vitest";
import { Graph } from "../../src/engine/grad/graph.js";
import { dcganDiscriminator, dcganGenerator } from "../../src/zoo/dcgan.js";
import { expectOutputs, expectParameters, parametersFor } from "./checks.js";
import { images, latents } from "./made-up.js";

const GENERATOR = {
  "main.1": { shape: [2, 16, 4, 4], mean: 0.06782563, last: [0, 0.18342, 0.0214723, 0] },
  "main.4": { shape: [2, 8, 8, 8], mean: 0.04359801, last: [0, 0, 0, 0] },
  "main.7": { shape: [2, 4, 16, 16], mean: 0.03653821, last: [0.103685, 0.0784895, 0.0949144, 0.0675269] },
  images: { shape: [2, 3, 32, 32], mean: -0.009818997, last: [-0.00175761, -0.0390359, -0.0102503, -0.029373] },
};
const DISCRIMINATOR = {
  "main.0": { shape: [2, 4, 16, 16], mean: 0.4683796, last: [-0.0050431, -0.100589, -0.226525, -0.0140512] },
  "main.3": { shape: [2, 8, 8, 8], mean: 0.2803129, last: [1.04087, -0.226245, 0.517594, -0.121702] },
  "main.6": { shape: [2, 16, 4, 4], mean: 0.2401384, last: [0.921637, 0.623687, 0.30209, -0.000456221] },
  logits: { shape: [2], mean: -0.4361354, last: [0.216283, -1.08855] },
};

test("generator: all layers and the images", () =>
  expectOutputs(
    ({ latents: z }) => {
      const { layers, images: made } = dcganGenerator(z, { size: 32, width: 4 });
      return { ...layers, images: made };
    },
    { latents: { shape: [1, 8] } },
    { latents: latents(2, 8) },
    GENERATOR,
  ));

test("discriminator: all layers and the logits", () =>
  expectOutputs(
    ({ images: pixels }) => {
      const { layers, logits } = dcganDiscriminator(pixels, { size: 32, width: 4 });
      return { ...layers, logits };
    },
    { images: { shape: [1, 3, 32, 32] } },
    { images: images(2, 32, 32) },
    DISCRIMINATOR,
  ));

test("names and shapes are those of the example", () => {
  const graph = new Graph();
  dcganGenerator(graph.input("latents", "float32", [1, 100]), { size: 64 });
  expectParameters(graph.parameters, 21, 3_576_704, 0xb7691b29);
  expectParameters(
    parametersFor((x) => dcganDiscriminator(x, { size: 64 }), 64),
    17,
    2_765_568,
    0x27e7916b,
  );
});
