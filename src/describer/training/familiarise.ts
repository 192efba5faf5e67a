/**
 * Writing down what a describer has seen (`familiarity.ts`): its kinds from units it learned from, its limit from units held
 * out. Costs a second or two; the same features and seed give the same bits.
 */
import { Random } from "../../base/random.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { seedAt } from "../../engine/train/seeds.js";
import { distanceOf, type Familiarity, meanOf, nearestKind, projections, standardised } from "../familiarity.js";
import { momentsOf, principal } from "../principal.js";
import type { Features } from "./feature-file.js";

/** Units the kinds are made from, at most. */
const MOST_LEARNED = 2000;
/** Held-out units that are measured, at most. */
const MOST_UNITS = 1000;
const MOST_DIRECTIONS = 32;
const MOST_KINDS = 128;
/** Units that a direction or a kind needs. */
const EACH = 5;
const ROUNDS = 8;

/** Added to the variances within kinds, as a share of their mean: directions in which kinds hardly vary would outweigh the others. */
const LEAST_WITHIN = 0.05;

const QUANTILES = [0.5, 0.9, 0.99];
/** Standard deviations above the mean beyond which 1 % of a normal distribution lies. */
const ONE_PERCENT = 2.326;

/** @param training, heldOut indices of units in `features`. */
export async function familiarise(
  features: Features,
  training: readonly number[],
  heldOut: readonly number[],
  seed: number,
): Promise<Familiarity | undefined> {
  const random = new Random(seedAt(seed, 0, 0, 7));
  const pick = (units: readonly number[], most: number) =>
    Array.from(random.permutation(units.length).slice(0, most), (i) => units[i]);
  const units: Seen[] = [];
  for (const unit of pick(training, MOST_LEARNED)) {
    const own = await features.read(unit);
    const { mean, count } = meanOf(own, features.featureSize);
    if (count > 0) units.push({ mean, some: own.slice(0, features.featureSize) });
  }
  const known = kindsOf(units, features.featureSize, features.exemplars, random);
  if (!known) return undefined;
  const distances: number[] = [];
  for (const unit of pick(heldOut, MOST_UNITS)) {
    const distance = distanceOf(known, await features.read(unit));
    if (Number.isFinite(distance)) distances.push(distance);
  }
  return distances.length < 2 ? undefined : { ...known, ...limitsOf(distances) };
}

/** A unit of the training. */
interface Seen {
  readonly mean: Float64Array;
  /** One of its vectors. */
  readonly some: Float32Array;
}

function kindsOf(units: readonly Seen[], size: number, exemplars: number, random: Random): Familiarity | undefined {
  const scale = momentsOf(
    units.map(({ mean }) => mean),
    size,
  );
  const enough = Math.floor(units.length / EACH);
  const rank = Math.min(MOST_DIRECTIONS, Math.floor(size / 2), enough);
  if (rank < 1 || !scale) return undefined;
  const z = units.map(({ mean }) => standardised(scale, mean));
  const directions = principal(z, size, rank, random);
  const points = z.map((row) => projections(row, directions));
  const kinds = clustered(points, Math.min(MOST_KINDS, enough), random);
  const [within, along] = [new Float64Array(rank), new Float64Array(rank)];
  for (const point of points) {
    const kind = nearestKind(point, kinds);
    for (const [i, part] of point.entries()) {
      within[i] += (part - kinds[kind * rank + i]) ** 2 / points.length;
      along[i] += part ** 2 / points.length;
    }
  }
  const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
  const squares = (row: Float64Array) => row.reduce((sum, value) => sum + value * value, 0);
  const total = sumOf(z.map(squares)) / z.length;
  const [scatter, totalScatter] = scatterOf(units, z, scale, directions);
  const least = LEAST_WITHIN * (sumOf(within) / rank);
  return {
    ...scale,
    directions: ndarray("float32", [rank, size], Float32Array.from(directions)),
    kinds: ndarray("float32", [kinds.length / rank, rank], Float32Array.from(kinds)),
    variances: ndarray(
      "float32",
      [rank],
      Float32Array.from(within, (v) => Math.max(1e-6, v + least)),
    ),
    scatter: ndarray("float32", [rank], Float32Array.from(scatter)),
    rest: Math.max(1e-3 * total, total - sumOf(along)),
    restScatter: Math.max(0, totalScatter - sumOf(scatter)),
    ...{ exemplars, quantiles: [], limit: Number.POSITIVE_INFINITY },
  };
}

/** Variance of one vector of each unit around the unit's mean: along each direction, and in all. */
function scatterOf(
  units: readonly Seen[],
  means: readonly Float64Array[],
  scale: Pick<Familiarity, "mean" | "deviation">,
  directions: Float64Array,
): [Float64Array, number] {
  const rank = directions.length / means[0].length;
  const scatter = new Float64Array(rank);
  let total = 0;
  for (const [u, { some }] of units.entries()) {
    const away = standardised(scale, some).map((value, i) => value - means[u][i]);
    for (const value of away) total += value ** 2 / units.length;
    for (const [i, part] of projections(away, directions).entries()) scatter[i] += part ** 2 / units.length;
  }
  return [scatter, total];
}

/** Centres [kind][direction] by Lloyd's algorithm, from points drawn by their distance (Arthur and Vassilvitskii, 2007). */
function clustered(points: readonly Float64Array[], count: number, random: Random): Float64Array {
  const rank = points[0].length;
  const centres = [points[random.integer(points.length)]];
  const distance = points.map(() => Number.POSITIVE_INFINITY);
  while (centres.length < count) {
    const last = centres[centres.length - 1];
    for (const [i, point] of points.entries()) {
      distance[i] = Math.min(
        distance[i],
        point.reduce((sum, value, k) => sum + (value - last[k]) ** 2, 0),
      );
    }
    let left = random.uniform() * distance.reduce((a, b) => a + b, 0);
    const next = distance.findIndex((d) => (left -= d) < 0);
    if (next < 0) break; // fewer different points than that
    centres.push(points[next]);
  }
  const kinds = Float64Array.from(centres.flatMap((centre) => [...centre]));
  for (let round = 0; round < ROUNDS; round++) {
    const [sums, counts] = [new Float64Array(kinds.length), new Float64Array(centres.length)];
    for (const point of points) {
      const kind = nearestKind(point, kinds);
      counts[kind] += 1;
      for (let i = 0; i < rank; i++) sums[kind * rank + i] += point[i];
    }
    for (const [i, sum] of sums.entries()) {
      const own = counts[Math.floor(i / rank)];
      if (own > 0) kinds[i] = sum / own;
    }
  }
  return kinds;
}

/**
 * Quantiles as found, and the limit: where 1 % of such units lie beyond. Of few units the largest says little about that, so the limit
 * is no less than that of a log-normal distribution with their mean and deviation.
 */
function limitsOf(distances: readonly number[]): Pick<Familiarity, "quantiles" | "limit"> {
  const sorted = [...distances].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const logs = sorted.map(Math.log);
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1));
  const limit = Math.max(quantile(0.99), Math.exp(mean + ONE_PERCENT * deviation));
  return { quantiles: QUANTILES.map(quantile), limit };
}
