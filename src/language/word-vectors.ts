/**
 * Words as vectors from a file of texts such as GloVe's (a line a word: the word, then its numbers, separated by spaces), and the
 * likeness of texts by them: greedy matching as BERTScore's, but every word has one vector whatever stands beside it. The file
 * is read once for each set of texts and only the vectors of their words are kept, so its size does not matter.
 */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileProblem, UserError } from "../base/errors.js";
import { bestOf, inverseFrequencies, match, toUnitLength, type VectorText } from "./greedy-matching.js";
import type { TextMetric } from "./metric.js";
import { tokenize } from "./tokens.js";

/**
 * The vectors of some words, where the file has them.
 * @param first so many words at the beginning of the file are read besides; it has the most frequent there.
 * Errors: `UserError` when a line is not a word with as many numbers as the first has.
 */
export async function readWordVectors(
  path: string,
  wanted: ReadonlySet<string>,
  first = 0,
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  let size: number | undefined;
  let number = 0;
  const stream = createReadStream(path);
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      const space = line.indexOf(" ");
      if (number === 1 && /^\d+ \d+$/.test(line)) continue; // word2vec's header: counts
      const word = line.slice(0, space);
      const isWanted = number <= first || wanted.has(word);
      if (size !== undefined && !isWanted) continue;
      const values = line
        .slice(space + 1)
        .trim()
        .split(" ")
        .map(Number);
      size ??= values.length;
      if (space < 1 || values.length !== size || !values.every(Number.isFinite)) {
        throw new UserError(
          `reading ${path}: line ${number} is no word with ${size} numbers; expected GloVe's text format`,
        );
      }
      if (isWanted) found.set(word, Float32Array.from(values));
    }
  } catch (error) {
    throw fileProblem("reading", path, error);
  } finally {
    stream.destroy();
  }
  if (size !== undefined) return found;
  throw new UserError(`reading ${path}: it is empty; expected word vectors in GloVe's text format`);
}

/** Likeness by the vectors in a file, weighed by inverse document frequency over the references; the score is the mean F1. */
export function wordVectorMatching(path: string): TextMetric {
  const vectors = new Map<string, Float32Array>();
  const missing = new Set<string>();
  const numbers = new Map<string, number>();
  const numberOf = (word: string) => {
    if (!numbers.has(word)) numbers.set(word, numbers.size);
    return numbers.get(word)!;
  };
  return {
    name: `greedy matching of word vectors (${basename(path)}, idf)`,
    async statistics(candidates, references) {
      const words = new Map([...candidates, ...references.flat()].map((text) => [text, wordsOf(text)]));
      const fresh = new Set([...words.values()].flat().filter((word) => !vectors.has(word) && !missing.has(word)));
      if (fresh.size > 0) for (const [word, vector] of await readWordVectors(path, fresh)) vectors.set(word, vector);
      for (const word of fresh) if (!vectors.has(word)) missing.add(word);
      const size = vectors.values().next().value?.length ?? 1;
      const texts = new Map(
        [...words].map(([text, list]): [string, VectorText] => {
          const data = new Float32Array(list.length * size);
          for (const [i, word] of list.entries()) data.set(vectors.get(word) ?? [], i * size);
          return [text, { ids: list.map(numberOf), vectors: toUnitLength(data, size) }];
        }),
      );
      const weigh = inverseFrequencies(references.flat().map((text) => texts.get(text)!.ids));
      return candidates.map((candidate, i) =>
        bestOf(references[i].map((reference) => match(texts.get(candidate)!, texts.get(reference)!, weigh))),
      );
    },
    score: (sum, count) => sum[2] / count,
  };
}

const wordsOf = (text: string) => tokenize(text).filter((token) => /[\p{L}\p{N}]/u.test(token));
