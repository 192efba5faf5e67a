/**
 * Fine-tuning after an edit, beside its control: the unedited network trained on the same pictures alike. What both gain comes of the pictures and
 * the training; what the edited one gains beyond comes of the silence.
 */
import { UserError } from "../../base/errors.js";
import { headOf, withWeights } from "../../engine/onnx/head.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { ClassPictures } from "../ablation/class-pictures.js";
import { type Classifier, classifierOf } from "../ablation/classifier.js";
import { accuracyOf, sweep } from "../ablation/sweep.js";
import { checkNoOverlap } from "../overlap.js";
import { type FineTuneOptions, fineTune } from "./fine-tune.js";

/** A network after fine-tuning, measured as it is written. Accuracies are shares. */
export interface TunedOutcome {
  /** The epoch whose weights are kept, 0 for those from before. */
  readonly epoch: number;
  /** Validation accuracy by epoch, before the first one too. */
  readonly history: readonly number[];
  readonly validation: number;
  /** Undefined without test pictures. */
  readonly test: number | undefined;
}

export interface FineTuning {
  /** Training pictures that could be read. */
  readonly pictures: number;
  /** Initializers with new values. */
  readonly weights: readonly string[];
  readonly edited: TunedOutcome;
  /** The unedited network, trained alike. */
  readonly control: TunedOutcome;
}

/** Pictures to learn from and to judge by. */
export interface FineTuneSets {
  readonly training: ClassPictures;
  readonly validation: ClassPictures;
  readonly test: ClassPictures | undefined;
}

/** Errors: `UserError` when the network has no such last layers, or pictures to learn from are among those to judge by. */
export async function checkFineTuning(
  { model, output }: Classifier,
  { training, validation, test }: FineTuneSets,
  layers: number | undefined,
): Promise<void> {
  headOf("fine-tuning", model, output, layers);
  const path = training.set.location;
  for (const { set } of test ? [validation, test] : [validation]) {
    if (set.fingerprint === training.set.fingerprint) {
      throw new UserError(
        `fine-tuning on ${path}: the same pictures as ${set.location}; expected others, learn from pictures that nothing is judged by`,
      );
    }
    await checkNoOverlap("fine-tuning", set, path, "to learn from");
  }
}

/** Fine-tunes both. @param classifier the unedited network. @param edited it with units silenced. Errors: as `fineTune`. */
export async function fineTuneEdit(
  classifier: Classifier,
  edited: OnnxModel,
  { training, validation, test }: FineTuneSets,
  options: FineTuneOptions,
): Promise<{ readonly model: OnnxModel; readonly fineTuning: FineTuning }> {
  const tune = async (network: Classifier) => {
    const { weights, pictures, epoch, validation: history } = await fineTune(network, training, validation, options);
    const tuned = { ...network, model: withWeights(network.model, weights) };
    const on = async (set: ClassPictures) => {
      const { whole, images } = await sweep(tuned, set, [], options);
      return accuracyOf(whole, images);
    };
    const outcome = { epoch, history, validation: await on(validation), test: test && (await on(test)) };
    return { weights, pictures, outcome };
  };
  const own = await tune(await classifierOf("fine-tuning", { ...classifier.subject, model: edited }));
  const control = await tune(classifier);
  return {
    model: withWeights(edited, own.weights),
    fineTuning: {
      ...{ pictures: own.pictures, weights: [...own.weights.keys()] },
      ...{ edited: own.outcome, control: control.outcome },
    },
  };
}
