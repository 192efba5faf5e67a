import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../src/base/random.js";
import { Captioner } from "../../../src/describer/captioner.js";
import { type Decoder, describeFeatures } from "../../../src/describer/describe-features.js";
import { forceTokens } from "../../../src/describer/search/force.js";
import { wordLogps } from "../../../src/describer/search/rerank.js";
import type { NdArray } from "../../../src/engine/tensor/ndarray.js";
import { closeDecoder } from "../golden-decoder.js";
import { captionerWeights, smallDecoder, smallFeatures } from "../small-decoder.js";

const WORDS = 2;
const LENGTH = 4;

/** Everything a decoder of so many tokens can say within `length` tokens. */
function everything(vocabulary: number, stop: number, length: number): number[][] {
  const longer = (tokens: number[]): number[][] =>
    tokens.at(-1) === stop || tokens.length === length
      ? [tokens]
      : Array.from({ length: vocabulary }, (_, token) => longer([...tokens, token])).flat();
  return longer([]);
}

describe("search on a decoder that can be enumerated", () => {
  let decoder: Decoder;
  let features: NdArray<"float32">;
  let captions: number[][];
  beforeAll(async () => {
    const random = new Random(11);
    decoder = await smallDecoder(random, WORDS);
    features = smallFeatures(random, 3);
    captions = everything(WORDS + 4, decoder.stop, LENGTH);
  });
  afterAll(() => closeDecoder(decoder));

  /** Scores of all captions for a unit, by teacher forcing. */
  async function enumerate(unit: number, lambda: number) {
    const sequences = captions.map((tokens) => ({ unit, tokens }));
    const forced = await forceTokens(decoder.captioner, decoder.start, features, sequences);
    const words = await wordLogps(decoder.languageModel!, decoder.start, captions);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return captions.map((tokens, n) => {
      const [logp, logpLm] = [sum(forced[n].logp), sum(words[n])];
      return { tokens, logp, logpLm, pmi: logp - lambda * logpLm };
    });
  }

  it("finds every caption with its scores when the beam holds them all", async () => {
    const options = { beam: captions.length, length: LENGTH, lambda: 0.7 };
    for (const search of ["beam", "rerank", "mi"] as const) {
      const units = await describeFeatures(decoder, features, { search, ...options });
      for (const [unit, { beam }] of units.entries()) {
        const key = search === "beam" ? "logp" : "pmi";
        const expected = (await enumerate(unit, 0.7)).sort((a, b) => b[key] - a[key]);
        expect(beam.map(({ tokens }) => tokens.join()).toSorted()).toEqual(
          captions.map((tokens) => tokens.join()).toSorted(),
        );
        const twins = new Map(expected.map((entry) => [entry.tokens.join(), entry]));
        for (const [rank, found] of beam.entries()) {
          expect(found[key]).toBeCloseTo(expected[rank][key], 4);
          const twin = twins.get(found.tokens.join())!;
          expect(found.logp).toBeCloseTo(twin.logp, 4);
          expect(found.logpLm).toBeCloseTo(twin.logpLm, 4);
          expect(found.attention).toHaveLength(found.tokens.length);
          for (const weights of found.attention) expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        }
      }
    }
  });

  it("keeps at each step the best continuations of what it kept", async () => {
    const [{ beam }] = await describeFeatures(decoder, features, { search: "beam", beam: 3, length: LENGTH });
    let kept: number[][] = [[]];
    for (let step = 0; step < LENGTH; step++) {
      const next = kept.flatMap((tokens) =>
        tokens.at(-1) === decoder.stop ? [tokens] : Array.from({ length: WORDS + 4 }, (_, token) => [...tokens, token]),
      );
      const sequences = next.map((tokens) => ({ unit: 0, tokens }));
      const forced = await forceTokens(decoder.captioner, decoder.start, features, sequences);
      const order = forced
        .map(({ logp }, n) => ({ n, score: logp.reduce((a, b) => a + b, 0) }))
        .sort((a, b) => b.score - a.score);
      kept = order.slice(0, 3).map(({ n }) => next[n]);
    }
    expect(beam.map(({ tokens }) => tokens)).toEqual(kept);
  });

  it("leaves out log p(d) when there is no language model", async () => {
    const { captioner, start, stop } = decoder;
    const [{ beam }] = await describeFeatures({ captioner, start, stop }, features, { search: "greedy" });
    expect(beam).toHaveLength(1);
    expect(beam[0].logpLm).toBeUndefined();
    expect(beam[0].pmi).toBeUndefined();
  });

  it("refuses a language model of another vocabulary", async () => {
    const other = await smallDecoder(new Random(1), WORDS + 1);
    const mixed = { ...decoder, languageModel: other.languageModel };
    const decoding = describeFeatures(mixed, features, { search: "rerank" });
    await expect(decoding).rejects.toThrow("another vocabulary; expected the captioner's 6 tokens, got 7");
    await closeDecoder(other);
  });

  it("lets searches on the same models interleave", async () => {
    const searches = (["rerank", "mi", "beam", "rerank"] as const).map((search, i) => ({ search, beam: 2 + i }));
    const apart = [];
    for (const options of searches) apart.push(await describeFeatures(decoder, features, options));
    expect(await Promise.all(searches.map((options) => describeFeatures(decoder, features, options)))).toEqual(apart);
  });

  it("decodes no units at all", async () => {
    const none = { ...features, shape: [0, 3, 7], data: new Float32Array(0) };
    expect(await describeFeatures(decoder, none, { search: "rerank" })).toEqual([]);
  });

  it("reports a unit whose log-probabilities are not numbers", async () => {
    const weights = captionerWeights(new Random(2), WORDS);
    weights.get("output.1.bias")!.data[1] = Number.NaN;
    const captioner = await Captioner.open(weights);
    const units = await describeFeatures({ captioner, start: WORDS, stop: WORDS + 1 }, features, { search: "beam" });
    expect(units[2]).toEqual({ beam: [], problem: "the captioner's log-probabilities are not numbers" });
    await captioner.close();
  });
});
