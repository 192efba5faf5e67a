/**
 * How a surface varies, at three scales: contrast in six directions, whether it repeats or is a single edge, how smooth it is, corners,
 * light and dark spots. Stripes and edges differ in this: a filter that is several bars wide answers to stripes as strongly as
 * one of a single bar does, to an edge it hardly answers.
 */
import type { Tensor } from "../../../engine/grad/graph.js";
import * as op from "../../../engine/grad/ops.js";
import { DIRECTIONS, gabors } from "./gabor.js";
import { constants, mixed } from "./oklab.js";

const WAVELENGTH = 4.5;
const BAR = { size: 9, wavelength: WAVELENGTH, across: 1.9, along: 1.9 };
const STRIPES = { size: 19, wavelength: WAVELENGTH, across: 4.2, along: 3 };

/** Pixels from bar to bar at which stripes answer most, in a picture of 128. */
export const WAVELENGTHS = [WAVELENGTH, 2 * WAVELENGTH, 4 * WAVELENGTH] as const;

/** Maps of one scale: bars, stripes, and the seven after them. */
const PER_SCALE = 2 * DIRECTIONS + 7;
export const TEXTURE_MAPS = WAVELENGTHS.length * PER_SCALE;

/** Contrast (of lightness, 0..1) below which a surface looks even. */
const FAINT = 0.02;

/** @param lightness float32 [n, 1, 128, 128], 0..1. @returns float32 [n, 57, 32, 32], scale by scale from fine to coarse. */
export function textureMaps(lightness: Tensor, cells: number): Tensor {
  let level = lightness;
  const scales = WAVELENGTHS.map((_, scale) => {
    if (scale > 0) level = op.averagePool(level, 2);
    return toCells(scaleMaps(level, level.shape[2] > cells ? 2 : 1), cells);
  });
  return op.concat(scales, 1);
}

function scaleMaps(x: Tensor, stride: number): Tensor {
  const bars = energy(x, BAR, stride);
  const stripes = energy(x, STRIPES, stride);
  const all = op.add(op.sum(bars, 1, true), DIRECTIONS * FAINT);
  const shares = op.mul(op.div(stripes, all), DIRECTIONS);
  const angles = Array.from({ length: DIRECTIONS }, (_, i) => (2 * Math.PI * i) / DIRECTIONS);
  const [east, north] = op.split(mixed(bars, [angles.map(Math.cos), angles.map(Math.sin)]), [1, 1], 1);
  const oneWay = op.div(length(east, north), all);
  const contrast = op.sqrt(op.add(variance(x, 5, stride), 1e-6));
  const smooth = op.exp(op.mul(contrast, -1 / FAINT));
  const spots = op.sub(blurred(x, 3, stride), blurred(x, 9, stride));
  const repeats = op.max(shares, 1, true);
  const logged = op.log(op.add(op.mul(bars, 1 / FAINT), 1));
  return op.concat(
    [logged, shares, oneWay, repeats, contrast, smooth, corners(x, stride), op.relu(spots), op.relu(op.neg(spots))],
    1,
  );
}

/** Amplitude in each direction, [n, 6, y, x]. */
function energy(x: Tensor, plan: typeof BAR, stride: number): Tensor {
  const filters = constants(x.graph, [2 * DIRECTIONS, 1, plan.size, plan.size], gabors(plan).flat());
  const waves = op.conv(mirroredAround(x, (plan.size - 1) / 2), filters, { stride });
  return length(...(op.split(waves, [DIRECTIONS, DIRECTIONS], 1) as [Tensor, Tensor]));
}

const length = (a: Tensor, b: Tensor) => op.sqrt(op.add(op.add(op.square(a), op.square(b)), 1e-8));

/** Continues a picture beyond its edges by its mirror image, so that the edges are none. */
function mirroredAround(x: Tensor, by: number): Tensor {
  const along = (y: Tensor, axis: number) =>
    op.concat([op.flip(op.slice(y, axis, 0, by), axis), y, op.flip(op.slice(y, axis, -by), axis)], axis);
  return along(along(x, 3), 2);
}

/** Means over windows; outside there is nothing. */
const blurred = (x: Tensor, window: number, stride = 1): Tensor =>
  op.averagePool(x, window, { stride, padding: (window - 1) / 2, countsPadding: false });

const variance = (x: Tensor, window: number, stride: number): Tensor =>
  op.relu(op.sub(blurred(op.square(x), window, stride), op.square(blurred(x, window, stride))));

/** The lesser change of lightness over all directions (Shi and Tomasi, 1994): none along an edge, much at a corner. */
function corners(x: Tensor, stride: number): Tensor {
  const slope = [-1, 0, 1, -2, 0, 2, -1, 0, 1].map((value) => value / 8);
  const turned = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => slope[i]);
  const slopes = op.conv(mirroredAround(x, 1), constants(x.graph, [2, 1, 3, 3], [...slope, ...turned]));
  const [dx, dy] = op.split(slopes, [1, 1], 1);
  const [xx, yy, xy] = [op.square(dx), op.square(dy), op.mul(dx, dy)].map((part) => blurred(part, 5, stride));
  const half = op.mul(op.sub(xx, yy), 0.5);
  const lesser = op.sub(op.mul(op.add(xx, yy), 0.5), length(half, xy));
  return op.sqrt(op.add(op.relu(lesser), 1e-6));
}

/** Averages maps down to so many cells a side. */
function toCells(maps: Tensor, cells: number): Tensor {
  const factor = maps.shape[2] / cells;
  return factor === 1 ? maps : op.averagePool(maps, factor);
}
