import { expect, it } from "vitest";
import { type CaptionerBatch, captionerGraph } from "../../../src/describer/training/captioner-graph.js";
import { evaluate } from "../../../src/engine/train/program.js";
import { describeShared } from "../../shared.js";
import { distance, readFloats, readJson } from "../golden-decoder.js";
import { expectGradients, expectSteps, readParameters, tokens } from "./golden-training.js";

describeShared("training the captioner, against the reference", () => {
  const folder = "golden/training/decoder";
  async function load(options: Partial<CaptionerBatch> = {}, extra = 0) {
    const meta = readJson(`${folder}/meta.json`);
    const targets: number[][] = meta.targets.map((row: number[]) => [...row, ...new Array(extra).fill(meta.pad)]);
    const program = captionerGraph({
      vocabulary: { size: meta.vocab_size, start: meta.start, pad: meta.pad },
      rows: targets.length,
      steps: targets[0].length,
      exemplars: meta.n_features,
      feature: meta.feature_size,
      embedding: meta.embedding_size,
      hidden: meta.hidden_size,
      attention: meta.attention_hidden_size,
      dropout: meta.dropout,
      ...options,
    });
    return { meta, program, data: { features: await readFloats(`${folder}/features.npy`), targets: tokens(targets) } };
  }

  it("predicts, attends and loses the same", async () => {
    const { meta, program, data } = await load();
    const { graph, loss, likelihood, predictions, attention } = program;
    const values = await readParameters(`${folder}/init`);
    const found = await evaluate(graph, { loss, likelihood, predictions, attention }, data, values);
    const expected = await readFloats(`${folder}/forward_predictions.npy`);
    const attended = await readFloats(`${folder}/forward_attentions.npy`);
    expect(found.predictions.shape).toEqual(expected.shape);
    expect(found.attention.shape).toEqual(attended.shape);
    expect(distance(found.predictions.data as Float32Array, expected.data)).toBeLessThan(1e-5);
    expect(distance(found.attention.data as Float32Array, attended.data)).toBeLessThan(1e-6);
    expect(Math.abs(Number(found.likelihood.data[0]) - meta.nll_step1)).toBeLessThan(1e-5);
    const penalty = Number(found.loss.data[0]) - Number(found.likelihood.data[0]);
    expect(Math.abs(penalty - meta.regularizer_step1)).toBeLessThan(2e-6);
  });

  it("has the same gradients", async () => {
    const { program, data } = await load();
    await expectGradients(program, folder, data);
  });

  it("learns the same in three steps", async () => {
    const { meta, program, data } = await load();
    await expectSteps(program, folder, data, meta.losses_steps_1_2_3);
  });

  it("has the same gradients when the batch is padded to a greater length", async () => {
    const { program, data } = await load({}, 3);
    await expectGradients(program, folder, data);
  });
});
