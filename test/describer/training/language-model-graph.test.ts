import { it } from "vitest";
import { languageModelGraph } from "../../../src/describer/training/language-model-graph.js";
import { describeShared } from "../../shared.js";
import { readJson } from "../golden-decoder.js";
import { expectGradients, expectSteps, tokens } from "./golden-training.js";

describeShared("training the language model, against the reference", () => {
  const folder = "golden/training/lm";
  function load() {
    const meta = readJson(`${folder}/meta.json`);
    const program = languageModelGraph({
      vocabulary: { size: meta.vocab_size, start: meta.inputs[0][0], pad: meta.pad },
      rows: meta.targets.length,
      steps: meta.targets[0].length,
      embedding: meta.embedding_size,
      hidden: meta.hidden_size,
      layers: meta.layers,
      dropout: meta.dropout,
    });
    return { meta, program, data: { targets: tokens(meta.targets) } };
  }

  it("has the same gradients", async () => {
    const { program, data } = load();
    await expectGradients(program, folder, data);
  });

  it("learns the same in three steps", async () => {
    const { meta, program, data } = load();
    await expectSteps(program, folder, data, meta.losses_steps_1_2_3);
  });
});
