/** A run of a network, dissected and described: made once, found again by the next call. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Progress, silent } from "../base/progress.js";
import { describeRun } from "../describer/describe-run.js";
import { dissect } from "../exemplars/dissect.js";
import { imageFolder } from "../exemplars/probe.js";
import { openModel } from "../exemplars/subject.js";
import { builtInDescriber } from "./assets.js";
import { openInterpreter } from "./interpreter/interpreter.js";
import { openPixelWitness } from "./witness/pixel-witness.js";

export interface DissectedRunOptions {
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
export async function dissectedRun(options: DissectedRunOptions): Promise<string> {
  const { out, model, layers, images, progress = silent } = options;
  await (await dissect(await openModel(model), imageFolder(images), { out, layers: [...layers], progress })).close();
  return out;
}

export interface DescribedRunOptions extends DissectedRunOptions {
  /** Default: the shipped one, as `milan describe` uses it: claims checked against the pixels, weighed by what each exemplar makes of them, and hedged where beams do not back them. */
  readonly describer?: string;
}

/** Makes what is missing. Returns the run's folder. */
export async function describedRun(options: DescribedRunOptions): Promise<string> {
  const { out, describer, progress = silent } = options;
  if (existsSync(join(out, "descriptions.csv"))) return out;
  await dissectedRun(options);
  const ours = {
    describer: builtInDescriber(),
    witness: openPixelWitness,
    each: true,
    consensus: true,
    interpreter: openInterpreter,
  };
  await describeRun(out, { ...(describer === undefined ? ours : { describer }), progress });
  return out;
}
