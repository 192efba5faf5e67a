/** Whole steps against PyTorch 1.13: a small network with batch normalisation, AdamW, clipped gradients, five batches. */
import { expect, test } from "vitest";
import { Graph } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { batchNorm, linear } from "../../../src/engine/train/layers.js";
import { crossEntropy } from "../../../src/engine/train/losses.js";
import { adamW } from "../../../src/engine/train/optimisers.js";
import { TrainingStep } from "../../../src/engine/train/step.js";
import { expectClose, floats, integers, wave, waves } from "./wave.js";

test("five steps as PyTorch takes them", async () => {
  const graph = new Graph({ training: true });
  const hidden = op.relu(batchNorm(linear(graph.input("x", "float32", [6, 3]), "first", 4), "norm"));
  const loss = crossEntropy(linear(hidden, "last", 2), graph.constant(integers(0, 1, 1, 0, 1, 0)));
  const values = waves({
    "first.weight": [[4, 3], 0.1],
    "first.bias": [[4], 0.2],
    "last.weight": [[2, 4], 0.3],
    "last.bias": [[2], 0.4],
  });
  for (const [name, value] of Object.entries({ weight: 1, bias: 0, running_mean: 0, running_var: 1 })) {
    values.set(`norm.${name}`, floats([4], Array(4).fill(value)));
  }
  const step = await TrainingStep.open({ loss, values, optimiser: adamW(), clipNorm: 0.5 });
  const found: number[] = [];
  for (let i = 0; i < 5; i++) found.push((await step.run({ x: wave([6, 3], i) }, 0.05)).loss);
  await step.close();
  expectClose(found, [0.971896887, 0.768495381, 0.684059799, 0.710323274, 0.68243742], 2e-5);
  // Not the means: the bias before a normalisation has no gradient but rounding errors, and Adam makes steps of those.
  expectClose(values.get("norm.running_var")!, [0.892342806, 1.228311777, 1.234050393, 0.895135045], 2e-5);
  expectClose(
    values.get("last.weight")!,
    [0.434803396, 0.727411151, -0.636438072, -0.546444893, 0.58712703, 0.763071477, -0.769573331, -0.581724107],
    2e-5,
  );
  expect(step.count).toBe(5);
  expect(step.isSeeded).toBe(false);
});
