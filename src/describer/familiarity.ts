/**
 * What a describer has seen, in short: so that it can say when it is shown something else, about which its words are worth little.
 * The units it learned from, each the mean of its exemplars' features, as some kinds that differ in some directions, all of the same
 * spread, with what is left over in all other directions; and how far from the nearest kind units lie that it has not learned from.
 * Means, because what all exemplars of a unit have in common is what may be strange: one noisy picture is nothing, fifteen are.
 *
 * Feature by feature, pictures of another kind often have likely values: noise is near the mean of everything. It is
 * the combinations that do not occur.
 */
import type { NdArray } from "../engine/tensor/ndarray.js";

export interface Familiarity {
  /** float32 [feature] each: what is subtracted from features and what they are then divided by. */
  readonly mean: NdArray<"float32">;
  readonly deviation: NdArray<"float32">;
  /** float32 [direction, feature]: orthonormal. */
  readonly directions: NdArray<"float32">;
  /** float32 [kind, direction]: centres of the kinds. */
  readonly kinds: NdArray<"float32">;
  /** float32 [direction]: variance within kinds along each, of means of `exemplars` vectors. */
  readonly variances: NdArray<"float32">;
  /** float32 [direction]: variance of single vectors around the mean of their unit. */
  readonly scatter: NdArray<"float32">;
  /** Sums of the same two over all that the directions leave over. */
  readonly rest: number;
  readonly restScatter: number;
  /** Vectors of a unit in training. */
  readonly exemplars: number;
  /** Distances of held-out units at these shares of them: 0.5, 0.9, 0.99. */
  readonly quantiles: readonly number[];
  /** Beyond this distance a unit is unfamiliar; 1 % of the held-out units are expected to be. */
  readonly limit: number;
}

export const FAMILIARITY_TENSORS = ["mean", "deviation", "directions", "kinds", "variances", "scatter"] as const;

/** Names of its tensors in `model.safetensors`, and their shapes. */
export const familiarityShapes = (
  features: number,
  directions: number,
  kinds: number,
): Record<(typeof FAMILIARITY_TENSORS)[number], readonly number[]> => ({
  mean: [features],
  deviation: [features],
  directions: [directions, features],
  kinds: [kinds, directions],
  variances: [directions],
  scatter: [directions],
});

/** Standard deviations that count at most: one feature gone astray does not make a unit unfamiliar. */
const FARTHEST = 8;

/** Share of unfamiliar units from which a run as a whole is; 1 % would be expected. */
export const UNFAMILIAR_SHARE = 0.2;

/**
 * How far the exemplars of a unit are from what is known: about 1 for what was learned from.
 * @param features float32 [vector, feature]; vectors of zeros (of empty masks) are left out.
 * @returns NaN when there is no other.
 */
export function distanceOf(known: Familiarity, features: Float32Array): number {
  const { directions, kinds, variances, scatter, exemplars } = known;
  const { mean, count } = meanOf(features, known.mean.data.length);
  if (count === 0) return Number.NaN;
  // means of fewer vectors vary more
  const fewer = Math.max(0, 1 / count - 1 / exemplars);
  const z = standardised(known, mean);
  const parts = projections(z, directions.data);
  const kind = nearestKind(parts, kinds.data);
  let left = z.reduce((sum, value) => sum + value * value, 0);
  let along = 0;
  for (const [i, part] of parts.entries()) {
    left -= part * part;
    along += (part - kinds.data[kind * parts.length + i]) ** 2 / (variances.data[i] + fewer * scatter.data[i]);
  }
  const rest = Math.max(0, left) / (known.rest + fewer * known.restScatter);
  return Math.sqrt((along / parts.length + rest) / 2);
}

/** The mean of the vectors that are not zero, and how many they are. */
export function meanOf(features: Float32Array, size: number): { mean: Float64Array; count: number } {
  const mean = new Float64Array(size);
  let count = 0;
  for (let from = 0; from + size <= features.length; from += size) {
    const vector = features.subarray(from, from + size);
    if (isEmpty(vector)) continue;
    count += 1;
    for (let i = 0; i < size; i++) mean[i] += vector[i];
  }
  return { mean: count > 0 ? mean.map((sum) => sum / count) : mean, count };
}

export const isEmpty = (vector: Float32Array): boolean => vector.every((value) => value === 0);

/** Features in deviations from their means. */
export function standardised(
  { mean, deviation }: Pick<Familiarity, "mean" | "deviation">,
  vector: ArrayLike<number>,
): Float64Array {
  const into = new Float64Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const value = (vector[i] - mean.data[i]) / deviation.data[i];
    into[i] = Math.min(FARTHEST, Math.max(-FARTHEST, value));
  }
  return into;
}

/** A vector along each of the directions. */
export const projections = (vector: Float64Array, directions: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: directions.length / vector.length }, (_, k) =>
    projection(vector, directions, k * vector.length),
  );

/** The row of `kinds` nearest to a point. */
export function nearestKind(point: Float64Array, kinds: ArrayLike<number>): number {
  let [nearest, least] = [0, Number.POSITIVE_INFINITY];
  for (let kind = 0; kind * point.length < kinds.length; kind++) {
    let distance = 0;
    for (let i = 0; i < point.length; i++) distance += (point[i] - kinds[kind * point.length + i]) ** 2;
    if (distance < least) [nearest, least] = [kind, distance];
  }
  return nearest;
}

export function projection(vector: Float64Array, directions: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * directions[from + i];
  return sum;
}
