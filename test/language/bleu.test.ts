import { expect, test } from "vitest";
import { bleu, precisionsAndScore, tokenize13a } from "../../src/language/bleu.js";
import { normalised, scoreOf, sumOf } from "../../src/language/metric.js";
import { rouge } from "../../src/language/rouge.js";
import { readJson } from "../describer/golden-decoder.js";
import { describeShared } from "../shared.js";

interface Corpus {
  readonly hyp: string[];
  readonly refs: string[][];
  readonly score: number;
  readonly precisions: number[];
  readonly bp: number;
}

describeShared("BLEU, against sacrebleu", () => {
  test("scores, precisions and brevity penalties", async () => {
    const corpora: Corpus[] = readJson("golden/text/bleu.json");
    expect(corpora.length).toBeGreaterThan(10);
    for (const { hyp, refs, score, precisions, bp } of corpora) {
      const sum = sumOf(
        await bleu().statistics(
          hyp.map(normalised),
          refs.map((list) => list.map(normalised)),
        ),
      );
      const found = precisionsAndScore(sum);
      expect(Math.abs(found.score - score)).toBeLessThan(1e-9);
      expect(Math.abs(found.brevity - bp)).toBeLessThan(1e-12);
      for (const [n, p] of precisions.entries()) expect(Math.abs(found.precisions[n] - p)).toBeLessThan(1e-9);
    }
  });

  test("tokens", () => {
    for (const { in: text, out } of readJson("golden/text/tokenize13a.json")) {
      expect(tokenize13a(text).join(" ")).toBe(out);
    }
  });
});

test("BLEU of corpora whose counts are plain to see", async () => {
  // 5 of 6 words, 3 of 5 pairs, 1 of 4 triples, 0 of 3 fours: smoothed to 1/2 of a match
  const [candidate, reference] = ["the cat sat on a mat", "the cat sat near a mat"];
  const expected = 100 * ((5 / 6) * (3 / 5) * (1 / 4) * (1 / 6)) ** (1 / 4);
  expect(await scoreOf(bleu(), [candidate], [[reference]])).toBeCloseTo(expected, 9);
  expect(await scoreOf(bleu({ smoothing: "none" }), [candidate], [[reference]])).toBe(0);
  expect(await scoreOf(bleu({ smoothing: "floor" }), [candidate], [[reference]])).toBeCloseTo(
    100 * ((5 / 6) * (3 / 5) * (1 / 4) * (0.1 / 3)) ** (1 / 4),
    9,
  );
  expect(await scoreOf(bleu({ smoothing: "add-k" }), [candidate], [[reference]])).toBeCloseTo(
    100 * ((5 / 6) * (4 / 6) * (2 / 5) * (1 / 4)) ** (1 / 4),
    9,
  );
  expect(await scoreOf(bleu({ effectiveOrder: true }), ["red dots"], [["red dots"]])).toBeCloseTo(100, 9);
  expect(await scoreOf(bleu({ effectiveOrder: true }), ["Red dots"], [["red dots"]])).toBeLessThan(80);
  // of the references: nothing is gained by saying one word, and nothing lost where people use no more
  const ours = bleu({ effectiveOrder: "references" });
  const people = [["dots on a red wall"], ["dots"]];
  expect(await scoreOf(ours, ["dots", "dots"], people)).toBe(0);
  expect(await scoreOf(ours, ["red dots"], [["red dots"]])).toBeCloseTo(100, 9);
  expect(await scoreOf(ours, ["dots on a wall", "dots"], people)).toBe(
    await scoreOf(bleu(), ["dots on a wall", "dots"], people),
  );
  expect(await scoreOf(bleu(), ["red dots"], [["red dots"]])).toBe(0); // no triples: sacrebleu's corpus score
  // nothing in common is worth nothing, whatever the smoothing makes of it
  for (const options of [{}, { effectiveOrder: true }, { smoothing: "floor" }, { smoothing: "add-k" }] as const) {
    expect(await scoreOf(bleu(options), ["blue lines", ""], [["red dots"], ["a sky"]])).toBe(0);
    expect(await scoreOf(bleu(options), [""], [["red dots"]])).toBe(0);
  }
  // the shorter of two equally near references counts for the length
  const sum = sumOf(await bleu().statistics(["a b c"], [["a b", "a b c d"]]));
  expect([sum[0], sum[1]]).toEqual([3, 2]);
});

test("a text that repeats a word is not paid for it twice", async () => {
  const sum = sumOf(await bleu().statistics(["the the the"], [["the cat", "on the mat the"]]));
  expect([...sum.subarray(2, 4)]).toEqual([2, 0]);
});

test("ROUGE of texts whose overlap is plain to see", async () => {
  const one = (variant: 1 | 2 | "L", a: string, ...b: string[]) => scoreOf(rouge(variant), [a], [b]);
  expect(await one(1, "Red and white dots.", "white dots")).toBeCloseTo((2 * (2 / 4) * 1) / (2 / 4 + 1), 12);
  expect(await one(2, "red and white dots", "white dots")).toBeCloseTo((2 * (1 / 3) * 1) / (1 / 3 + 1), 12);
  // subsequence "a c d" of "a b c d" and "a c x d"
  expect(await one("L", "a b c d", "a c x d")).toBeCloseTo(0.75, 12);
  expect(await one("L", "dots", "stripes", "dots and lines", "dots")).toBe(1); // the best reference
  expect(await one(1, "", "dots")).toBe(0);
  expect(await one(2, "dots", "dots")).toBe(0); // one word has no pairs
});
