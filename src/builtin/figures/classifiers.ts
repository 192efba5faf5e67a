/** The described classifiers of the made world that figures are made of. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { silent } from "../../base/progress.js";
import { builtInNetwork, isBuiltIn } from "../assets.js";
import { describedRun } from "../described-run.js";
import { rendered, subjectIn } from "../reproduce.js";
import { subjectOf } from "../subjects/build.js";
import { type FigureOptions, scaleOf } from "./shown.js";

/** The network that the shipped describer has learned nothing of. */
export const SHIPPED = "alexnet-objects";
export const CLASSIFIERS = [SHIPPED, "resnet-objects", "alexnet-scenes", "resnet-scenes"];

/** A described run of a classifier, over the tables' probe pictures. Classifiers that do not ship are trained. */
export async function classifierRun(name: string, options: FigureOptions): Promise<string> {
  const { out, progress = silent, now } = options;
  const scale = scaleOf(options);
  const { data, layers } = subjectOf(name);
  const images = await rendered(out, data, "probe", scale, progress);
  const model = isBuiltIn(name) ? builtInNetwork(name) : join(out, "subjects", `${name}.onnx`);
  if (!existsSync(model)) {
    for (const part of ["train", "val"] as const) await rendered(out, data, part, scale, progress);
    await subjectIn(out, name, scale, progress, now);
  }
  return describedRun({ out: join(out, "described", name), model, layers, images, progress });
}
