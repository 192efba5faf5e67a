import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import type { Decoder } from "../../src/describer/describe-features.js";
import { LanguageModel } from "../../src/describer/language-model.js";
import type { Prefix } from "../../src/describer/prefix.js";
import { wordLogps } from "../../src/describer/search/rerank.js";
import { describeShared } from "../shared.js";
import { closeDecoder, distance, goldenDecoder, readFloats, readJson, untilStop } from "./golden-decoder.js";
import { languageModelWeights } from "./small-decoder.js";

/** The prefix of every token of a sequence that begins with `<start>`. */
function chain(model: LanguageModel, tokens: readonly number[]): Prefix[] {
  let previous = model.origin();
  return tokens.map((token) => (previous = { token, previous, state: new Float32Array(0) }));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

for (const net of ["resnet18", "alexnet"]) {
  describeShared(`language model of milan-${net}`, () => {
    const folder = `golden/decode/${net}`;
    let decoder: Decoder;
    let model: LanguageModel;
    beforeAll(async () => {
      decoder = await goldenDecoder(`milan-${net}.pth.gz`);
      model = decoder.languageModel!;
    });
    afterAll(() => closeDecoder(decoder));

    it("predicts every next word as the reference", async () => {
      const { indexed } = readJson(`${folder}/lm.json`);
      const { data, shape } = await readFloats(`${folder}/lm_logprobs.npy`);
      const [, length, vocabulary] = shape;
      for (const [n, tokens] of indexed.entries()) {
        const prefixes = chain(model, tokens);
        for (const prefix of prefixes) await model.read([prefix]);
        const logp = await model.predict(prefixes);
        const size = length * vocabulary;
        expect(distance(logp, data.subarray(n * size, (n + 1) * size))).toBeLessThan(1e-4);
      }
    });

    it("scores sequences as the reference, with and without the token after the end", async () => {
      const golden = readJson(`${folder}/lm.json`);
      const whole = golden.indexed.map((tokens: number[]) => tokens.slice(1));
      const ended = whole.map((tokens: number[]) => untilStop(tokens, decoder.stop));
      const right = (await wordLogps(model, decoder.start, ended)).map(sum);
      expect(distance(right, golden.logp_batch_without_extra_token)).toBeLessThan(1e-4);
      expect(distance(right, golden.logp_one_by_one)).toBeLessThan(1e-4);
      const oneMore = whole.map((tokens: number[], n: number) => tokens.slice(0, ended[n].length + 1));
      const batched = (await wordLogps(model, decoder.start, oneMore)).map(sum);
      expect(distance(batched, golden.logp_batch)).toBeLessThan(1e-4);
    });

    it("steps into the reference's state", async () => {
      const { hidden, layers } = model.sizes;
      const start = chain(model, [decoder.start])[0];
      await model.read([start]);
      for (const [offset, file] of [
        [0, "step1_h_lm"],
        [hidden, "step1_c_lm"],
      ] as const) {
        const { data, shape } = await readFloats(`${folder}/${file}.npy`);
        for (let layer = 0; layer < layers; layer++) {
          const at = layer * 2 * hidden + offset;
          const row = layer * shape[1] * hidden;
          expect(distance(start.state.subarray(at, at + hidden), data.subarray(row, row + hidden))).toBeLessThan(1e-5);
        }
      }
    });
  });
}

describe("language model", () => {
  it("scores sequences together exactly as apart, shared beginnings and repetitions included", async () => {
    for (const layers of [1, 3]) {
      const model = await LanguageModel.open(languageModelWeights(new Random(5), 6, layers));
      const sequences = [[1, 2, 3, 7], [1, 2, 4], [1, 2, 3, 7], [5], [], [1]];
      const together = await wordLogps(model, 6, sequences);
      expect(together.map(({ length }) => length)).toEqual(sequences.map(({ length }) => length));
      for (const [n, tokens] of sequences.entries()) {
        const prefixes = chain(model, [6, ...tokens].slice(0, -1));
        const expected: number[] = [];
        for (const [i, prefix] of prefixes.entries()) {
          await model.read([prefix]);
          expected.push((await model.predict([prefix]))[tokens[i]]);
        }
        expect(distance(together[n], expected)).toBeLessThan(1e-6);
      }
      await model.close();
    }
  });

  it("says which parameter is missing or misshapen", async () => {
    const weights = languageModelWeights(new Random(5), 6, 2);
    const bias = weights.get("lstm.bias_hh_l1")!;
    weights.delete("lstm.bias_hh_l1");
    await expect(LanguageModel.open(weights)).rejects.toThrow(/no parameter "lstm.bias_hh_l1"; expected \[24\]/);
    weights.set("lstm.bias_hh_l1", { ...bias, shape: [2, 12] });
    await expect(LanguageModel.open(weights)).rejects.toThrow(/"lstm.bias_hh_l1"; expected \[24\], got \[2,12\]/);
  });
});
