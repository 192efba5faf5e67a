/** The class-conditional networks against BigGAN's blocks in PyTorch, with made-up weights: at rest and in training. */
import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/engine/grad/differentiate.js";
import { Graph } from "../../src/engine/grad/graph.js";
import * as op from "../../src/engine/grad/ops.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { evaluate } from "../../src/engine/train/program.js";
import { bigganDiscriminator } from "../../src/zoo/biggan-discriminator.js";
import { bigganGenerator, latentPieces } from "../../src/zoo/biggan-generator.js";
import { expectOutputs, expectSummary, type Summary } from "./checks.js";
import { images, latents, weightsFor } from "./made-up.js";

const GENERATOR: Record<32 | 64, Record<string, Summary>> = {
  32: {
    "blocks.0": { shape: [2, 8, 8, 8], mean: -0.2128883, last: [-1.185, -0.983156, -0.607349, -0.464798] },
    "blocks.1": { shape: [2, 8, 16, 16], mean: 0.175353, last: [-1.01005, -0.928329, -0.889912, -0.529449] },
    "blocks.2": { shape: [2, 8, 32, 32], mean: -0.2079992, last: [0.570825, 0.550106, 0.175962, 0.264792] },
    images: { shape: [2, 3, 32, 32], mean: -0.3098107, last: [0.189069, 0.177106, 0.218923, -0.059216] },
  },
  64: {
    "blocks.0": { shape: [2, 16, 8, 8], mean: 0.00422123, last: [-0.0131361, -0.142778, -0.439274, -0.279019] },
    "blocks.1": { shape: [2, 8, 16, 16], mean: 0.0720255, last: [-0.348195, -0.339106, -0.389129, 0.139231] },
    "blocks.2": { shape: [2, 4, 32, 32], mean: -0.3797112, last: [-0.424701, -0.431268, -0.667652, -0.766156] },
    "blocks.3": { shape: [2, 2, 64, 64], mean: 0.07474414, last: [-0.457369, -0.463702, -0.555362, -0.603623] },
    images: { shape: [2, 3, 64, 64], mean: -0.002557307, last: [0.705938, 0.639569, 0.633733, 0.497051] },
  },
};
const DISCRIMINATOR: Record<32 | 64, Record<string, Summary>> = {
  32: {
    "blocks.0": { shape: [2, 8, 16, 16], mean: -0.2380401, last: [0.414364, -0.161802, -0.564272, 0.156079] },
    "blocks.1": { shape: [2, 8, 8, 8], mean: 0.08413433, last: [-0.26419, -0.368719, -0.414364, -0.267905] },
    "blocks.2": { shape: [2, 8, 8, 8], mean: 0.01968484, last: [-0.112404, -0.142297, -0.347493, -0.129005] },
    "blocks.3": { shape: [2, 8, 8, 8], mean: 0.05058911, last: [-0.0999184, -0.224401, -0.356607, -0.207017] },
    logits: { shape: [2], mean: -49.27976, last: [-15.3568, -83.2027] },
  },
  64: {
    "blocks.0": { shape: [2, 2, 32, 32], mean: -0.8345135, last: [-0.538259, -0.311938, -1.23677, -0.281524] },
    "blocks.1": { shape: [2, 4, 16, 16], mean: 0.07650859, last: [1.03068, 0.357571, 0.569935, 0.591733] },
    "blocks.2": { shape: [2, 8, 8, 8], mean: -0.09249905, last: [0.0103048, 0.0102857, -0.00963645, 0.00374648] },
    "blocks.3": { shape: [2, 16, 4, 4], mean: -0.05136884, last: [-0.349146, -0.446334, -0.440375, -0.411727] },
    "blocks.4": { shape: [2, 32, 4, 4], mean: -0.03446443, last: [0.202041, 0.284073, 0.284448, 0.196536] },
    logits: { shape: [2], mean: -6.783621, last: [-6.80424, -6.763] },
  },
};

/** At 32 pixels, in training: results, gradients of the scores' sum and of the images' squares, and what is carried on. */
const IN_TRAINING: Record<string, Summary> = {
  scores: { shape: [2], mean: -49.27976, last: [-15.3568, -83.2027] },
  conv1: { shape: [8, 3, 3, 3], mean: -0.2633827, last: [-6.09752, 3.73723, 4.94135, 9.42214] },
  embed: { shape: [3, 8], mean: 7.818779, last: [-0.283514, 34.5004, 1.13881, 0.78097] },
  u0: { shape: [1, 8], mean: -0.1782285, last: [-0.579813, -0.00601608, -0.396749, 0.221484] },
  images: { shape: [2, 3, 32, 32], mean: -0.2382518, last: [0.0499998, -0.136066, -0.108882, -0.429068] },
  shared: { shape: [3, 6], mean: 4.478905, last: [35.9971, -31.3039, -20.416, 3.21566] },
  gain: { shape: [8, 10], mean: 0.4252918, last: [3.77151, 13.7602, 5.5286, -1.11466] },
  running_var: { shape: [8], mean: 0.9860489, last: [1.36419, 1.05551, 1.17317, 0.746927] },
};

