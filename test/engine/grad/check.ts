/** Compares a program's gradients with central differences, in float64 where ONNX Runtime computes in it. */
import { expect } from "vitest";
import { Random } from "../../../src/base/random.js";
import { differentiate } from "../../../src/engine/grad/differentiate.js";
import { Graph, type Tensor } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import type { Arrays } from "../../../src/engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf } from "../../../src/engine/tensor/ndarray.js";
import { Program } from "../../../src/engine/train/program.js";

export interface CheckOptions {
  /** Shapes of the operands that are differentiated. */
  readonly shapes: readonly (readonly number[])[];
  /** Operands as functions of a standard normal draw, to keep away from kinks and poles. */
  readonly values?: (normal: number, operand: number, element: number) => number;
  /** float32 where the runtime has nothing else; the differences are then coarser. */
  readonly dtype?: "float32" | "float64";
  readonly seed?: number;
  /** Also checks the gradient of the gradient's weighted sum. */
  readonly second?: boolean;
}

/**
 * Checks the gradients of the weighted sum of what `build` returns with respect to each operand, every element. The weights
 * are random, so that errors cannot cancel.
 */
export async function checkGradients(build: (...operands: Tensor[]) => Tensor, options: CheckOptions): Promise<void> {
  const { shapes, values = (x) => x, dtype = "float64", seed = 1, second = false } = options;
  const random = new Random(seed);
  const graph = new Graph({ training: true });
  const operands = shapes.map((shape, i) => graph.input(`x${i}`, dtype, shape));
  const feeds: Arrays = {};
  for (const [i, shape] of shapes.entries()) {
    feeds[`x${i}`] = array(dtype, shape, (element) => values(random.normal(), i, element));
  }
  const weighted = (y: Tensor) =>
    op.sum(op.mul(y, graph.constant(array(y.dtype as "float64", y.shape, () => random.normal()))));
  let loss = weighted(build(...operands));
  if (second) {
    const first = differentiate(loss, operands);
    loss = first.map(weighted).reduce((a, b) => op.add(a, b));
  }
  const gradients = differentiate(loss, operands);
  for (const [i, gradient] of gradients.entries()) expect(gradient.shape).toEqual(shapes[i]);
  const outputs = { loss, ...Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])) };
  const program = await Program.open(graph, { outputs });
  const losses = await Program.open(graph, { outputs: { loss } });
  try {
    const found = await program.run(feeds);
    for (const [i] of shapes.entries()) {
      const numeric = await differences(losses, feeds, `x${i}`, dtype === "float64" ? 1e-5 : 1e-2);
      const scale = Math.max(1, ...numeric.map(Math.abs));
      const tolerance = scale * (dtype === "float64" ? 1e-7 : 3e-3);
      const analytic = Array.from(found[`g${i}`].data as Float64Array);
      for (const [element, value] of analytic.entries()) {
        const away = Math.abs(value - numeric[element]);
        expect(away <= tolerance, `operand ${i}[${element}]: ${value}, by differences ${numeric[element]}`).toBe(true);
      }
    }
  } finally {
    await program.close();
    await losses.close();
  }
}

async function differences(program: Program, feeds: Arrays, name: string, h: number): Promise<number[]> {
  const data = feeds[name].data as Float64Array;
  const lossAt = async () => Number((await program.run(feeds)).loss.data[0]);
  const result: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const before = data[i];
    data[i] = before + h;
    const high = await lossAt();
    data[i] = before - h;
    const low = await lossAt();
    data[i] = before;
    result.push((high - low) / (2 * h));
  }
  return result;
}

function array(dtype: "float32" | "float64", shape: readonly number[], value: (element: number) => number): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
  const data = dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  return ndarray<"float32" | "float64">(dtype, shape, data);
}
