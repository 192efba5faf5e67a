/** The classifier of a run with the units that are described: what analysis and editing silence. */
import { UserError } from "../../base/errors.js";
import type { Layer } from "../../engine/onnx/layers.js";
import { type Description, readDescriptions } from "../../run/descriptions.js";
import type { Run } from "../../run/run.js";
import { openRun, openSubject } from "../described-run.js";
import { type Classifier, classifierOf } from "./classifier.js";
import type { UnitSet } from "./sweep.js";

/** A unit that may be silenced. */
export interface AblatableUnit {
  readonly layer: Layer;
  readonly unit: number;
}

export interface DescribedUnit extends AblatableUnit {
  /** As the run has it; its text is not empty. */
  readonly said: Description;
}

export interface DescribedClassifier {
  /** To be closed. */
  readonly run: Run;
  readonly classifier: Classifier;
  readonly units: readonly DescribedUnit[];
}

/**
 * Opens them.
 * @param doing the study's name in messages. @param model the model's file, when it has moved.
 * Errors: `UserError` when it is no run of a classifier, or its model is gone or another one.
 */
export async function openDescribedClassifier(
  doing: string,
  folder: string,
  model: string | undefined,
): Promise<DescribedClassifier> {
  const run = await openRun(doing, folder);
  try {
    if (run.manifest.probeKind !== "images") {
      throw new UserError(`${doing} ${folder}: it is of a generator; expected a run of a classifier`);
    }
    const subject = await openSubject(doing, run, model);
    const layers = new Map(subject.layers.map((layer) => [layer.name, layer]));
    const described = (await readDescriptions(folder)).filter(({ description }) => description !== "");
    const units = described.map((said): DescribedUnit => {
      return { layer: layers.get(run.layer(said.layer).name)!, unit: said.unit, said };
    });
    return { run, classifier: await classifierOf(doing, subject), units };
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** Units by layer. */
export function setOf(units: readonly AblatableUnit[]): UnitSet {
  const set = new Map<Layer, number[]>();
  for (const { layer, unit } of units) {
    const own = set.get(layer);
    if (own) own.push(unit);
    else set.set(layer, [unit]);
  }
  return set;
}
