import { afterAll, beforeAll, expect, it } from "vitest";
import { UserError } from "../../src/base/errors.js";
import {
  type Decoded,
  type Decoder,
  type DecodingOptions,
  describeFeatures,
  speakingFirst,
} from "../../src/describer/describe-features.js";
import { type NdArray, ndarray } from "../../src/engine/tensor/ndarray.js";
import { describeShared } from "../shared.js";
import { closeDecoder, distance, goldenDecoder, readFloats, readJson, untilStop } from "./golden-decoder.js";

const pmis = (beam: readonly Decoded[]) => beam.map(({ pmi }) => pmi!);
const logps = (beam: readonly Decoded[]) => beam.map(({ logp }) => logp);

for (const net of ["resnet18", "alexnet"]) {
  describeShared(`decoding with milan-${net}`, () => {
    const folder = `golden/decode/${net}`;
    let decoder: Decoder;
    let features: NdArray<"float32">;
    beforeAll(async () => {
      decoder = await goldenDecoder(`milan-${net}.pth.gz`);
      features = await readFloats(`${folder}/features.npy`);
    });
    afterAll(() => closeDecoder(decoder));

    const settings: [string, DecodingOptions][] = [
      ["likelihood_50x15", { search: "beam" }],
      ["likelihood_10x5", { search: "beam", beam: 10, length: 5 }],
      ["likelihood_1x15", { search: "beam", beam: 1 }],
      ["mi_50x15", { search: "mi" }],
      ["mi_temp0.5_8x15", { search: "mi", lambda: 0.5, beam: 8 }],
    ];
    for (const [name, options] of settings) {
      it(`finds the reference's beam: ${name}`, async () => {
        const { beam_tokens, beam_scores } = readJson(`${folder}/beam.json`)[name];
        const units = await describeFeatures(decoder, features, options);
        expect(units).toHaveLength(beam_tokens.length);
        for (const [unit, { beam }] of units.entries()) {
          expect(beam.map(({ tokens }) => tokens)).toEqual(
            beam_tokens[unit].map((tokens: number[]) => untilStop(tokens, decoder.stop)),
          );
          const scores = options.search === "mi" ? pmis(beam) : logps(beam);
          expect(distance(scores, beam_scores[unit])).toBeLessThan(1e-4);
        }
      });
    }

    for (const temperature of ["0.2", "0.5", "1.0"]) {
      const golden = () => readJson(`${folder}/rerank.json`)[temperature];
      const likeliest = () => readJson(`${folder}/beam.json`).likelihood_50x15.beam_tokens;
      const options: DecodingOptions = { search: "rerank", lambda: Number(temperature) };

      /** Puts a reranked beam back into the order of the likelihood beam, which the reference's lists are in. */
      const byLikelihood = (beam: readonly Decoded[], unit: number): Decoded[] => {
        const found = new Map(beam.map((decoded) => [decoded.tokens.join(), decoded]));
        expect(found.size).toBe(beam.length);
        return likeliest()[unit].map((tokens: number[]) => found.get(untilStop(tokens, decoder.stop).join())!);
      };

      it(`reranks as the reference does, λ = ${temperature}`, async () => {
        const { tokens, scores, lm_scores, reranked_scores } = golden();
        const units = await describeFeatures(decoder, features, { ...options, compat: "reference" });
        for (const [unit, { beam }] of units.entries()) {
          expect(beam[0].tokens).toEqual(untilStop(tokens[unit], decoder.stop));
          expect(Math.abs(beam[0].pmi! - scores[unit])).toBeLessThan(1e-4);
          const original = byLikelihood(beam, unit);
          const words = original.map(({ logpLm }) => logpLm!);
          expect(distance(words, lm_scores[unit])).toBeLessThan(1e-4);
          expect(distance(pmis(original), reranked_scores[unit])).toBeLessThan(1e-4);
          expect(pmis(beam)).toEqual([...pmis(beam)].sort((a, b) => b - a));
        }
      });

      it(`reranks without counting a token after the end, λ = ${temperature}`, async () => {
        const { lm_scores_without_extra_token, argmax_without_extra_token } = golden();
        const units = await describeFeatures(decoder, features, options);
        for (const [unit, { beam }] of units.entries()) {
          const original = byLikelihood(beam, unit);
          const words = original.map(({ logpLm }) => logpLm!);
          expect(distance(words, lm_scores_without_extra_token[unit])).toBeLessThan(1e-4);
          expect(original.indexOf(beam[0])).toBe(argmax_without_extra_token[unit]);
        }
      });
    }

    it("decodes greedily as the reference does", async () => {
      const { likelihood, mi } = readJson(`${folder}/greedy.json`);
      const attentions = await readFloats(`${folder}/greedy_likelihood_attentions.npy`);
      const [, length, k] = attentions.shape;
      const units = await describeFeatures(decoder, features, { search: "greedy", compat: "reference" });
      for (const [unit, { beam }] of units.entries()) {
        expect(beam).toHaveLength(1);
        expect(beam[0].tokens).toEqual(likelihood.tokens[unit]);
        expect(Math.abs(beam[0].logp - likelihood.scores[unit])).toBeLessThan(1e-4);
        beam[0].attention.forEach((row, t) => {
          const at = (unit * length + t) * k;
          expect(distance(row, attentions.data.subarray(at, at + k))).toBeLessThan(1e-5);
        });
      }
      const right = await describeFeatures(decoder, features, { search: "greedy" });
      const informed = await describeFeatures(decoder, features, { search: "mi", beam: 1 });
      for (const [unit, { beam }] of right.entries()) {
        expect(beam[0].tokens).toEqual(untilStop(likelihood.tokens[unit], decoder.stop));
        expect(informed[unit].beam[0].tokens).toEqual(untilStop(mi.tokens[unit], decoder.stop));
      }
    });

    it("gives a unit the same beam whatever units are decoded with it", async () => {
      const together = await describeFeatures(decoder, features, { search: "rerank" });
      const alone = await describeFeatures(decoder, features, { search: "rerank", batch: 1 });
      for (const [unit, { beam }] of alone.entries()) {
        expect(beam.map(({ tokens }) => tokens)).toEqual(together[unit].beam.map(({ tokens }) => tokens));
        expect(distance(pmis(beam), pmis(together[unit].beam))).toBeLessThan(1e-4);
        for (const [rank, { attention }] of beam.entries()) {
          attention.forEach((row, t) => {
            expect(distance(row, together[unit].beam[rank].attention[t])).toBeLessThan(1e-5);
          });
        }
      }
    });
  });
}

