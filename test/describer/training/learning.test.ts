/** Both programs learn a toy language, to the same bits twice; needs no reference data. */
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/base/random.js";
import { captionerGraph } from "../../../src/describer/training/captioner-graph.js";
import { placesOf, type TrainingGraph } from "../../../src/describer/training/forcing.js";
import { firstLanguageModelValues, languageModelGraph } from "../../../src/describer/training/language-model-graph.js";
import type { Arrays } from "../../../src/engine/runtime/session.js";
import { type NdArray, ndarray } from "../../../src/engine/tensor/ndarray.js";
import { adamW } from "../../../src/engine/train/optimisers.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import { evaluate, type ParameterValues } from "../../../src/engine/train/program.js";
import { TrainingStep } from "../../../src/engine/train/step.js";
import { Vocabulary } from "../../../src/language/vocabulary.js";
import { severalThreads } from "../../threads.js";
import { randomArray } from "../small-decoder.js";
import { tokens } from "./golden-training.js";

severalThreads();

const vocabulary = new Vocabulary(["red", "blue", "dots", "stripes"]);
const { stop, pad } = vocabulary;
const [rows, steps, exemplars, feature] = [8, 5, 3, 7];
/** "red", "red dots", "blue stripes", ...: the caption of row i is the one of its features. */
const captions = [[0], [1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3], [3, 2, 0]].map((words) =>
  [...words, stop, pad, pad, pad, pad].slice(0, steps),
);
const targets = tokens(captions);
const features = randomArray(new Random(2), [rows, exemplars, feature]);
const seeded = (n: number): NdArray => ndarray("uint32", [], Uint32Array.of(n));

const captionerSizes = { vocabulary, rows, steps, exemplars, feature, embedding: 6, hidden: 16 };
const wordsSizes = { vocabulary, rows, steps, embedding: 6, hidden: 16 };
const programs: Record<string, { data: Arrays; make: (options?: object) => TrainingGraph }> = {
  captioner: { data: { features, targets }, make: (options) => captionerGraph({ ...captionerSizes, ...options }) },
  "language model": { data: { targets }, make: (options) => languageModelGraph({ ...wordsSizes, ...options }) },
};

async function train({ graph, loss }: TrainingGraph, data: Arrays, count: number) {
  const values = initialise(graph.parameters, new Random(1));
  const step = await TrainingStep.open({ loss, values, optimiser: adamW() });
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push((await step.run({ ...data, seed: seeded(i) }, 1e-2)).loss);
  await step.close();
  return { losses, values };
}

async function lossOf({ graph, loss }: TrainingGraph, data: Arrays, values: ParameterValues): Promise<number> {
  return Number((await evaluate(graph, { loss }, data, values)).loss.data[0]);
}

for (const [name, { data, make }] of Object.entries(programs)) {
  describe(name, () => {
    it("learns, to the same bits with the same seed", async () => {
      const first = await train(make(), data, 80);
      expect(first.losses.every(Number.isFinite)).toBe(true);
      expect(first.losses[0]).toBeGreaterThan(1.8); // log 8 tokens is 2.08
      const evaluated = await lossOf(make({ training: false }), data, first.values);
      // captions follow from features, so the captioner can get to 0; words alone leave the choice of the caption open
      expect(evaluated).toBeLessThan(name === "captioner" ? 0.5 : 1.1);
      const second = await train(make(), data, 80);
      expect(second).toEqual(first);
    });

    it("drops in training only", async () => {
      const { graph } = make();
      const values = initialise(graph.parameters, new Random(1));
      const lossWith = (seed: number) => lossOf(make(), { ...data, seed: seeded(seed) }, values);
      const [one, again, other] = [await lossWith(1), await lossWith(1), await lossWith(2)];
      expect(again).toBe(one);
      expect(other).not.toBe(one);
      const evaluation = make({ training: false });
      expect(evaluation.graph.inputs.map((input) => input.name)).not.toContain("seed");
      expect(await lossOf(evaluation, data, values)).toBe(await lossOf(make({ dropout: 0 }), data, values));
      expect(await lossOf(evaluation, data, values)).not.toBe(one);
    });

    it("has the same loss and gradients when only the places of words are predicted", async () => {
      const options = { dropout: 0, words: 25 };
      const places = placesOf(targets, { vocabulary, ...options });
      const everywhere = await train(make({ dropout: 0 }), data, 3);
      const there = await train(make(options), { ...data, places }, 3);
      for (const [i, loss] of everywhere.losses.entries()) expect(there.losses[i]).toBeCloseTo(loss, 5);
    });
  });
}

describe("language model", () => {
  it("begins with a zero embedding of <pad>, which stays zero", async () => {
    const { graph, loss } = languageModelGraph(wordsSizes);
    const values = firstLanguageModelValues(graph, vocabulary, new Random(1));
    const { data, shape } = values.get("embedding.weight")!;
    const row = (token: number) => [...data.subarray(token * shape[1], (token + 1) * shape[1])];
    const words = row(0);
    const step = await TrainingStep.open({ loss, values, optimiser: adamW() });
    await step.run({ targets, seed: seeded(0) }, 1e-2);
    await step.close();
    expect(row(pad)).toEqual(new Array(shape[1]).fill(0));
    expect(row(0)).not.toEqual(words);
  });
});

describe("placesOf", () => {
  it("lists the targets that count step by step, then places of <pad>", () => {
    const batch = tokens([
      [0, stop, pad],
      [1, 2, stop],
    ]);
    expect([...placesOf(batch, { vocabulary, words: 6 }).data]).toEqual([0n, 1n, 2n, 3n, 5n, 4n]);
    expect(() => placesOf(batch, { vocabulary, words: 4 })).toThrow("5 are not <pad>; expected at most 4");
  });
});
