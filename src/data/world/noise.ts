/** Smooth random functions of the plane, from one fixed table of random numbers: what clouds, grass and stone are made of. */
import { Random } from "../../base/random.js";

const SIDE = 256;
const TABLE = (() => {
  const random = new Random(20221);
  return Float32Array.from({ length: SIDE * SIDE }, () => random.uniform());
})();

/** A random number 0..1 of a cell of the plane (whole numbers), the same every time. */
export function cell(x: number, y: number, shift: number): number {
  return TABLE[((y + shift * 7) & 255) * SIDE + ((x + shift * 131 + (y >> 8) * 17) & 255)];
}

/** Value noise, 0..1, with features of size 1. @param shift a whole number: another function for each. */
export function noise(x: number, y: number, shift: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  let tx = x - x0;
  let ty = y - y0;
  tx = tx * tx * (3 - 2 * tx);
  ty = ty * ty * (3 - 2 * ty);
  const a = cell(x0, y0, shift);
  const c = cell(x0, y0 + 1, shift);
  const top = a + tx * (cell(x0 + 1, y0, shift) - a);
  return top + ty * (c + tx * (cell(x0 + 1, y0 + 1, shift) - c) - top);
}

/** Noise upon noise, each octave half as large and half as strong; 0..1, mostly near the middle. */
export function fractal(x: number, y: number, shift: number, octaves: number): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise(x, y, shift + 3 * i);
    total += weight;
    weight *= 0.5;
    x = 2 * x + 0.37;
    y = 2 * y + 0.71;
  }
  return sum / total;
}
