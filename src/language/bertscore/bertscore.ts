/**
 * BERTScore (Zhang et al. 2020): the words of two texts are matched greedily by the cosine of their contextual embeddings. As its
 * reference implementation computes it, with weights by inverse document frequency over the references and, where a baseline
 * is known, rescaled so that unrelated texts score 0. The paper's measure of agreement (section 4).
 *
 * What it costs: one run of the model for each distinct text, and a product of lengths times the vectors' size for each pair.
 */
import { UserError } from "../../base/errors.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { bestOf, inverseFrequencies, match, type VectorText, type Weigh } from "../greedy-matching.js";
import type { TextMetric } from "../metric.js";
import { TextEncoder } from "./encoder.js";
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
  const known = new Map<string, VectorText>();
  const settings = [name, `layer ${layer}`, idf && "idf", rescale ? "rescaled" : "not rescaled"].filter(Boolean);
  return {
    name: `BERTScore (${settings.join(", ")})`,
    async statistics(candidates, references) {
      const fresh = [...new Set([...candidates, ...references.flat()])].filter((text) => !known.has(text));
      for (const [i, encoded] of (await encoder.encode(fresh)).entries()) known.set(fresh[i], encoded);
      const weigh = idf ? inverseFrequencies(references.flat().map((text) => known.get(text)!.ids)) : equally;
      return candidates.map((candidate, i) => {
        const own = known.get(candidate)!;
        const each = references[i].map((reference) => {
          const theirs = known.get(reference)!;
          return hasWords(own) && hasWords(theirs) ? match(own, theirs, weigh) : [0, 0, 0];
        });
        const best = bestOf(each);
        return rescale ? best.map((value, k) => (value - baseline![k]) / (1 - baseline![k])) : best;
      });
    },
    score: (sum, count) => sum[2] / count,
    close: () => encoder.close(),
  };
}

/** Without idf all words weigh the same, and the special tokens at both ends nothing; with it they are in all texts, which comes to the same. */
const equally: Weigh = ({ ids }, place) => Number(place > 0 && place < ids.length - 1);

/** Of texts without words, which are only their two special tokens, there is nothing to match. */
const hasWords = ({ ids }: VectorText) => ids.length > 2;
