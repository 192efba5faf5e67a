/** AlexNet's convolutional part against PyTorch's layers, with made-up weights in a narrow network. */
import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { alexnet } from "../../src/zoo/alexnet.js";
import { images, weights } from "./made-up.js";

/** Of the outputs after ReLU for two images of 70 x 66 pixels. */
const EXPECTED = {
  "features.0": { shape: [2, 4, 16, 15], mean: 0.6467805, last: [0.783108, 0.796094, 0, 0.636717] },
  "features.3": { shape: [2, 6, 7, 7], mean: 1.420395, last: [0, 0, 0, 0] },
  "features.6": { shape: [2, 8, 3, 3], mean: 2.052022, last: [4.5714, 0.496408, 1.00367, 2.66466] },
  "features.8": { shape: [2, 6, 3, 3], mean: 2.031327, last: [4.67406, 0.563739, 2.31164, 3.57571] },
  "features.10": { shape: [2, 5, 3, 3], mean: 0.8437507, last: [5.01562, 0, 5.17212, 3.08396] },
};

const SHAPES = new Map(
  [
    [0, 4, 3, 11],
    [3, 6, 4, 5],
    [6, 8, 6, 3],
    [8, 6, 8, 3],
    [10, 5, 6, 3],
  ].flatMap(([index, out, from, size]): [string, number[]][] => [
    [`features.${index}.weight`, [out, from, size, size]],
    [`features.${index}.bias`, [out]],
  ]),
);

test("all maps, after ReLU", async () => {
  const g = new GraphBuilder("test");
  const maps = alexnet(g, g.input("images", "float32", ["n", 3, "h", "w"]), weights(SHAPES));
  for (const [name, { value, channels }] of Object.entries(maps)) {
    g.output(value, name, "float32", ["n", channels, -1, -1]);
  }
  const session = await openSession(g.build());
  const outputs = await session.run({ images: images(2, 70, 66) });
  await session.close();
  for (const [name, { shape, mean, last }] of Object.entries(EXPECTED)) {
    const data = outputs[name].data as Float32Array;
    expect(outputs[name].shape, name).toEqual(shape);
    expect(data.reduce((sum, x) => sum + x, 0) / data.length, name).toBeCloseTo(mean, 5);
    for (const [i, value] of last.entries()) expect(data[data.length - 4 + i], name).toBeCloseTo(value, 4);
  }
});

test("missing weights are named", () => {
  const given = weights(SHAPES);
  given.delete("features.8.weight");
  const g = new GraphBuilder("test");
  const input = g.input("images", "float32", ["n", 3, "h", "w"]);
  expect(() => alexnet(g, input, given)).toThrow("weights `features.8.weight` are missing; expected them, the nearest");
});
