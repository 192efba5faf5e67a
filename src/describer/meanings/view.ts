/**
 * Where exemplars are compared: features as the captioner sees them, weighed by what tells units from each other (Fisher's linear
 * discriminants). Encoder layers differ in scale and in number of features, and most of what differs between two exemplars differs
 * within any unit (position, size, what else is in the picture). What differs between units and hardly within them is what
 * descriptions are about, and what two meanings differ in. The units described together say which that is; one unit cannot.
 *
 * Costs a few seconds for 512 units at the paper's 3,904 features, and 250,000 multiply-adds an exemplar.
 */
import { Random } from "../../base/random.js";
import { isEmpty, projections, standardised } from "../familiarity.js";
import { momentsOf, principal, type Scale } from "../principal.js";
import { eigen } from "./symmetric.js";

export interface View {
  readonly scale: Scale;
  /** float64 [direction, feature]: orthonormal, the principal directions of the units' means. */
  readonly directions: Float64Array;
  /** Rows of [direction]: from there to where distances are taken. */
  readonly discriminants: readonly Float64Array[];
}

/** Fewer units cannot tell what units differ in. */
export const LEAST_UNITS = 10;
/** More need not be asked. */
const MOST_UNITS = 512;
const MOST_DIRECTIONS = 64;
/** How much of the covariance within units is replaced by equal variances: it is estimated from few exemplars. */
const SHRINKAGE = 0.2;

/**
 * @param units features of each unit's exemplars, float32 [exemplar, feature]; empty masks, all zero, do not count.
 * @param size features of an exemplar.
 * @returns undefined for fewer than `LEAST_UNITS` units, or units that do not differ.
 */
export function viewOf(units: readonly Float32Array[], size: number): View | undefined {
  const whole = units.map((features) => vectorsOf(features, size)).filter((vectors) => vectors.length > 1);
  if (whole.length < LEAST_UNITS) return undefined;
  const step = Math.max(1, whole.length / MOST_UNITS);
  const some = Array.from({ length: Math.min(whole.length, MOST_UNITS) }, (_, i) => whole[Math.floor(i * step)]);
  const scale = momentsOf(some.flat(), size);
  if (!scale) return undefined;
  const rank = Math.min(MOST_DIRECTIONS, size, some.length - 1);
  const means = some.map((vectors) => meanOfRows(vectors.map((vector) => standardised(scale, vector))));
  const directions = principal(centred(means), size, rank, new Random(0));
  const within = zeroMatrix(rank);
  let freedom = 0;
  const centres = some.map((vectors) => {
    const points = vectors.map((vector) => projections(standardised(scale, vector), directions));
    for (const away of centred(points)) addSquare(within, away);
    freedom += points.length - 1;
    return meanOfRows(points);
  });
  const whitening = inverseRoot(shrunk(within.map((row) => row.map((value) => value / freedom))));
  const between = zeroMatrix(rank);
  for (const away of centred(centres.map((centre) => times(whitening, centre)))) addSquare(between, away);
  const { values, vectors } = eigen(between);
  const exemplars = freedom / some.length + 1;
  const discriminants = vectors.map((vector, i) => {
    // a unit's mean wanders by the scatter of its exemplars, which is 1 here
    const own = Math.max(0, values[i] / (some.length - 1) - 1 / exemplars);
    const weight = Math.sqrt(own / (1 + own));
    const row = new Float64Array(rank);
    for (const [j, part] of vector.entries()) for (let d = 0; d < rank; d++) row[d] += weight * part * whitening[j][d];
    return row;
  });
  return { scale, directions, discriminants };
}

/** Where a feature vector lies, of length at most `MOST_DIRECTIONS`. */
export const seen = ({ scale, directions, discriminants }: View, vector: ArrayLike<number>): Float64Array =>
  times(discriminants, projections(standardised(scale, vector), directions));

/** The feature vectors of masks that are not empty. */
const vectorsOf = (features: Float32Array, size: number): Float32Array[] =>
  Array.from({ length: features.length / size }, (_, i) => features.subarray(i * size, (i + 1) * size)).filter(
    (vector) => !isEmpty(vector),
  );

function meanOfRows(rows: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(rows[0].length);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i] += row[i] / rows.length;
  return mean;
}

/** Rows without their mean. */
export function centred(rows: readonly Float64Array[]): Float64Array[] {
  const mean = meanOfRows(rows);
  return rows.map((row) => row.map((value, i) => value - mean[i]));
}

const zeroMatrix = (size: number) => Array.from({ length: size }, () => new Float64Array(size));

function addSquare(into: readonly Float64Array[], row: Float64Array): void {
  for (const [i, a] of row.entries()) for (let j = 0; j < row.length; j++) into[i][j] += a * row[j];
}

function shrunk(matrix: readonly Float64Array[]): Float64Array[] {
  const equal = matrix.reduce((sum, row, i) => sum + row[i], 0) / matrix.length;
  return matrix.map((row, i) => row.map((value, j) => (1 - SHRINKAGE) * value + (i === j ? SHRINKAGE * equal : 0)));
}

/** The symmetric root of the inverse, by which a covariance becomes 1. A direction without any variance stays out. */
function inverseRoot(matrix: readonly Float64Array[]): Float64Array[] {
  const { values, vectors } = eigen(matrix);
  const root = zeroMatrix(matrix.length);
  for (const [i, vector] of vectors.entries()) {
    if (!(values[i] > 0)) continue;
    addSquare(
      root,
      vector.map((part) => part / values[i] ** 0.25),
    );
  }
  return root;
}

const times = (matrix: readonly Float64Array[], vector: Float64Array): Float64Array =>
  Float64Array.from(matrix, (row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));
