import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { Captioner } from "../../src/describer/captioner.js";
import type { Decoder } from "../../src/describer/describe-features.js";
import { rowsOf } from "../../src/describer/prefix.js";
import { forceTokens } from "../../src/describer/search/force.js";
import type { NdArray } from "../../src/engine/tensor/ndarray.js";
import { describeShared } from "../shared.js";
import { closeDecoder, distance, goldenDecoder, readFloats, readJson } from "./golden-decoder.js";
import { captionerWeights } from "./small-decoder.js";

for (const net of ["resnet18", "alexnet"]) {
  describeShared(`captioner of milan-${net}`, () => {
    const folder = `golden/decode/${net}`;
    let decoder: Decoder;
    let features: NdArray<"float32">;
    beforeAll(async () => {
      decoder = await goldenDecoder(`milan-${net}.pth.gz`);
      features = await readFloats(`${folder}/features.npy`);
    });
    afterAll(() => closeDecoder(decoder));

    it("begins in the reference's state", async () => {
      const { origins } = await decoder.captioner.begin(features);
      const { hidden } = decoder.captioner.sizes;
      const h = await readFloats(`${folder}/init_h.npy`);
      const c = await readFloats(`${folder}/init_c.npy`);
      for (const [unit, { state }] of origins.entries()) {
        const row = [unit * hidden, (unit + 1) * hidden] as const;
        expect(distance(state.subarray(0, hidden), h.data.subarray(...row))).toBeLessThan(1e-5);
        expect(distance(state.subarray(hidden), c.data.subarray(...row))).toBeLessThan(1e-5);
      }
    });

    it("steps into the reference's state", async () => {
      const { captioner, start } = decoder;
      const exemplars = await captioner.begin(features);
      const none = new Float32Array(0);
      const starts = exemplars.origins.map((previous, unit) => ({
        token: start,
        previous,
        unit,
        state: none,
        attention: none,
      }));
      await captioner.step(exemplars, starts);
      const [h, c, attention] = await Promise.all(
        ["step1_h", "step1_c", "step1_attentions"].map((name) => readFloats(`${folder}/${name}.npy`)),
      );
      for (const [unit, prefix] of starts.entries()) {
        const row = (of: NdArray<"float32">) => rowsOf(of.data, starts.length)[unit];
        expect(distance(prefix.state, [...row(h), ...row(c)])).toBeLessThan(1e-5);
        expect(distance(prefix.attention, row(attention))).toBeLessThan(1e-5);
      }
    });

    it("predicts and attends as the reference when forced", async () => {
      const { targets, score_likelihood } = readJson(`${folder}/forced.json`);
      const predictions = await readFloats(`${folder}/forced_likelihood_predictions.npy`);
      const attentions = await readFloats(`${folder}/forced_attentions.npy`);
      const sequences = targets.map((tokens: number[], unit: number) => ({ unit, tokens }));
      const forced = await forceTokens(decoder.captioner, decoder.start, features, sequences, { distributions: true });
      const [length, k] = [predictions.shape[1], attentions.shape[2]];
      for (const [unit, { logp, attention, distributions }] of forced.entries()) {
        const expected = rowsOf(predictions.data, targets.length * length).slice(unit * length, (unit + 1) * length);
        const attended = rowsOf(attentions.data, targets.length * length).slice(unit * length, (unit + 1) * length);
        expect(distributions).toHaveLength(length);
        for (let t = 0; t < length; t++) {
          expect(distance(distributions[t], expected[t])).toBeLessThan(1e-4);
          expect(attention[t]).toHaveLength(k);
          expect(distance(attention[t], attended[t])).toBeLessThan(1e-5);
        }
        const end = targets[unit].indexOf(decoder.stop) + 1;
        const score = logp.slice(0, end).reduce((sum, x) => sum + x, 0);
        expect(Math.abs(score - score_likelihood[unit])).toBeLessThan(1e-4);
      }
    });
  });
}

describe("captioner", () => {
  it("says which parameter is missing or misshapen", async () => {
    const weights = captionerWeights(new Random(5), 6);
    const gate = weights.get("feature_gate.0.weight")!;
    weights.delete("feature_gate.0.weight");
    await expect(Captioner.open(weights)).rejects.toThrow(/no parameter "feature_gate.0.weight"; expected \[7, 6\]/);
    weights.set("feature_gate.0.weight", { ...gate, shape: [6, 7] });
    await expect(Captioner.open(weights)).rejects.toThrow(/"feature_gate.0.weight"; expected \[7, 6\], got \[6,7\]/);
  });
});
