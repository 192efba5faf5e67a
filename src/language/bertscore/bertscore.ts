/**
 * BERTScore (Zhang et al. 2020): the words of two texts are matched greedily by the cosine of their contextual embeddings. As its
 * reference implementation computes it, with weights by inverse document frequency over the references and, where a baseline
 * is known, rescaled so that unrelated texts score 0. The paper's measure of agreement (section 4).
 *
 * What it costs: one run of the model for each distinct text, and a product of lengths times the vectors' size for each pair.
 */
import { UserError } from "../../base/errors.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import type { TextMetric } from "../metric.js";
import { type EncodedText, TextEncoder } from "./encoder.js";
import { publishedBaseline } from "./published.js";

export interface BertScoreOptions {
  /** From 1; default the one published for the model, else the last. */
  readonly layer?: number;
  /** Weigh words by how few references hold them; default yes, as the paper. */
  readonly idf?: boolean;
  /** Relative to unrelated sentences; default where their score is published. Asked for elsewhere, it is an error. */
  readonly rescale?: boolean;
  readonly session?: SessionOptions;
}

/** BERTScore with the model in a folder. Close it when done. */
export interface BertScore extends TextMetric {
  close(): Promise<void>;
}

/**
 * Opens a model in a folder as Hugging Face lays it out. Statistics of a candidate are precision, recall and F1, each the best
 * over its references; the score is the mean F1.
 */
export async function openBertScore(folder: string, options: BertScoreOptions = {}): Promise<BertScore> {
  const encoder = await TextEncoder.open(folder, options.layer, options.session);
  const { name, layer } = encoder;
  const baseline = publishedBaseline(name, layer);
  const { idf = true, rescale = baseline !== undefined } = options;
  if (rescale && !baseline) {
    await encoder.close();
    throw new UserError(
      `opening ${folder}: no baseline is published for layer ${layer} of ${name}; expected one to rescale by, leave it out`,
    );
  }
  const known = new Map<string, EncodedText>();
  const settings = [name, `layer ${layer}`, idf && "idf", rescale ? "rescaled" : "not rescaled"].filter(Boolean);
  return {
    name: `BERTScore (${settings.join(", ")})`,
    async statistics(candidates, references) {
      const fresh = [...new Set([...candidates, ...references.flat()])].filter((text) => !known.has(text));
      for (const [i, encoded] of (await encoder.encode(fresh)).entries()) known.set(fresh[i], encoded);
      const weights = weightsOf(
        references.flat().map((text) => known.get(text)!.ids),
        idf,
      );
      return candidates.map((candidate, i) => {
        const best = new Float64Array(3).fill(Number.NEGATIVE_INFINITY);
        for (const reference of references[i]) {
          const scores = match(known.get(candidate)!, known.get(reference)!, weights);
          for (let k = 0; k < 3; k++) best[k] = Math.max(best[k], scores[k]);
        }
        return rescale ? best.map((value, k) => (value - baseline![k]) / (1 - baseline![k])) : best;
      });
    },
    score: (sum, count) => sum[2] / count,
    close: () => encoder.close(),
  };
}

type Weigh = (id: number, isSpecial: boolean) => number;

/** Weights of tokens: by how many of the references hold them, or all alike but for the special ones. */
function weightsOf(references: readonly (readonly number[])[], idf: boolean): Weigh {
  if (!idf) return (_, isSpecial) => Number(!isSpecial);
  const counts = new Map<number, number>();
  for (const ids of references) for (const id of new Set(ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return (id) => Math.log((references.length + 1) / ((counts.get(id) ?? 0) + 1));
}

/** Precision, recall and F1 of a candidate and a reference; 0 where one of them has no words. */
function match(candidate: EncodedText, reference: EncodedText, weigh: Weigh): [number, number, number] {
  const [rows, columns] = [candidate.ids.length, reference.ids.length];
  const size = candidate.vectors.length / rows;
  const toReference = new Float64Array(rows).fill(-1);
  const toCandidate = new Float64Array(columns).fill(-1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let cosine = 0;
      for (let k = 0, a = i * size, b = j * size; k < size; k++)
        cosine += candidate.vectors[a + k] * reference.vectors[b + k];
      if (cosine > toReference[i]) toReference[i] = cosine;
      if (cosine > toCandidate[j]) toCandidate[j] = cosine;
    }
  }
  const precision = weightedMean(toReference, candidate.ids, weigh);
  const recall = weightedMean(toCandidate, reference.ids, weigh);
  if (rows <= 2 || columns <= 2) return [0, 0, 0];
  return [precision, recall, precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)];
}

function weightedMean(values: Float64Array, ids: readonly number[], weigh: Weigh): number {
  let sum = 0;
  let total = 0;
  for (const [i, id] of ids.entries()) {
    const weight = weigh(id, i === 0 || i === ids.length - 1);
    sum += weight * values[i];
    total += weight;
  }
  return total === 0 ? 0 : sum / total;
}
