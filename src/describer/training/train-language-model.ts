/**
 * Training of the language model p(d) (paper, section 3.2; appendix B) on the annotations alone. The units that are held out
 * are those the captioner is judged on, with all their annotations: in the reference some of them leak.
 */
import { Random } from "../../base/random.js";
import type { Arrays, SessionOptions } from "../../engine/runtime/session.js";
import { fit } from "../../engine/train/fit.js";
import type { BatchRequest } from "../../engine/train/fit-options.js";
import { adamW } from "../../engine/train/optimisers.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { seedAt } from "../../engine/train/seeds.js";
import { TrainingStep } from "../../engine/train/step.js";
import type { Vocabulary } from "../../language/vocabulary.js";
import { LanguageModel } from "../language-model.js";
import { wordLogps } from "../search/rerank.js";
import { type Example, mostTokens, targetsOf } from "./examples.js";
import { placesOf } from "./forcing.js";
import { firstLanguageModelValues, languageModelGraph } from "./language-model-graph.js";
import { filesOf, type Learned, type LearningOptions } from "./train-captioner.js";

export interface LanguageModelTraining extends LearningOptions {
  readonly examples: readonly Example[];
  readonly heldOut: readonly Example[];
  readonly layers: number;
}

/** Trains; the weights with the least held-out loss are kept. Errors: as `fit`'s. */
export async function trainLanguageModel(options: LanguageModelTraining): Promise<Learned> {
  const { vocabulary, examples, heldOut, length, epochs, seed, dropout, layers, session } = options;
  const rows = Math.min(options.batch, examples.length);
  const words = mostTokens(examples, { rows, epochs, seed });
  const sizes = { embedding: options.embedding, hidden: options.hidden, layers };
  const program = languageModelGraph({ vocabulary, rows, steps: length, words, dropout, ...sizes });
  const values = firstLanguageModelValues(program.graph, vocabulary, new Random(seedAt(seed, 0, 4)));
  const optimiser = adamW();
  const step = await TrainingStep.open({ loss: program.loss, values, optimiser, session });
  const training = await fit({
    ...{ step, values, optimiser, epochs, seed },
    title: "language model",
    learningRate: options.learningRate,
    stepsPerEpoch: Math.max(1, Math.floor(examples.length / rows)),
    batches: async function* batches({ first, random }: BatchRequest): AsyncGenerator<Arrays> {
      const order = random.permutation(examples.length);
      for (let batch = first; (batch + 1) * rows <= order.length; batch++) {
        const some = Array.from(order.subarray(batch * rows, (batch + 1) * rows), (i) => examples[i]);
        const targets = targetsOf(some, rows, length, vocabulary);
        yield { targets, places: placesOf(targets, { vocabulary, words }) };
      }
    },
    evaluate: async () => ({ heldOutLoss: await lossOf(values, heldOut, vocabulary, session) }),
    earlyStopping: { metric: "heldOutLoss", better: "lower", patience: options.patience },
    ...filesOf(options, { layers }),
  }).finally(() => step.close());
  return { values, training };
}

/** Mean negative log-likelihood of a token, natural logarithm, `<stop>` included; its exponential is the perplexity. */
export async function lossOf(
  values: ParameterValues,
  examples: readonly Example[],
  vocabulary: Pick<Vocabulary, "start">,
  session?: SessionOptions,
): Promise<number> {
  const model = await LanguageModel.open(values, session);
  try {
    const logps = await wordLogps(
      model,
      vocabulary.start,
      examples.map(({ tokens }) => tokens),
    );
    const all = logps.flat();
    return -all.reduce((sum, logp) => sum + logp, 0) / all.length;
  } finally {
    await model.close();
  }
}
