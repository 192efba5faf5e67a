/**
 * What there is where no BERT-type model is at hand, called what it is: the F1 of the words two texts share, each weighed by how
 * few of the references hold it, so that "a" and "objects" count little. Words are alike or they are not: a synonym counts
 * nothing, which BERTScore would see.
 */
import type { TextMetric } from "./metric.js";
import { tokenize } from "./tokens.js";

/** Statistics of a candidate: the best F1 over its references; the score is their mean. 0..1. */
export function wordOverlap(): TextMetric {
  return {
    name: "word overlap (idf)",
    async statistics(candidates, references) {
      const documents = references.flat().map((text) => new Set(wordsOf(text)));
      const counts = new Map<string, number>();
      for (const document of documents) for (const word of document) counts.set(word, (counts.get(word) ?? 0) + 1);
      const weigh = (word: string) => Math.log((documents.length + 1) / ((counts.get(word) ?? 0) + 1)) + 1e-9;
      const sum = (words: Iterable<string>) => {
        let total = 0;
        for (const word of words) total += weigh(word);
        return total;
      };
      return candidates.map((candidate, i) => {
        const own = new Set(wordsOf(candidate));
        const scores = references[i].map((reference) => {
          const theirs = new Set(wordsOf(reference));
          const both = sum([...own].filter((word) => theirs.has(word)));
          return both === 0 ? 0 : (2 * both) / (sum(own) + sum(theirs));
        });
        return Float64Array.of(Math.max(...scores));
      });
    },
    score: (sum, count) => sum[0] / count,
  };
}

const wordsOf = (text: string) => tokenize(text).filter((token) => /[\p{L}\p{N}]/u.test(token));
