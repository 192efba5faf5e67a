/**
 * What can be said of the texture of a photograph by measuring: smooth, striped in one of three directions, speckled. Anything else,
 * and whatever is in doubt, is not known (0): a wrong label teaches a wrong word, a missing one nothing.
 *
 * In a window around each second pixel the structure tensor of the grey levels says how strongly and how evenly brightness varies. Where one
 * direction rules, the window's profile along it must go up and down at least twice to be stripes: a single edge or bar is none.
 */
import { TEXTURE_NAMES } from "./labels.js";

const [SMOOTH, ACROSS, DOWN, DIAGONAL, SPECKLES] = (
  ["smooth", "horizontal stripes", "vertical stripes", "diagonal stripes", "speckles"] as const
).map((name) => 1 + TEXTURE_NAMES.indexOf(name));

/** Half a window, pixels of a picture of 64: for fine stripes, then for wide ones where there are none. */
const REACHES = [6, 10] as const;
/** Grey levels, 0..255: no smooth surface varies more (standard deviation), no stripe less (from crest to trough). */
const SMOOTH_DEVIATION = 7;
const STRIPE_SWING = 22;
/** From 0 (no direction) to 1 (one only). */
const STRIPE_COHERENCE = 0.55;
const SPECKLE_COHERENCE = 0.3;
const SPECKLE_DEVIATION = 22;
/** Turns of the profile in a window: two crests and two troughs at least. */
const TURNS = 4;

/**
 * Textures of a picture.
 * @param grey float32 [size, size], 0..255.
 * @returns uint8 [size, size], as `Labels.texture`.
 */
export function measureTexture(grey: Float32Array, size: number): Uint8Array {
  const sums = [...tensorOf(grey, size), grey, grey.map((value) => value * value)].map((plane) =>
    integral(plane, size),
  );
  const [fine, wide] = REACHES.map((reach) =>
    texturesAt(grey, sums, size, Math.max(3, Math.round((reach * size) / 64))),
  );
  return fine.map((texture, i) => texture || (isStripes(wide[i]) ? wide[i] : 0));
}

const isStripes = (texture: number) => texture === ACROSS || texture === DOWN || texture === DIAGONAL;

/** Textures by windows of one size. @param sums of the products of the gradient's components, the grey levels and their squares. */
function texturesAt(grey: Float32Array, sums: readonly Float64Array[], size: number, reach: number): Uint8Array {
  const found = new Uint8Array(size * size);
  for (let y = 0; y < size; y += 2) {
    for (let x = 0; x < size; x += 2) {
      const [x0, y0, x1, y1] = [x - reach, y - reach, x + reach + 1, y + reach + 1].map((at) =>
        Math.min(Math.max(at, 0), size),
      );
      const area = (x1 - x0) * (y1 - y0);
      const [xx, yy, xy, mean, square] = sums.map((sum) => boxSum(sum, size, x0, y0, x1, y1) / area);
      const deviation = Math.sqrt(Math.max(0, square - mean * mean));
      const texture = textureOf(grey, size, x, y, reach, { xx, yy, xy, deviation });
      for (let v = y; v < Math.min(y + 2, size); v++)
        found.fill(texture, v * size + x, v * size + Math.min(x + 2, size));
    }
  }
  return majority(found, size);
}

interface Window {
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
  readonly deviation: number;
}

function textureOf(
  grey: Float32Array,
  size: number,
  x: number,
  y: number,
  reach: number,
  { xx, yy, xy, deviation }: Window,
): number {
  if (deviation < SMOOTH_DEVIATION) return SMOOTH;
  const coherence = Math.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-6);
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy); // of the gradient, across the stripes
  if (coherence > STRIPE_COHERENCE && turns(grey, size, x, y, reach, angle) >= TURNS) {
    const degrees = Math.abs((angle * 180) / Math.PI);
    return degrees > 67.5 ? ACROSS : degrees < 22.5 ? DOWN : DIAGONAL;
  }
  if (coherence < SPECKLE_COHERENCE && deviation > SPECKLE_DEVIATION) {
    const both = [0, Math.PI / 2].map((direction) => turns(grey, size, x, y, reach, direction, 0));
    if (Math.min(...both) >= TURNS + 1) return SPECKLES;
  }
  return 0;
}

/** How often brightness turns along a line through a window, each time by as much as stripes do; averaged over `breadth` lines beside it. */
function turns(grey: Float32Array, size: number, x: number, y: number, reach: number, angle: number, breadth = 2) {
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const profile: number[] = [];
  for (let step = -1.25 * reach; step <= 1.25 * reach; step += 0.5) {
    let sum = 0;
    let count = 0;
    for (let side = -breadth; side <= breadth; side++) {
      const px = Math.round(x + step * dx - side * dy);
      const py = Math.round(y + step * dy + side * dx);
      if (px < 0 || py < 0 || px >= size || py >= size) continue;
      sum += grey[py * size + px];
      count++;
    }
    if (count > 0) profile.push(sum / count);
  }
  let [low, high] = [profile[0], profile[0]];
  for (const value of profile) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const swing = Math.max(STRIPE_SWING, 0.4 * (high - low));
  let [extreme, direction, count] = [profile[0], 0, 0];
  for (const value of profile) {
    if (direction !== 0 && (value - extreme) * direction > 0) extreme = value;
    else if (Math.abs(value - extreme) >= swing) {
      count++;
      direction = Math.sign(value - extreme);
      extreme = value;
    }
  }
  return count;
}

/** Products of the gradient's components: [xx, yy, xy], each float32 [size, size]. */
function tensorOf(grey: Float32Array, size: number): Float32Array[] {
  const planes = [0, 1, 2].map(() => new Float32Array(size * size));
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const at = y * size + x;
      const gx = (grey[at + 1] - grey[at - 1]) / 2;
      const gy = (grey[at + size] - grey[at - size]) / 2;
      planes[0][at] = gx * gx;
      planes[1][at] = gy * gy;
      planes[2][at] = gx * gy;
    }
  }
  return planes;
}

/** Sums over all pixels above and left: float64 [size + 1, size + 1]. */
function integral(plane: Float32Array, size: number): Float64Array {
  const sums = new Float64Array((size + 1) ** 2);
  for (let y = 0; y < size; y++) {
    let row = 0;
    for (let x = 0; x < size; x++) {
      row += plane[y * size + x];
      sums[(y + 1) * (size + 1) + x + 1] = sums[y * (size + 1) + x + 1] + row;
    }
  }
  return sums;
}

function boxSum(sums: Float64Array, size: number, x0: number, y0: number, x1: number, y1: number): number {
  const side = size + 1;
  return sums[y1 * side + x1] - sums[y0 * side + x1] - sums[y1 * side + x0] + sums[y0 * side + x0];
}

/** Each 4 x 4 block keeps a texture only where most of its pixels have it: lone windows are chance. */
function majority(plane: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(plane.length);
  const counts = new Uint8Array(TEXTURE_NAMES.length + 1);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const own = plane[y * size + x];
      if (own === 0) continue;
      counts.fill(0);
      let all = 0;
      for (let v = Math.max(0, y - 3); v <= Math.min(size - 1, y + 3); v++) {
        for (let u = Math.max(0, x - 3); u <= Math.min(size - 1, x + 3); u++, all++) counts[plane[v * size + u]]++;
      }
      if (2 * counts[own] > all) out[y * size + x] = own;
    }
  }
  return out;
}
