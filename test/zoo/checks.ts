/** What the tests of all networks have in common. */
import { crc32 } from "node:zlib";
import { expect } from "vitest";
import { Graph, type Tensor } from "../../src/engine/grad/graph.js";
import { openSession } from "../../src/engine/runtime/open.js";
import type { Arrays } from "../../src/engine/runtime/session.js";
import { type NdArray, sizeOf } from "../../src/engine/tensor/ndarray.js";
import { type InferenceOptions, inferenceModel, type NetworkFunction } from "../../src/zoo/inference.js";
import { weightsFor } from "./made-up.js";

/** Of an output: its shape, its mean, and its last four values. */
export interface Summary {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly last: readonly number[];
}

export function expectSummary(output: NdArray, { shape, mean, last }: Summary, name: string): void {
  const data = output.data as Float32Array;
  expect(output.shape, name).toEqual(shape);
  const scale = Math.max(1, Math.abs(mean), ...last.map(Math.abs));
  const got = data.reduce((sum, x) => sum + x, 0) / data.length;
  expect(Math.abs(got - mean) / scale, `mean of ${name}: ${got}, not ${mean}`).toBeLessThan(1e-5);
  for (const [i, value] of last.entries()) {
    const at = data[data.length - last.length + i];
    expect(Math.abs(at - value) / scale, `${name}: ${at}, not ${value}`).toBeLessThan(2e-5);
  }
}

/** Writes a network as a model, runs it, and expects these outputs and no others. */
export async function expectOutputs(
  network: NetworkFunction,
  inputs: InferenceOptions["inputs"],
  data: Arrays,
  expected: Readonly<Record<string, Summary>>,
  given?: ReadonlyMap<string, NdArray>,
): Promise<void> {
  const session = await openSession(inferenceModel(network, given ?? weightsOf(network, inputs), { inputs }));
  const outputs = await session.run(data);
  await session.close();
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, summary] of Object.entries(expected)) expectSummary(outputs[name], summary, name);
}

/** Made-up weights for all parameters of a network. */
export function weightsOf(network: NetworkFunction, inputs: InferenceOptions["inputs"]) {
  const graph = new Graph();
  const tensors = Object.entries(inputs).map(([name, { dtype = "float32", shape }]) => [
    name,
    graph.input(name, dtype, shape),
  ]);
  network(Object.fromEntries(tensors));
  return weightsFor(graph.parameters);
}

/** The parameters a network declares for images of so many pixels. */
export function parametersFor(network: (images: Tensor) => unknown, size = 224) {
  const graph = new Graph();
  network(graph.input("images", "float32", [1, 3, size, size]));
  return graph.parameters;
}

type Declared = ReturnType<typeof parametersFor>;

/** How many tensors, how many trained values, and a checksum over names and shapes. */
export function expectParameters(
  parameters: Declared,
  tensors: number,
  values: number,
  names: number,
  renamed = (name: string) => name,
): void {
  const trained = [...parameters.values()].filter((parameter) => parameter.trained);
  const lines = [...parameters].map(([name, { tensor }]) => `${renamed(name)} [${tensor.shape}]`).sort();
  expect(lines).toHaveLength(tensors);
  expect(trained.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)).toBe(values);
  expect(crc32(lines.join("\n"))).toBe(names);
}
