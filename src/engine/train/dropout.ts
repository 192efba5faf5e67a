/**
 * Dropout masks as part of the program: a hash of the element's place, the layer and the step's seed. The program has no hidden
 * state, so a step can be repeated, and training resumed, to the bit.
 */
import type { Graph, Tensor } from "../grad/graph.js";
import * as op from "../grad/ops.js";
import { ndarray, sizeOf } from "../tensor/ndarray.js";

/** The input that a program with dropout has: uint32 scalar, another number for every step. */
export const SEED = "seed";

/** Layers that drop, counted, so that each has its own numbers. */
const sites = new WeakMap<Graph, { seed: Tensor; count: number }>();

/** float32, in the shape of `x`: 0 for a share `rate` of the elements, 1 / (1 - rate) for the others. */
export function dropMask(x: Tensor, rate: number): Tensor {
  const { graph } = x;
  const site = sites.get(graph) ?? { seed: graph.input(SEED, "uint32", []), count: 0 };
  sites.set(graph, site);
  site.count += 1;
  const bits = hashed(graph, site.seed, Math.imul(site.count, 0x9e3779b9) >>> 0, sizeOf(x.shape));
  const threshold = Math.round(rate * 2 ** 24);
  const low = op.cast(op.shiftRight(bits, 8), "int32"); // 24 bits, so that the sign does not matter
  const kept = op.cast(op.greaterOrEqual(low, threshold), "float32");
  return op.reshape(op.mul(kept, 1 / (1 - rate)), x.shape);
}

/** uint32 [count]: well-mixed bits (the finaliser of MurmurHash3). */
function hashed(graph: Graph, seed: Tensor, site: number, count: number): Tensor {
  const places = graph.constant(
    ndarray(
      "uint32",
      [count],
      Uint32Array.from({ length: count }, (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ site),
    ),
  );
  let bits = op.bitwiseXor(places, seed);
  bits = op.mul(op.bitwiseXor(bits, op.shiftRight(bits, 16)), 0x85ebca6b);
  bits = op.mul(op.bitwiseXor(bits, op.shiftRight(bits, 13)), 0xc2b2ae35);
  return op.bitwiseXor(bits, op.shiftRight(bits, 16));
}