const labels = ndarray("int64", [2], BigInt64Array.of(2n, 0n));

describe.each([32, 64] as const)("%i pixels", (size) => {
  const latent = 4 * latentPieces(size);
  const common = { size, classes: 3 };

  test("generator: all blocks and the images", () =>
    expectOutputs(
      ({ latents: z, labels: kinds }) => {
        const options = { ...common, width: size === 32 ? 2 : 1, shared: 6 };
        const { layers, images: made } = bigganGenerator(z, kinds, options);
        return { ...layers, images: made };
      },
      { latents: { shape: [1, latent] }, labels: { dtype: "int64", shape: [1] } },
      { latents: latents(2, latent), labels },
      GENERATOR[size],
    ));

  test("discriminator: all blocks and the scores", () =>
    expectOutputs(
      ({ images: pixels, labels: kinds }) => {
        const { layers, logits } = bigganDiscriminator(pixels, kinds, { ...common, width: 2 });
        return { ...layers, logits };
      },
      { images: { shape: [1, 3, size, size] }, labels: { dtype: "int64", shape: [1] } },
      { images: images(2, size, size), labels },
      DISCRIMINATOR[size],
    ));
});

test("in training: results, gradients and what is carried on to the next step", async () => {
  const common = { size: 32, classes: 3, width: 2 } as const;
  const start = () => {
    const graph = new Graph({ training: true });
    const kinds = graph.input("labels", "int64", [2]);
    return { graph, kinds, tensor: (name: string) => graph.parameters.get(name)!.tensor };
  };
  const d = start();
  const scores = bigganDiscriminator(d.graph.input("images", "float32", [2, 3, 32, 32]), d.kinds, common).logits;
  const [conv1, embed] = differentiate(op.sum(scores), [d.tensor("blocks.0.0.conv1.weight"), d.tensor("embed.weight")]);
  const u0 = d.graph.updates.get("blocks.1.0.conv2.u0")!;
  const judged = await evaluate(
    d.graph,
    { scores, conv1, embed, u0 },
    { images: images(2, 32, 32), labels },
    weightsFor(d.graph.parameters),
  );
  const g = start();
  const made = bigganGenerator(g.graph.input("latents", "float32", [2, 16]), g.kinds, { ...common, shared: 6 }).images;
  const [shared, gain] = differentiate(op.sum(op.square(made)), [
    g.tensor("shared.weight"),
    g.tensor("blocks.1.0.bn1.gain.weight"),
  ]);
  const runningVar = g.graph.updates.get("blocks.0.0.bn2.running_var")!;
  const generated = await evaluate(
    g.graph,
    { images: made, shared, gain, running_var: runningVar },
    { latents: latents(2, 16), labels },
    weightsFor(g.graph.parameters),
  );
  const results = { ...judged, ...generated };
  for (const [name, summary] of Object.entries(IN_TRAINING)) expectSummary(results[name], summary, name);
});

test("latents that cannot be shared out evenly are refused", () => {
  const graph = new Graph();
  const [z, kinds] = [graph.input("latents", "float32", [2, 18]), graph.input("labels", "int64", [2])];
  expect(() => bigganGenerator(z, kinds, { size: 32, classes: 3 })).toThrow(
    "latents are [2,18]; expected a multiple of 4",
  );
});

test("a discriminator applied twice in a graph moves each vector once", () => {
  const graph = new Graph({ training: true });
  const kinds = graph.input("labels", "int64", [2]);
  const apply = (name: string) =>
    bigganDiscriminator(graph.input(name, "float32", [2, 3, 32, 32]), kinds, { size: 32, classes: 3, width: 2 });
  apply("images");
  const updates = new Map(graph.updates);
  const parameters = graph.parameters.size;
  apply("fakes");
  expect(graph.updates).toEqual(updates);
  expect(graph.parameters.size).toBe(parameters);
});

test("what stands beside a block is read by the next", () => {
  const graph = new Graph({ training: true });
  const kinds = graph.input("labels", "int64", [2]);
  const beside = [graph.input("half", "float32", [2, 5, 16, 16]), graph.input("quarter", "float32", [2, 7, 8, 8])];
  const pictures = graph.input("images", "float32", [2, 3, 32, 32]);
  const options = { size: 32, classes: 3, width: 2, tapers: true, beside } as const;
  const { layers } = bigganDiscriminator(pictures, kinds, options);
  expect(Object.values(layers).map(({ shape }) => shape[1])).toEqual([4, 8, 16, 16]);
  const inputs = (name: string) => graph.parameters.get(`blocks.${name}.0.conv1.weight`)!.tensor.shape[1];
  expect(["0", "1", "2", "3"].map(inputs)).toEqual([3, 4 + 5, 8 + 7, 16]);
});
