/** Training as the reference did it: its first values, gradients, and parameters after one and three steps. */
import { readdirSync } from "node:fs";
import { expect } from "vitest";
import type { TrainingGraph } from "../../../src/describer/training/forcing.js";
import { differentiate } from "../../../src/engine/grad/differentiate.js";
import { type NdArray, ndarray } from "../../../src/engine/tensor/ndarray.js";
import { adamW } from "../../../src/engine/train/optimisers.js";
import { evaluate, type ParameterValues } from "../../../src/engine/train/program.js";
import { TrainingStep } from "../../../src/engine/train/step.js";
import { shared } from "../../shared.js";
import { distance, readFloats } from "../golden-decoder.js";

/** Token numbers, int64 [row, step]. */
export const tokens = (rows: readonly (readonly number[])[]): NdArray<"int64"> =>
  ndarray("int64", [rows.length, rows[0].length], BigInt64Array.from(rows.flat(), BigInt));

/** The arrays of a folder by parameter. */
export async function readParameters(folder: string): Promise<ParameterValues> {
  const values: ParameterValues = new Map();
  for (const file of readdirSync(shared(folder))) {
    values.set(file.replace(/\.npy$/, ""), await readFloats(`${folder}/${file}`));
  }
  return values;
}

/** Checks names and shapes of all parameters, and every gradient to 1e-6. */
export async function expectGradients({ graph, loss }: TrainingGraph, folder: string, data: Record<string, NdArray>) {
  const values = await readParameters(`${folder}/init`);
  const shapes = (of: Iterable<[string, readonly number[]]>) =>
    [...of].map(([name, shape]) => `${name} ${shape}`).sort();
  expect(shapes([...graph.parameters].map(([name, { tensor }]) => [name, tensor.shape]))).toEqual(
    shapes([...values].map(([name, { shape }]) => [name, shape])),
  );
  const names = [...graph.parameters.keys()];
  const wanted = differentiate(
    loss,
    names.map((name) => graph.parameters.get(name)!.tensor),
  );
  const found = await evaluate(
    graph,
    Object.fromEntries(wanted.map((tensor, i) => [`d/${names[i]}`, tensor])),
    data,
    values,
  );
  const expected = await readParameters(`${folder}/grads_step1`);
  for (const name of names) {
    expect(distance(found[`d/${name}`].data as Float32Array, expected.get(name)!.data), name).toBeLessThan(1e-6);
  }
}

/** Takes three steps with AdamW and checks each loss, and the parameters after the first and the third. */
export async function expectSteps(
  { graph, loss }: TrainingGraph,
  folder: string,
  data: Record<string, NdArray>,
  losses: number[],
) {
  const values = await readParameters(`${folder}/init`);
  const step = await TrainingStep.open({ loss, values, optimiser: adamW() });
  expect([...graph.parameters.keys()].sort()).toEqual([...values.keys()].sort());
  try {
    for (const [i, expected] of losses.entries()) {
      const { loss: found } = await step.run(data, 1e-3);
      expect(Math.abs(found - expected), `loss of step ${i + 1}`).toBeLessThan(1e-5);
      if (i === 1) continue;
      for (const [name, { data: after }] of await readParameters(`${folder}/after_step${i + 1}`)) {
        if (name === NOISE) continue;
        expect(distance(values.get(name)!.data, after), `${name} after step ${i + 1}`).toBeLessThan(2e-6);
      }
    }
  } finally {
    await step.close();
  }
}

/** Its true gradient is zero; in the reference, Adam turns rounding errors into steps of full length. */
const NOISE = "attend.output.0.bias";
