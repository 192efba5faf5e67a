import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { joinTokens, tokenize } from "../../src/language/tokens.js";
import { type IndexOptions, Vocabulary } from "../../src/language/vocabulary.js";
import { describeShared, hasShared, shared } from "../shared.js";

interface Golden {
  texts: string[];
  index: { kwargs: IndexOptions; out: number[][] }[];
  reconstruct: { ids: number[]; text: string }[];
  reconstruct_strings: { tokens: string[]; text: string }[];
  unindex: { ids: number[]; specials_true: string[]; specials_false: string[]; no_pad: string[] }[];
  vocab_example: { texts: string[]; tokens: string[]; ignore_rarer_than_1: string[] };
}

const read = (path: string) => JSON.parse(readFileSync(shared(`golden/${path}`), "utf8"));

describeShared("the reference's indexer", () => {
  const golden: Golden = hasShared ? read("text/indexer.json") : undefined;
  const vocabulary = new Vocabulary(hasShared ? read("checkpoint/vocab.json").tokens : []);

  test("index with every combination of options", () => {
    for (const { kwargs, out } of golden.index) {
      expect(vocabulary.index(golden.texts.map(tokenize), kwargs), JSON.stringify(kwargs)).toEqual(out);
    }
  });

  test("reconstruct", () => {
    for (const { ids, text } of golden.reconstruct) expect(vocabulary.reconstruct(ids)).toBe(text);
    for (const { tokens, text } of golden.reconstruct_strings) {
      const end = tokens.indexOf("<stop>");
      const words = (end < 0 ? tokens : tokens.slice(0, end)).filter((token) => !token.startsWith("<"));
      expect(joinTokens(words)).toBe(text);
    }
  });

  test("unindex", () => {
    for (const { ids, specials_true, specials_false } of golden.unindex) {
      expect(ids.map((id) => vocabulary.token(id))).toEqual(specials_true);
      expect(vocabulary.wordsOf(ids)).toEqual(specials_false);
    }
  });

  test("order of the vocabulary", () => {
    const { texts, tokens, ignore_rarer_than_1 } = golden.vocab_example;
    expect(Vocabulary.of(texts.map(tokenize)).words).toEqual(tokens);
    expect(Vocabulary.of(texts.map(tokenize), 1).words).toEqual(ignore_rarer_than_1);
  });
});

describe("a vocabulary", () => {
  const vocabulary = Vocabulary.of([tokenize("a Dog and a cat"), tokenize("a dog")]);

  test("numbers words by frequency, then special tokens", () => {
    expect(vocabulary.words).toEqual(["a", "dog", "and", "cat"]);
    expect([vocabulary.start, vocabulary.stop, vocabulary.pad, vocabulary.unk]).toEqual([4, 5, 6, 7]);
    expect(vocabulary.size).toBe(8);
    expect(["cat", "<stop>", "zebra"].map((token) => vocabulary.id(token))).toEqual([3, 5, 7]);
    expect(vocabulary.token(7)).toBe("<unk>");
    expect(() => vocabulary.token(8)).toThrow(RangeError);
    expect(() => vocabulary.token(-1)).toThrow(RangeError);
  });

  test("indexes nothing and empty texts", () => {
    expect(vocabulary.index([])).toEqual([]);
    expect(vocabulary.index([[]])).toEqual([[4, 5]]);
    expect(vocabulary.index([[], ["dog"]], { stop: false })).toEqual([
      [4, 6],
      [4, 1],
    ]);
  });

  test("reconstructs nothing as nothing", () => {
    expect(vocabulary.reconstruct([])).toBe("");
    expect(vocabulary.reconstruct([7, 5, 1])).toBe("");
  });

  test("refuses a word twice, or one that is a special token", () => {
    expect(() => new Vocabulary(["a", "b", "a"])).toThrow(UserError);
    expect(() => new Vocabulary(["a", "<pad>"])).toThrow('"<pad>" appears twice');
  });
});