describeShared("decoding with the tiny checkpoints", () => {
  for (const name of ["milan-tiny-cuda", "milan-tiny-nolm"]) {
    it(`finds the beams of ${name}`, async () => {
      const decoder = await goldenDecoder(`${name}.pth`);
      const features = await readFloats("golden/checkpoint/tiny_features.npy");
      const expected = readJson("golden/checkpoint/tiny_outputs.json")[name];
      const search = decoder.languageModel ? "rerank" : "beam";
      const options = { beam: 4, length: 9, compat: "reference" } as const;
      const winners = await describeFeatures(decoder, features, { ...options, search });
      const beams = await describeFeatures(decoder, features, { ...options, search: "beam" });
      for (const unit of [0, 1]) {
        const [best] = winners[unit].beam;
        expect(best.tokens).toEqual(untilStop(expected.tokens[unit], decoder.stop));
        expect(Math.abs((best.pmi ?? best.logp) - expected.scores[unit])).toBeLessThan(1e-4);
        expect(beams[unit].beam.map(({ tokens }) => tokens)).toEqual(
          expected.beam_tokens[unit].map((tokens: number[]) => untilStop(tokens, decoder.stop)),
        );
        expect(distance(logps(beams[unit].beam), expected.beam_scores[unit])).toBeLessThan(1e-4);
      }
      await closeDecoder(decoder);
    });
  }

  it("decodes with a beam wider than the vocabulary", async () => {
    const decoder = await goldenDecoder("milan-tiny-nolm.pth");
    const features = await readFloats("golden/checkpoint/tiny_features.npy");
    const [narrow] = await describeFeatures(decoder, features, { search: "beam", beam: 13, length: 2 });
    const [wide] = await describeFeatures(decoder, features, { search: "beam", beam: 1000, length: 2 });
    // Two steps: every word and then every word again, except after <stop>.
    expect(wide.beam).toHaveLength(12 * 13 + 1);
    expect(narrow.beam.map(({ tokens }) => tokens)).toEqual(wide.beam.slice(0, 13).map(({ tokens }) => tokens));
    const total = wide.beam.reduce((sum, { logp }) => sum + Math.exp(logp), 0);
    expect(total).toBeCloseTo(1, 5);
    await closeDecoder(decoder);
  });

  it("reports units that cannot be decoded, and leaves the others alone", async () => {
    const decoder = await goldenDecoder("milan-tiny-cuda.pth");
    const { data, shape } = await readFloats("golden/checkpoint/tiny_features.npy");
    const size = shape[1] * shape[2];
    const three = new Float32Array(3 * size);
    three.set(data.subarray(0, size));
    three.set(data.subarray(0, size), size);
    three.set(data.subarray(size), 2 * size);
    three[size + 5] = Number.NaN;
    const options = { search: "rerank", beam: 4, length: 9 } as const;
    const clean = await describeFeatures(decoder, ndarray("float32", shape, data), options);
    const mixed = await describeFeatures(decoder, ndarray("float32", [3, shape[1], shape[2]], three), options);
    expect(mixed[1]).toEqual({ beam: [], problem: "its features are not finite numbers" });
    expect([mixed[0], mixed[2]].map(({ beam }) => beam.map(({ tokens }) => tokens))).toEqual(
      clean.map(({ beam }) => beam.map(({ tokens }) => tokens)),
    );
    await closeDecoder(decoder);
  });

  it("refuses what cannot be done, in one line", async () => {
    const decoder = await goldenDecoder("milan-tiny-nolm.pth");
    const features = await readFloats("golden/checkpoint/tiny_features.npy");
    const refused = async (array: NdArray<"float32">, options: DecodingOptions, message: RegExp) => {
      const thrown = await describeFeatures(decoder, array, options).catch((error) => error);
      expect(thrown).toBeInstanceOf(UserError);
      expect(thrown.message).toMatch(message);
    };
    await refused(features, { search: "rerank" }, /needs a language model.*use "beam"/);
    await refused(features, { search: "mi" }, /needs a language model/);
    await refused(features, { search: "beam", beam: 0 }, /beam 0; expected a whole number/);
    await refused(features, { search: "beam", length: 1.5 }, /length 1.5; expected/);
    await refused(features, { search: "beam", lambda: Number.NaN }, /lambda NaN; expected/);
    await refused(features, { search: "fast" as "beam" }, /no search "fast"; expected rerank, beam, greedy, mi/);
    await refused(ndarray("float32", [1, 3, 4], new Float32Array(12)), { search: "beam" }, /1152.*got \[1,3,4\]/);
    await closeDecoder(decoder);
  });
});

it("puts what says nothing last, and leaves the others in their order", () => {
  const said = (...tokens: number[]) => ({ tokens, logp: 0, logpLm: undefined, pmi: undefined, attention: [] });
  const beam = [said(9), said(1, 9), said(2, 1), said(9), said(3, 9)];
  expect(speakingFirst(beam, 9)).toEqual([beam[1], beam[2], beam[4], beam[0], beam[3]]);
});
