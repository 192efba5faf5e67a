/** Vision transformers against DINO's and torchvision's modules, with made-up weights in narrow networks. */
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { Graph } from "../../src/engine/grad/graph.js";
import { initialise } from "../../src/engine/train/parameters.js";
import { evaluate } from "../../src/engine/train/program.js";
import { fromTorchvision, VIT_B16, VIT_S8, VIT_SMALL, type VitOptions, vit } from "../../src/zoo/vit.js";
import { expectOutputs, expectParameters, parametersFor } from "./checks.js";
import { images, weights } from "./made-up.js";

/** For two images of 16 x 16 pixels; without a head. */
const EXPECTED = {
  "blocks.0.mlp.fc1": { shape: [2, 17, 48], mean: -0.002886599, last: [-1.18511, -0.91393, 0.632889, -0.0594428] },
  "blocks.0": { shape: [2, 17, 12], mean: 0.04115819, last: [0.995669, 1.44841, -0.256593, -2.50671] },
  "blocks.1.mlp.fc1": { shape: [2, 17, 48], mean: -0.01150672, last: [-0.845703, -1.41765, -2.06491, 1.25847] },
  "blocks.1": { shape: [2, 17, 12], mean: 0.1814646, last: [1.65907, -0.355947, -1.32888, -3.10374] },
  logits: { shape: [2, 12], mean: -0.02894542, last: [0.284202, 0.304208, -0.630955, -0.125203] },
};
const HEAD = { logits: { shape: [2, 10], mean: 0.3630838, last: [0.395313, 0.585769, -0.331368, 0.223912] } };

const narrow: VitOptions = { patch: 4, width: 12, depth: 2, heads: 3 };
const inputs = { images: { shape: [1, 3, 16, 16] } };

test("DINO's: all layers and the class token", () =>
  expectOutputs(
    ({ images: pixels }) => {
      const { layers, logits } = vit(pixels, narrow);
      return { ...layers, logits };
    },
    inputs,
    { images: images(2, 16, 16) },
    EXPECTED,
  ));

test("torchvision's, from its state dictionary", () => {
  const block = (i: number): [string, number[]][] =>
    [
      ...["ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"].map((part): [string, number[]] => [part, [12]]),
      ["self_attention.in_proj_weight", [36, 12]],
      ["self_attention.in_proj_bias", [36]],
      ["self_attention.out_proj.weight", [12, 12]],
      ["self_attention.out_proj.bias", [12]],
      ["mlp.0.weight", [48, 12]],
      ["mlp.0.bias", [48]],
      ["mlp.3.weight", [12, 48]],
      ["mlp.3.bias", [12]],
    ].map(([part, shape]) => [`encoder.layers.encoder_layer_${i}.${part}`, shape as number[]]);
  const shapes = new Map<string, number[]>([
    ["class_token", [1, 1, 12]],
    ["conv_proj.weight", [12, 3, 4, 4]],
    ["conv_proj.bias", [12]],
    ["encoder.pos_embedding", [1, 17, 12]],
    ...block(0),
    ...block(1),
    ["encoder.ln.weight", [12]],
    ["encoder.ln.bias", [12]],
    ["heads.head.weight", [10, 12]],
    ["heads.head.bias", [10]],
  ]);
  const network = ({ images: pixels }: Parameters<Parameters<typeof expectOutputs>[0]>[0]) => ({
    logits: vit(pixels, { ...narrow, classes: 10 }).logits,
  });
  return expectOutputs(network, inputs, { images: images(2, 16, 16) }, HEAD, fromTorchvision(weights(shapes)));
});

test("names and shapes are DINO's; sizes are torchvision's", () => {
  expectParameters(
    parametersFor((x) => vit(x, VIT_S8)),
    150,
    21_670_272,
    0x5efd7342,
  );
  const sizeOfAll = (options: VitOptions, size: number) =>
    [...parametersFor((x) => vit(x, options), size).values()]
      .map(({ tensor }) => tensor.shape.reduce((a, b) => a * b, 1))
      .reduce((a, b) => a + b, 0);
  expect(sizeOfAll(VIT_B16, 224)).toBe(86_567_656);
  expect(sizeOfAll(VIT_SMALL, 32)).toBe(809_354);
});

test("smaller images have positions between those that are learned, under prefixed names", async () => {
  const options = { patch: 4, width: 8, depth: 1, heads: 2, grid: 4, prefix: "t." } as const;
  const graph = new Graph();
  const whole = vit(graph.input("large", "float32", [1, 3, 16, 16]), options).logits;
  const part = vit(graph.input("small", "float32", [1, 3, 8, 8]), options).logits;
  expect([...graph.parameters.keys()].every((name) => name.startsWith("t."))).toBe(true);
  expect(graph.parameters.get("t.pos_embed")!.tensor.shape).toEqual([1, 17, 8]);
  const values = initialise(graph.parameters, new Random(1));
  const run = async () =>
    evaluate(graph, { whole, part }, { large: images(1, 16, 16), small: images(1, 8, 8) }, values);
  const before = await run();
  expect([before.whole.shape, before.part.shape]).toEqual([
    [1, 8],
    [1, 8],
  ]);
  // four places in the corner become one in the small image: what they have in the mean is all that counts
  const { data } = values.get("t.pos_embed")!;
  for (const channel of [0, 3]) {
    data[(1 + 0) * 8 + channel] += 1; // row 0, column 0
    data[(1 + 5) * 8 + channel] -= 1; // row 1, column 1
  }
  const after = await run();
  const differences = (after.part.data as Float32Array).map((value, i) =>
    Math.abs(value - Number(before.part.data[i])),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-5);
  const moved = (after.whole.data as Float32Array).some(
    (value, i) => Math.abs(value - Number(before.whole.data[i])) > 1e-3,
  );
  expect(moved).toBe(true);
});
