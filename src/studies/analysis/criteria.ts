/**
 * What a description is like (paper, section 5): seven numbers by which units are put in order, to see whether those that score high matter more
 * or less to the network than others. Nouns, verbs, adpositions and adjectives are counted by the tagger; the parse depth is the parser's; the word
 * difference is the largest distance of two words of the description by their vectors.
 */

import type { Syntax } from "../../language/syntax/open.js";
import { parseDepth } from "../../language/syntax/parser.js";
import { tokenize } from "../../language/tokens.js";

export const CRITERIA = ["nouns", "verbs", "adpositions", "adjectives", "length", "depth", "difference"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** For people. */
export const CRITERION_TITLES: Readonly<Record<Criterion, string>> = {
  nouns: "nouns",
  verbs: "verbs",
  adpositions: "adpositions",
  adjectives: "adjectives",
  length: "words",
  depth: "parse depth",
  difference: "word difference",
};

/** What a criterion, or "like red", is called. */
export const titleOf = (name: string): string => CRITERION_TITLES[name as Criterion] ?? name;

export type Scores = Readonly<Record<Criterion, number>>;

/** Vectors of words, in lower case, any length but all the same. */
export type WordVectors = ReadonlyMap<string, Float32Array>;

const isWord = (token: string) => /[\p{L}\p{N}]/u.test(token);

/** The words of a description, in lower case; punctuation is none. */
export const wordsOf = (description: string): string[] => tokenize(description).filter(isWord);

/** The scores of a description. An empty one has zeros. */
export function scoresOf(description: string, syntax: Syntax, vectors: WordVectors): Scores {
  const tokens = tokenize(description);
  const tags = syntax.tag(tokens);
  const count = (...wanted: string[]) => tokens.filter((token, i) => isWord(token) && wanted.includes(tags[i])).length;
  return {
    nouns: count("NOUN", "PROPN"),
    verbs: count("VERB", "AUX"),
    adpositions: count("ADP"),
    adjectives: count("ADJ"),
    length: tokens.filter(isWord).length,
    depth: tokens.length === 0 ? 0 : parseDepth(syntax.parse(tokens, tags)),
    difference: wordDifference(tokens, vectors),
  };
}

/** The largest cosine distance, 0 to 2, of two different words that have vectors; 0 for fewer than two. */
export function wordDifference(words: readonly string[], vectors: WordVectors): number {
  const known = [...new Set(words)].flatMap((word) => vectors.get(word) ?? []);
  let most = 0;
  for (const [i, a] of known.entries()) for (const b of known.slice(0, i)) most = Math.max(most, 1 - cosine(a, b));
  return most;
}

/** Likeness of a description to a word: the cosine of the word that is most like it, -1 to 1; undefined where none has a vector. */
export function likenessTo(word: string, words: readonly string[], vectors: WordVectors): number | undefined {
  const wanted = vectors.get(word);
  const known = words.flatMap((one) => vectors.get(one) ?? []);
  return wanted === undefined || known.length === 0 ? undefined : Math.max(...known.map((one) => cosine(wanted, one)));
}

/** -1 to 1; 0 where one of them is nothing. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
