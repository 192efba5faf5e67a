/** The described classifiers of the made world that figures are made of. */
import { join } from "node:path";
import { silent } from "../../base/progress.js";
import { builtInNetwork } from "../assets.js";
import { describedRun } from "../described-run.js";
import { rendered } from "../reproduce.js";
import { subjectOf } from "../subjects/build.js";
import { type FigureOptions, scaleOf } from "./shown.js";

/** The network that the shipped describer has learned nothing of. */
export const STRANGER = "alexnet-objects";
/** All that ship. */
export const CLASSIFIERS = [STRANGER, "resnet-objects", "alexnet-scenes", "resnet-scenes"];

/** A described run of a shipped classifier, over the tables' probe pictures. */
export async function classifierRun(name: string, options: FigureOptions): Promise<string> {
  const { out, progress = silent } = options;
  const { data, layers } = subjectOf(name);
  const images = await rendered(out, data, "probe", scaleOf(options), progress);
  return describedRun({ out: join(out, "described", name), model: builtInNetwork(name), layers, images, progress });
}
