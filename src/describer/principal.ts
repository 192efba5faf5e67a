/** What many feature vectors have in common: their means and deviations, and the directions in which they vary most. */
import type { Random } from "../base/random.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { projection } from "./familiarity.js";

/** Rounds of the orthogonal iteration. */
const ROUNDS = 8;

/** Deviations are at least this share of the median one: what never varies would else outweigh all. */
const LEAST_DEVIATION = 0.05;

/** float32 [feature] each. */
export interface Scale {
  readonly mean: NdArray<"float32">;
  readonly deviation: NdArray<"float32">;
}

/**
 * Means and deviations, the latter no less than a share of the median one.
 * @param rows each [feature].
 * @returns undefined where nothing varies.
 */
export function momentsOf(rows: readonly ArrayLike<number>[], size: number): Scale | undefined {
  const [sum, squares] = [new Float64Array(size), new Float64Array(size)];
  for (const row of rows) {
    for (let i = 0; i < size; i++) {
      sum[i] += row[i];
      squares[i] += row[i] ** 2;
    }
  }
  const mean = sum.map((value) => value / rows.length);
  const deviation = mean.map((m, i) => Math.sqrt(Math.max(0, squares[i] / rows.length - m * m)));
  const median = deviation.slice().sort()[size >> 1];
  const largest = deviation.reduce((a, b) => Math.max(a, b), 0);
  const least = LEAST_DEVIATION * (median > 0 ? median : largest);
  if (!(least > 0)) return undefined;
  return {
    mean: ndarray("float32", [size], Float32Array.from(mean)),
    deviation: ndarray(
      "float32",
      [size],
      Float32Array.from(deviation, (d) => Math.hypot(d, least)),
    ),
  };
}

/** The directions in which rows vary most, [direction][feature]: orthogonal iteration from a random start. */
export function principal(rows: readonly Float64Array[], size: number, rank: number, random: Random): Float64Array {
  let directions = Float64Array.from({ length: rank * size }, () => random.normal());
  orthonormalise(directions, size, rank);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(rank * size);
    for (const row of rows) {
      for (let k = 0; k < rank; k++) {
        const part = projection(row, directions, k * size);
        for (let i = 0; i < size; i++) next[k * size + i] += part * row[i];
      }
    }
    orthonormalise(next, size, rank);
    directions = next;
  }
  return directions;
}

/** Gram-Schmidt, twice for the sake of rounding. Directions that vanish stay zero. */
function orthonormalise(directions: Float64Array, size: number, rank: number): void {
  for (let k = 0; k < rank; k++) {
    const own = directions.subarray(k * size, (k + 1) * size);
    const before = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        const part = projection(own, directions, j * size);
        for (let i = 0; i < size; i++) own[i] -= part * directions[j * size + i];
      }
    }
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < size; i++) own[i] = length > 1e-9 * before ? own[i] / length : 0;
  }
}
