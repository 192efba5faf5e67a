/**
 * Oklab (Björn Ottosson, 2020), an opponent colour space in which equal distances look about equal: lightness, red against green,
 * yellow against blue. Once as nodes of a graph, once for single colours; both with a power of 2.2 for the screen's curve, so
 * that they agree.
 */
import { IMAGENET } from "../../../data/images/preprocess.js";
import type { Graph, Tensor } from "../../../engine/grad/graph.js";
import * as op from "../../../engine/grad/ops.js";
import { ndarray } from "../../../engine/tensor/ndarray.js";

/** Linear red, green, blue to the responses of three cones. */
const CONES = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
/** Their cube roots to lightness, a, b. */
const OPPONENTS = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const CURVE = 2.2;

/** Just above black, where roots are steep. */
const DARKEST = 1e-4;

/** @param images float32 [n, 3, y, x], ImageNet-normalised. @returns float32 [n, 3, y, x]: lightness 0..1, a and b about -0.3..0.3. */
export function oklab(images: Tensor): Tensor {
  const { graph } = images;
  const perChannel = (values: readonly number[]) => constants(graph, [1, 3, 1, 1], values);
  const pixels = op.add(op.mul(images, perChannel(IMAGENET.std)), perChannel(IMAGENET.mean));
  const linear = op.pow(op.clip(pixels, DARKEST, 1), CURVE);
  const cones = op.pow(op.clip(mixed(linear, CONES), 1e-9, 1), 1 / 3);
  return mixed(cones, OPPONENTS);
}

/** A linear combination of channels at every place, `rows` [out][in], and a constant for each. */
export function mixed(x: Tensor, rows: readonly (readonly number[])[], bias?: readonly number[]): Tensor {
  const weight = constants(x.graph, [rows.length, rows[0].length, 1, 1], rows.flat());
  return op.conv(x, weight, { bias: bias && constants(x.graph, [bias.length], bias) });
}

export const constants = (graph: Graph, shape: readonly number[], values: ArrayLike<number>): Tensor =>
  graph.constant(ndarray("float32", shape, Float32Array.from(values)));

/** @param hex a colour such as "ff8000". */
export function oklabOf(hex: string): [lightness: number, a: number, b: number] {
  const linear = [0, 2, 4].map((i) => Math.max(DARKEST, Number.parseInt(hex.slice(i, i + 2), 16) / 255) ** CURVE);
  const times = (rows: number[][], x: number[]) => rows.map((row) => row.reduce((sum, w, i) => sum + w * x[i], 0));
  return times(OPPONENTS, times(CONES, linear).map(Math.cbrt)) as [number, number, number];
}
