/** The two dissected networks of the reference data, built of the zoo's parts from their `.pth`, against PyTorch's logits. */
import { expect, test } from "vitest";
import { readWeights } from "../../src/describer/checkpoint/checkpoint.js";
import type { Tensor } from "../../src/engine/grad/graph.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { inferenceModel } from "../../src/zoo/inference.js";
import { globalAverage } from "../../src/zoo/pooling.js";
import { residual } from "../../src/zoo/resnet.js";
import { classifier, features } from "../../src/zoo/sequential.js";
import { describeShared, shared } from "../shared.js";

const NETWORKS: [string, (images: Tensor) => Tensor][] = [
  [
    "reslite",
    (images) =>
      residual(images, {
        stem: { filters: 12, kernel: 7, stride: 2 },
        pools: true,
        bottleneck: false,
        stages: [
          { blocks: 2, width: 16, stride: 1 },
          { blocks: 1, width: 24, stride: 2 },
          { blocks: 1, width: 40, stride: 2 },
        ],
        classes: 10,
      }).logits,
  ],
  [
    "alexlite",
    (images) => {
      const { last } = features(images, [
        { filters: 16, kernel: 5, stride: 2, padding: 2 },
        { pool: 3 },
        { filters: 24, kernel: 5, padding: 2 },
        { pool: 3 },
        { filters: 32, kernel: 3, padding: 1 },
        { pool: 3 },
        { filters: 32, kernel: 3, padding: 1 },
      ]);
      return classifier(globalAverage(last), [{ index: 1, outputs: 10, drops: true }], 0.5);
    },
  ],
];

describeShared("networks of the reference data", () => {
  test.each(NETWORKS)("%s: the logits of four images", async (name, network) => {
    const file = (what: string) => shared(`golden/models/${name}.${what}`);
    const images = await readNpy(file("input4.npy"));
    const expected = await readNpy(file("logits4.npy"));
    const inputs = { images: { shape: [1, ...images.shape.slice(1)] } };
    const state = await readWeights(file("pth"));
    const session = await openSession(inferenceModel(({ images: x }) => ({ logits: network(x) }), state, { inputs }));
    const { logits } = await session.run({ images });
    await session.close();
    expect(logits.shape).toEqual(expected.shape);
    const differences = (logits.data as Float32Array).map((value, i) => Math.abs(value - Number(expected.data[i])));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });
});
