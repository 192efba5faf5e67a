/**
 * A linear classifier over hashed features (averaged perceptron, Collins 2002): the weights of the tagger and of the parser. A feature
 * is a 32-bit hash; it selects a row of one small integer per class, and the class with the largest sum wins. Rows are shared
 * where hashes collide, which costs a little accuracy and makes the table of fixed size.
 */

/** Trained weights, int8 [row, class]; the number of rows is a power of two. */
export interface LinearModel {
  readonly classes: number;
  readonly weights: Int8Array;
}

/** Mixes the parts of a feature, the first of which tells features of different kinds apart, into 32 bits. */
export function feature(kind: number, a: number, b = 0, c = 0): number {
  let hash = Math.imul(kind + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ a, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + b, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + c, 0x27d4eb2f);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A hash of a text, for `feature`. */
export function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** Adds the rows of `features` up in `scores` [class]. */
export function score({ classes, weights }: LinearModel, features: ArrayLike<number>, scores: Float64Array): void {
  const mask = weights.length / classes - 1;
  scores.fill(0);
  for (let i = 0; i < features.length; i++) {
    const row = (features[i] & mask) * classes;
    for (let k = 0; k < classes; k++) scores[k] += weights[row + k];
  }
}

/** The largest score, among the allowed classes if given. */
export function best(scores: Float64Array, allowed?: (index: number) => boolean): number {
  let found = -1;
  for (let k = 0; k < scores.length; k++) {
    if ((found < 0 || scores[k] > scores[found]) && (allowed?.(k) ?? true)) found = k;
  }
  return found;
}
