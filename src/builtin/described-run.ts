/** A run of a network, dissected and described by the built-in describer: made once, found again by the next call. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Progress, silent } from "../base/progress.js";
import { describeRun } from "../describer/describe-run.js";
import { dissect } from "../exemplars/dissect.js";
import { imageFolder } from "../exemplars/probe.js";
import { openModel } from "../exemplars/subject.js";
import { builtInDescriber } from "./assets.js";
import { openPixelWitness } from "./witness/pixel-witness.js";

export interface DescribedRunOptions {
  /** Where the run is, or will be. */
  readonly out: string;
  /** The network's ONNX file. */
  readonly model: string;
  /** Names of the layers. */
  readonly layers: readonly string[];
  /** The probe set. */
  readonly images: string;
  readonly progress?: Progress;
}

/** Makes what is missing. Returns the run's folder. */
export async function describedRun(options: DescribedRunOptions): Promise<string> {
  const { out, model, layers, images, progress = silent } = options;
  if (existsSync(join(out, "descriptions.csv"))) return out;
  const subject = await openModel(model);
  await (await dissect(subject, imageFolder(images), { out, layers: [...layers], progress })).close();
  await describeRun(out, { describer: builtInDescriber(), witness: openPixelWitness, progress });
  return out;
}
