import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../src/base/random.js";
import type { Decoder } from "../../../src/describer/describe-features.js";
import { type Prefix, rowsOf } from "../../../src/describer/prefix.js";
import { forceTokens } from "../../../src/describer/search/force.js";
import { wordLogps } from "../../../src/describer/search/rerank.js";
import type { NdArray } from "../../../src/engine/tensor/ndarray.js";
import { describeShared } from "../../shared.js";
import { closeDecoder, distance, goldenDecoder, readFloats, readJson } from "../golden-decoder.js";
import { smallDecoder, smallFeatures } from "../small-decoder.js";

const LAMBDA = 0.2;

/** Log-probabilities of all words after each token but the last of `<start>` + tokens. */
async function wordDistributions({ languageModel, start }: Decoder, tokens: readonly number[]) {
  let previous: Prefix = languageModel!.origin();
  const rows: Float32Array[] = [];
  for (const token of [start, ...tokens].slice(0, -1)) {
    previous = { token, previous, state: new Float32Array(0) };
    await languageModel!.read([previous]);
    rows.push((await languageModel!.predict([previous])).slice());
  }
  return rows;
}

for (const net of ["resnet18", "alexnet"]) {
  describeShared(`forced decoding with milan-${net}`, () => {
    const folder = `golden/decode/${net}`;
    let decoder: Decoder;
    let features: NdArray<"float32">;
    beforeAll(async () => {
      decoder = await goldenDecoder(`milan-${net}.pth.gz`);
      features = await readFloats(`${folder}/features.npy`);
    });
    afterAll(() => closeDecoder(decoder));

    const cases = [
      ["forced", "forced.json", (json: { targets: number[][] }) => json.targets],
      ["greedy", "greedy.json", (json: { mi: { tokens: number[][] } }) => json.mi.tokens],
    ] as const;
    for (const [name, file, tokensOf] of cases) {
      it(`weighs words by mutual information as the reference: ${name}`, async () => {
        const targets: number[][] = tokensOf(readJson(`${folder}/${file}`));
        const predictions = await readFloats(`${folder}/${name}_mi_predictions.npy`);
        const attentions = await readFloats(`${folder}/${name === "greedy" ? "greedy_mi" : name}_attentions.npy`);
        const sequences = targets.map((tokens, unit) => ({ unit, tokens }));
        const all = { distributions: true };
        const forced = await forceTokens(decoder.captioner, decoder.start, features, sequences, all);
        const [count, length] = predictions.shape;
        const expected = rowsOf(predictions.data, count * length);
        const attended = rowsOf(attentions.data, count * length);
        for (const [unit, { distributions, attention }] of forced.entries()) {
          const words = await wordDistributions(decoder, targets[unit]);
          for (let t = 0; t < length; t++) {
            const gains = distributions[t].map((logp, word) => logp - LAMBDA * words[t][word]);
            expect(distance(gains, expected[unit * length + t])).toBeLessThan(1e-4);
            expect(distance(attention[t], attended[unit * length + t])).toBeLessThan(1e-5);
            if (name === "greedy") expect(gains.indexOf(Math.max(...gains))).toBe(targets[unit][t]);
          }
        }
      });
    }

    it("scores captions as the reference's Decoder.score", async () => {
      const { targets, score_mi } = readJson(`${folder}/forced.json`);
      const ended = targets.map((tokens: number[]) => tokens.slice(0, tokens.indexOf(decoder.stop) + 1));
      const sequences = ended.map((tokens: number[], unit: number) => ({ unit, tokens }));
      const forced = await forceTokens(decoder.captioner, decoder.start, features, sequences);
      const words = await wordLogps(decoder.languageModel!, decoder.start, ended);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const scores = forced.map(({ logp }, unit) => sum(logp) - LAMBDA * sum(words[unit]));
      expect(distance(scores, score_mi)).toBeLessThan(1e-4);
    });
  });
}

describe("forced decoding", () => {
  it("gives sequences the same scores together as apart, many of one unit included", async () => {
    const random = new Random(3);
    const decoder = await smallDecoder(random, 5);
    const features = smallFeatures(random, 4);
    const sequences = Array.from({ length: 300 }, () => ({
      unit: random.integer(4),
      tokens: Array.from({ length: random.integer(5) }, () => random.integer(9)),
    }));
    const together = await forceTokens(decoder.captioner, decoder.start, features, sequences);
    expect(together).toHaveLength(300);
    for (const n of [0, 17, 255, 256, 299]) {
      const [apart] = await forceTokens(decoder.captioner, decoder.start, features, [sequences[n]]);
      expect(distance(together[n].logp, apart.logp)).toBeLessThan(1e-5);
      expect(together[n].logp).toHaveLength(sequences[n].tokens.length);
      together[n].attention.forEach((row, t) => {
        expect(distance(row, apart.attention[t])).toBeLessThan(1e-6);
      });
    }
    await closeDecoder(decoder);
  });

  it("refuses tokens and units that do not exist", async () => {
    const random = new Random(3);
    const decoder = await smallDecoder(random, 5);
    const features = smallFeatures(random, 2);
    const force = (unit: number, token: number) =>
      forceTokens(decoder.captioner, decoder.start, features, [{ unit, tokens: [token] }]);
    await expect(force(0, 9)).rejects.toThrow("scoring a description: no token 9; expected 0 to 8");
    await expect(force(0, -1)).rejects.toThrow("no token -1");
    await expect(force(2, 1)).rejects.toThrow("no unit 2; expected 0 to 1");
    await closeDecoder(decoder);
  });
});
