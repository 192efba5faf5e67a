/**
 * ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) as Google's `rouge_score` computes them, without stemming: words are runs of letters and
 * digits in lower case; F1 of overlapping n-grams, or of the longest common subsequence; of several references the best. 0..1.
 */
import { ngrams } from "./bleu.js";
import type { TextMetric } from "./metric.js";

export type RougeVariant = 1 | 2 | "L";

/** The mean F1 over texts. */
export function rouge(variant: RougeVariant): TextMetric {
  const f1 = variant === "L" ? longest : (a: string[], b: string[]) => overlap(a, b, variant);
  return {
    name: `ROUGE-${variant}`,
    statistics: async (candidates, references) =>
      candidates.map((candidate, i) => {
        const words = rougeWords(candidate);
        return Float64Array.of(Math.max(...references[i].map((reference) => f1(rougeWords(reference), words))));
      }),
    score: (sum, count) => sum[0] / count,
  };
}

/** Runs of a-z and 0-9, in lower case; whatever else there is separates them. */
export const rougeWords = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

function overlap(target: string[], candidate: string[], n: number): number {
  const [wanted, found] = [ngrams(target, n), ngrams(candidate, n)];
  let common = 0;
  for (const [gram, times] of wanted) common += Math.min(times, found.get(gram) ?? 0);
  return harmonic(common, target.length - n + 1, candidate.length - n + 1);
}

function longest(target: string[], candidate: string[]): number {
  let row = new Uint32Array(candidate.length + 1);
  for (const word of target) {
    const next = new Uint32Array(row.length);
    for (let j = 1; j < row.length; j++) {
      next[j] = word === candidate[j - 1] ? row[j - 1] + 1 : Math.max(row[j], next[j - 1]);
    }
    row = next;
  }
  return harmonic(row[candidate.length], target.length, candidate.length);
}

/** F1 of `common` among `wanted` and `found`; 0 where there is nothing to compare. */
function harmonic(common: number, wanted: number, found: number): number {
  if (common === 0 || wanted <= 0 || found <= 0) return 0;
  const [precision, recall] = [common / found, common / wanted];
  return (2 * precision * recall) / (precision + recall);
}
