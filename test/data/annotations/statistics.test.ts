import { expect, test } from "vitest";
import { annotatorAgreement } from "../../../src/data/annotations/agreement.js";
import { type Annotation, readAnnotations } from "../../../src/data/annotations/annotations.js";
import { annotationStatistics } from "../../../src/data/annotations/statistics.js";
import { rouge } from "../../../src/language/rouge.js";
import { openSyntax } from "../../../src/language/syntax/open.js";
import { tokenize } from "../../../src/language/tokens.js";
import { describeShared, shared } from "../../shared.js";

const TAGS: Record<string, string> = { red: "ADJ", white: "ADJ", dots: "NOUN", sky: "NOUN", in: "ADP", ",": "PUNCT" };
const tag = (tokens: readonly string[]) => tokens.map((token) => TAGS[token] ?? "X");
const say = (layer: string, unit: number, summary: string): Annotation => ({ layer, unit, summary });
const LIST = [
  say("conv1", 0, "Red dots"),
  say("conv1", 0, "red, white dots"),
  say("conv1", 3, "dots"),
  say("conv2", 0, "dots in the sky"),
  say("conv2", 0, "dots in the sky."),
];

test("counts words, not punctuation; by layer and in all", () => {
  const [all, first, second] = annotationStatistics(LIST, { tokenize, tag });
  expect(all).toEqual({
    ...{ layer: "", units: 3, annotations: 5, annotators: [1, 2], vocabulary: 6, length: 14 / 5 },
    ...{ nouns: 7 / 14, adjectives: 3 / 14, prepositions: 2 / 14 },
  });
  expect([first.layer, first.units, first.vocabulary, first.length]).toEqual(["conv1", 2, 3, 2]);
  expect([second.annotators, second.nouns]).toEqual([[2, 2], 0.5]);
  expect(annotationStatistics(LIST.slice(0, 3), { tokenize, tag })).toHaveLength(1); // one layer is all
});

test("agreement: each annotation against the others of its unit", async () => {
  const [all, first, second] = await annotatorAgreement(LIST, rouge(1));
  // "red dots" and "red, white dots": 2 of 2 and 2 of 3 words
  expect(first).toEqual({ layer: "conv1", units: 1, single: 1, score: 0.8 });
  expect(second.score).toBe(1);
  expect(all).toMatchObject({ units: 2, single: 1 });
  expect(all.score).toBeCloseTo((0.8 + 0.8 + 1 + 1) / 4, 12);
  await expect(annotatorAgreement(LIST.slice(2, 3), rouge(1))).rejects.toThrow(
    "each of the 1 units has one annotation; expected two or more",
  );
});

describeShared("the annotations of ResNet-152", () => {
  test("have the paper's numbers of units and annotators, and are mostly nouns", async () => {
    const { list } = await readAnnotations(shared("data/text/milannotations-resnet152-imagenet.csv"));
    const syntax = await openSyntax();
    const [all, ...layers] = annotationStatistics(list, { tokenize, tag: syntax.tag });
    expect(all).toMatchObject({ units: 3904, annotations: 11712, annotators: [3, 3] });
    expect(Object.fromEntries(layers.map(({ layer, units }) => [layer, units]))).toEqual({
      ...{ conv1: 64, layer1: 256, layer2: 512, layer3: 1024, layer4: 2048 },
    });
    expect(all.nouns).toBeGreaterThan(0.35);
    expect(all.nouns).toBeLessThan(0.65);
    expect(all.adjectives).toBeGreaterThan(0.08);
  });
});
