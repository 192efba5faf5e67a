/**
 * Blurs parts of a picture beyond recognition and leaves every other pixel as it is. Each area is blurred by its own size, as faces were in the photographs of
 * the paper's section 6 (Yang et al., 2022). Costs a few additions a pixel, whatever the blur.
 */

/** One area to blur: bounds in pixels, all included, and what its pixels are called in `of`. */
export interface BlurredArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly id: number;
}

/** Width of the edge along which blurred and sharp pixels mix, of the area's diagonal. */
const FEATHER = 0.06;

/**
 * Blurs areas.
 * @param pixels uint8 [3, y, x] of a square picture, changed in place.
 * @param of uint16 [y, x]: the area that a pixel belongs to.
 * @param strength standard deviation of the Gaussian, of the diagonal of an area's bounds.
 */
export function blurAreas(
  pixels: Uint8Array,
  of: Uint16Array,
  size: number,
  areas: readonly BlurredArea[],
  strength: number,
): void {
  const sharp = pixels.slice();
  for (const area of areas) {
    const diagonal = Math.hypot(area.right - area.left + 1, area.bottom - area.top + 1);
    const window = windowAround(area, size, Math.ceil(3 * strength * diagonal) + 1);
    const weight = weights(of, size, area.id, window, FEATHER * diagonal);
    for (let channel = 0; channel < 3; channel++) {
      const base = channel * size * size;
      const plane = new Float64Array(window.width * window.height);
      for (let at = 0; at < plane.length; at++) plane[at] = sharp[base + placeOf(at, window, size)];
      const blurred = gaussian(plane, window, strength * diagonal);
      for (let at = 0; at < plane.length; at++) {
        if (weight[at] === 0) continue;
        pixels[base + placeOf(at, window, size)] = Math.round(plane[at] + weight[at] * (blurred[at] - plane[at]));
      }
    }
  }
}

interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function windowAround({ left, right, top, bottom }: BlurredArea, size: number, margin: number): Window {
  const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
  return { x, y, width: Math.min(size, right + margin + 1) - x, height: Math.min(size, bottom + margin + 1) - y };
}

const placeOf = (at: number, { x, y, width }: Window, size: number) =>
  (y + Math.floor(at / width)) * size + x + (at % width);

/** How much of the blurred picture a pixel gets, 0 to 1: none outside the area, all of it so far inside. */
function weights(of: Uint16Array, size: number, id: number, window: Window, feather: number): Float64Array {
  const { width, height } = window;
  const depth = Float64Array.from({ length: width * height }, (_, at) =>
    of[placeOf(at, window, size)] === id ? Number.POSITIVE_INFINITY : 0,
  );
  // Distances to the outside by two sweeps; beyond the picture nothing is known to be outside.
  const sweep = (from: number, step: 1 | -1) => {
    for (let at = from; at >= 0 && at < depth.length; at += step) {
      if (depth[at] === 0) continue;
      const x = at % width;
      for (const [dx, dy, length] of NEIGHBOURS) {
        const [u, other] = [x - step * dx, at - step * (dx + dy * width)];
        if (u < 0 || u >= width || other < 0 || other >= depth.length) continue;
        depth[at] = Math.min(depth[at], depth[other] + length);
      }
    }
  };
  sweep(0, 1);
  sweep(depth.length - 1, -1);
  // What is thin would stay sharp under a wide edge.
  const deepest = depth.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, value) : most), 0);
  const edge = Math.max(1, Math.min(feather, deepest / 2));
  return depth.map((value) => Math.min(1, value / edge));
}

const NEIGHBOURS = [
  [1, 0, 1],
  [0, 1, 1],
  [1, 1, Math.SQRT2],
  [-1, 1, Math.SQRT2],
] as const;

/** A Gaussian as three running means, whose widths give its variance; the border is repeated. */
function gaussian(plane: Float64Array, { width, height }: Window, sigma: number): Float64Array {
  let from = plane;
  for (const reach of reaches(sigma)) {
    from = means(means(from, width, height, reach, 1, width), height, width, reach, width, 1);
  }
  return from;
}

/** Half widths of three means whose variances add up to that of a Gaussian, nearly. */
function reaches(sigma: number): number[] {
  const low = 2 * Math.floor((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2) + 1;
  const narrow = Math.round((12 * sigma * sigma - 3 * low * low - 12 * low - 9) / (-4 * low - 4));
  return [0, 1, 2].map((i) => (i < narrow ? low - 1 : low + 1) / 2);
}

/** Means of 2 reach + 1 values along lines of a plane. @param step between values of a line. @param stride between lines. */
function means(plane: Float64Array, length: number, lines: number, reach: number, step: number, stride: number) {
  const out = new Float64Array(plane.length);
  for (let line = 0; line < lines; line++) {
    const value = (i: number) => plane[line * stride + step * Math.min(Math.max(i, 0), length - 1)];
    let sum = 0;
    for (let i = -reach; i <= reach; i++) sum += value(i);
    for (let i = 0; i < length; i++) {
      out[line * stride + i * step] = sum / (2 * reach + 1);
      sum += value(i + reach + 1) - value(i - reach);
    }
  }
  return out;
}
