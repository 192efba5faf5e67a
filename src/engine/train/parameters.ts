/** First values of parameters: PyTorch's defaults for its layers, drawn from a seeded generator in the order of declaration. */
import type { Random } from "../../base/random.js";
import type { Initial, Parameter } from "../grad/graph.js";
import { type NdArray, sizeOf, zeros } from "../tensor/ndarray.js";
import type { ParameterValues } from "./program.js";

/** All equal. */
export const constant = (value: number): Initial => ({ constant: value });
/** Uniform within `bound` of zero. */
export const uniform = (bound: number): Initial => ({ uniform: bound });
/** Normal with this standard deviation. */
export const normal = (deviation: number): Initial => ({ normal: deviation });

/** PyTorch's default for linear and convolutional weights and biases: uniform within 1 / sqrt(fan in). */
export const fanIn = (inputs: number): Initial => uniform(1 / Math.sqrt(inputs));

/** He et al.'s (2015) for ReLU networks: normal, variance 2 / fan out; what torchvision's ResNets use. */
export const heNormal = (outputs: number): Initial => normal(Math.sqrt(2 / outputs));

/** Draws the first values of all parameters. */
export function initialise(parameters: ReadonlyMap<string, Parameter>, random: Random): ParameterValues {
  const values: ParameterValues = new Map();
  for (const [name, { tensor, initial }] of parameters) values.set(name, drawn(initial, tensor.shape, random));
  return values;
}

function drawn(initial: Initial, shape: readonly number[], random: Random): NdArray<"float32"> {
  if ("array" in initial) return { ...initial.array, data: initial.array.data.slice() };
  const array = zeros("float32", shape);
  const { data } = array;
  if ("constant" in initial) data.fill(initial.constant);
  else if ("uniform" in initial)
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * initial.uniform;
  else for (let i = 0; i < data.length; i++) data[i] = random.normal() * initial.normal;
  return array;
}

/** Number of values. */
export const countOf = (values: ReadonlyMap<string, NdArray>): number =>
  [...values.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
