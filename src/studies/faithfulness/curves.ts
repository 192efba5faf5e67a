/**
 * How well scores find the items that count: average precision, the area under the ROC curve, and Pearson's correlation.
 *
 * A ranking is made once per description and asked for every unit of a layer, so it sorts once (n log n); an answer then costs
 * p log p for p positives, whatever the number of items. Descriptions "predict" many pictures alike, so ties matter:
 * - average precision is scikit-learn's: items of equal score are passed together, and precision is taken after all of them. A
 *   constant prediction then has exactly the base rate, and the order of the items never matters;
 * - in the area under the ROC curve a tie between a positive and a negative counts one half.
 */

export class Ranking {
  /** Number of items. */
  readonly size: number;
  /** [item]: which group of equal scores it is in; 0 is the highest. */
  readonly #group: Uint32Array;
  /** [group]: how many items are in it or in a higher one. */
  readonly #seen: Uint32Array;

  /** @param scores [item], finite or infinite; NaN is not allowed. */
  constructor(scores: Float32Array) {
    this.size = scores.length;
    const rising = scores.slice().sort();
    const values: number[] = [];
    const starts: number[] = [];
    for (let i = 0; i < rising.length; i++) {
      // -0 sorts below 0 and equals it
      if (i === 0 || rising[i] !== rising[i - 1]) {
        values.push(rising[i]);
        starts.push(i);
      }
    }
    const groups = values.length;
    this.#seen = Uint32Array.from({ length: groups }, (_, group) => this.size - starts[groups - 1 - group]);
    this.#group = new Uint32Array(this.size);
    for (let i = 0; i < this.size; i++) this.#group[i] = groups - 1 - positionOf(values, scores[i]);
  }

  /** Average precision: the mean, over the positives, of the precision at their score. NaN without positives. */
  averagePrecision(positives: Uint32Array): number {
    const groups = Uint32Array.from(positives, (item) => this.#group[item]).sort();
    let sum = 0;
    for (let i = 0; i < groups.length; ) {
      let end = i + 1;
      while (end < groups.length && groups[end] === groups[i]) end++;
      sum += ((end - i) * end) / this.#seen[groups[i]];
      i = end;
    }
    return sum / groups.length;
  }

  /** Chance that a positive has a higher score than a negative. NaN without positives or without negatives. */
  auc(positives: Uint32Array): number {
    const count = positives.length;
    const negatives = this.size - count;
    let rankSum = 0; // ranks from 1 for the lowest, those of a group averaged
    for (const item of positives) {
      const group = this.#group[item];
      const above = group === 0 ? 0 : this.#seen[group - 1];
      rankSum += this.size - (above + this.#seen[group] - 1) / 2;
    }
    return (rankSum - (count * (count + 1)) / 2) / (count * negatives);
  }
}

/** Where a value stands in a rising list that holds it. */
function positionOf(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pearson's correlation of two lists of equal length, -1 to 1. NaN when either is constant, empty or not finite. */
export function pearson(a: Float32Array, b: Float32Array): number {
  const count = a.length;
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < count; i++) {
    meanA += a[i] / count;
    meanB += b[i] / count;
  }
  let [varianceA, varianceB, covariance] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [a[i] - meanA, b[i] - meanB];
    varianceA += x * x;
    varianceB += y * y;
    covariance += x * y;
  }
  if (isConstant(varianceA, meanA, count) || isConstant(varianceB, meanB, count)) return Number.NaN;
  return Math.min(1, Math.max(-1, covariance / (Math.sqrt(varianceA) * Math.sqrt(varianceB))));
}

/** A constant list has no variance but what the rounding of its mean leaves. */
const isConstant = (variance: number, mean: number, count: number) => variance <= 1e-24 * count * mean * mean;
