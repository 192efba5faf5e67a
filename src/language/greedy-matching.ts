/**
 * Greedy matching of two texts whose words are vectors (BERTScore's core, Zhang et al. 2020, also used with fixed word vectors): each
 * word counts with the cosine of the most alike word of the other text. Costs a product of both lengths and the vectors' size.
 */

/** A text as vectors. */
export interface VectorText {
  /** Numbers of its words or tokens. */
  readonly ids: readonly number[];
  /** float32 [word, feature], each of length 1 or 0. */
  readonly vectors: Float32Array;
}

/** Weight of a text's word at a place. */
export type Weigh = (text: VectorText, place: number) => number;

/** Weights by how few of the documents hold a word: log((n + 1) / (holding + 1)). */
export function inverseFrequencies(documents: readonly (readonly number[])[]): Weigh {
  const counts = new Map<number, number>();
  for (const ids of documents) for (const id of new Set(ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return ({ ids }, place) => Math.log((documents.length + 1) / ((counts.get(ids[place]) ?? 0) + 1));
}

/** Precision, recall and F1 of a candidate and a reference. */
export function match(candidate: VectorText, reference: VectorText, weigh: Weigh): [number, number, number] {
  const [rows, columns] = [candidate.ids.length, reference.ids.length];
  if (rows === 0 || columns === 0) return [0, 0, 0];
  const size = candidate.vectors.length / rows;
  const toReference = new Float64Array(rows).fill(-1);
  const toCandidate = new Float64Array(columns).fill(-1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let cosine = 0;
      for (let k = 0, a = i * size, b = j * size; k < size; k++) {
        cosine += candidate.vectors[a + k] * reference.vectors[b + k];
      }
      if (cosine > toReference[i]) toReference[i] = cosine;
      if (cosine > toCandidate[j]) toCandidate[j] = cosine;
    }
  }
  const precision = weightedMean(toReference, candidate, weigh);
  const recall = weightedMean(toCandidate, reference, weigh);
  return [precision, recall, precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)];
}

/** Each of several scores at its largest. */
export function bestOf(scores: readonly (readonly number[])[]): Float64Array {
  const best = Float64Array.from(scores[0]);
  for (const each of scores) for (let k = 0; k < best.length; k++) best[k] = Math.max(best[k], each[k]);
  return best;
}

function weightedMean(values: Float64Array, text: VectorText, weigh: Weigh): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weigh(text, i);
    sum += weight * values[i];
    total += weight;
  }
  return total === 0 ? 0 : sum / total;
}

/** Divides each row of `size` values by its length, in place. */
export function toUnitLength(data: Float32Array, size: number): Float32Array {
  for (let start = 0; start < data.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i++) sum += data[i] * data[i];
    const length = Math.sqrt(sum) || 1;
    for (let i = start; i < start + size; i++) data[i] /= length;
  }
  return data;
}
