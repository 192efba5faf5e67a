/**
 * Universal parts of speech of the words of a text (universaldependencies.org), one after another from left to right by the word, its
 * ends, its neighbours, and the tags before it. Trained on the English Web Treebank, half of it in lower case, as annotations are.
 * About 20 microseconds a word.
 */
import { best, feature, hashed, type LinearModel, score } from "./perceptron.js";

export const UNIVERSAL_TAGS = [
  "ADJ",
  "ADP",
  "ADV",
  "AUX",
  "CCONJ",
  "DET",
  "INTJ",
  "NOUN",
  "NUM",
  "PART",
  "PRON",
  "PROPN",
  "PUNCT",
  "SCONJ",
  "SYM",
  "VERB",
  "X",
] as const;
export type UniversalTag = (typeof UNIVERSAL_TAGS)[number];

/** What of a word tags depend on. */
interface Clues {
  readonly word: number;
  readonly ends: readonly number[];
  readonly begins: readonly number[];
  readonly shape: number;
}

const NOTHING: Clues = { word: 1, ends: [1, 1, 1], begins: [1, 1], shape: 0 };

function cluesOf(token: string): Clues {
  const low = token.toLowerCase();
  const shape =
    Number(/\p{N}/u.test(token)) +
    2 * Number(token.includes("-")) +
    4 * Number(/^\p{Lu}/u.test(token)) +
    8 * Number(/^[\p{Lu}\p{N}.]+$/u.test(token)) +
    16 * Number(!/[\p{L}\p{N}]/u.test(token));
  return {
    word: hashed(low.replace(/\d/g, "0")),
    ends: [1, 2, 3].map((n) => hashed(low.slice(-n))),
    begins: [1, 3].map((n) => hashed(low.slice(0, n))),
    shape,
  };
}

/** The features of token `i`, given the two tags before it. */
function featuresOf(clues: readonly Clues[], i: number, before: number, beforeThat: number): number[] {
  const at = (k: number) => clues[k] ?? NOTHING;
  const { word, ends, begins, shape } = at(i);
  const [left, right] = [at(i - 1), at(i + 1)];
  return [
    feature(0, 0),
    feature(1, word),
    ...ends.map((end, n) => feature(2 + n, end)),
    ...begins.map((begin, n) => feature(5 + n, begin)),
    feature(7, shape, Number(i === 0)),
    feature(8, before),
    feature(9, beforeThat, before),
    feature(10, before, word),
    feature(11, left.word),
    feature(12, left.ends[2]),
    feature(13, at(i - 2).word),
    feature(14, right.word),
    feature(15, right.ends[2]),
    feature(16, at(i + 2).word),
    feature(17, left.word, word),
    feature(18, word, right.word),
    feature(19, before, ends[2], right.ends[2]),
    feature(20, shape, ends[1]),
    feature(21, before, right.ends[1]),
  ];
}

/** Tags as numbers; `decide` is told the features of each token in turn and gives its tag. */
export function tagWith(tokens: readonly string[], decide: (features: number[], i: number) => number): Int32Array {
  const clues = tokens.map(cluesOf);
  const tags = new Int32Array(tokens.length);
  for (let i = 0; i < tokens.length; i++)
    tags[i] = decide(featuresOf(clues, i, tags[i - 1] ?? -1, tags[i - 2] ?? -1), i);
  return tags;
}

/** Parts of speech of the tokens of one text. */
export function tag(model: LinearModel, tokens: readonly string[]): UniversalTag[] {
  const scores = new Float64Array(UNIVERSAL_TAGS.length);
  const tags = tagWith(tokens, (features) => {
    score(model, features, scores);
    return best(scores);
  });
  return Array.from(tags, (index) => UNIVERSAL_TAGS[index]);
}
