import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { splitUnits } from "../../src/data/annotations/split.js";
import { BEGIN, kneserNey, perplexityOf, unigrams } from "../../src/language/ngrams.js";
import { tokenize } from "../../src/language/tokens.js";
import { Vocabulary } from "../../src/language/vocabulary.js";
import { describeShared, shared } from "../shared.js";

const VOCABULARY = 9;
const STOP = 8;
const random = new Random(4);
/** Words 0..6 by a chain with habits; word 7 never occurs. */
const sequences = Array.from({ length: 300 }, () => {
  const tokens = [random.integer(3)];
  while (random.uniform() < 0.75) tokens.push((tokens.at(-1)! * 2 + random.integer(2)) % 7);
  return [...tokens, STOP];
});

test.each([
  ["single words", unigrams(sequences, { vocabulary: VOCABULARY })],
  ["trigrams", kneserNey(sequences, { vocabulary: VOCABULARY })],
  ["trigrams of next to no text", kneserNey([[0, 1, STOP]], { vocabulary: VOCABULARY })],
])("%s: probabilities sum to one after any beginning, and none is zero", (_, model) => {
  for (const context of [
    [BEGIN, BEGIN],
    [BEGIN, 1],
    [1, 2],
    [2, 5],
    [7, 7],
    [0, 7],
    [3, 3],
  ]) {
    const ps = Array.from({ length: VOCABULARY }, (_, token) => Math.exp(model.logp(context, token)));
    expect(ps.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(Math.min(...ps)).toBeGreaterThan(0);
  }
});

test("trigrams by hand: one context seen twice, with one discount", () => {
  // too little text for discounts: half of every count. p(1 | begin 0) = (2 - 0.5) / 2 + 0.5 / 2 p(1 | 0)
  const model = kneserNey(
    [
      [0, 1, STOP],
      [0, 1, STOP],
    ],
    { vocabulary: VOCABULARY },
  );
  // each of the three bigrams has one context, each single word one of three; below that all nine tokens are equal
  const single = (1 - 0.5) / 3 + (1.5 / 3) * (1 / 9);
  const pair = (1 - 0.5) / 1 + 0.5 * single;
  expect(Math.exp(model.logp([BEGIN, 0], 1))).toBeCloseTo((2 - 0.5) / 2 + (0.5 / 2) * pair, 12);
});

describeShared("on real annotations", () => {
  test("trigrams know more than single words", async () => {
    const { list } = await readAnnotations(shared("data/text/milannotations-resnet152-imagenet.csv"));
    expect(list.length).toBe(11712);
    const isHeldOut = splitUnits(list, 0.1, 0);
    const texts = list.map(({ summary }) => tokenize(summary));
    const training = texts.filter((_, i) => !isHeldOut[i]);
    const vocabulary = Vocabulary.of(training, 1);
    const ids = (some: string[][]) =>
      some.map((words) => [...words.map((word) => vocabulary.id(word)), vocabulary.stop]);
    const held = ids(texts.filter((_, i) => isHeldOut[i]));
    const options = { vocabulary: vocabulary.size };
    const single = perplexityOf(unigrams(ids(training), options), held);
    const triple = perplexityOf(kneserNey(ids(training), options), held);
    expect(triple).toBeLessThan(0.4 * single);
    expect(triple).toBeGreaterThan(10);
    console.log(
      `perplexity of ${held.length} held-out annotations: single words ${single.toFixed(1)}, trigrams ${triple.toFixed(1)}`,
    );
  });
});
