/**
 * The paper's editing experiment (section 7, appendix E; Figures 7, 8 and 15): a classifier is trained on pictures half of which bear the name of their class in
 * a corner, and tested on pictures that bear the name of another. The units that are described by text are silenced, as far as
 * pictures without any text allow, and it is measured how much of what the misleading names took away comes back.
 *
 * Everything is kept in one folder, step by step, and gone on with.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { writeModel } from "../../engine/onnx/write.js";
import { readDescriptions } from "../../run/descriptions.js";
import { matches } from "../../studies/audit/match.js";
import { type Edit, edit } from "../../studies/editing/edit.js";
import { writeEdit } from "../../studies/editing/report.js";
import { type SpuriousSet, writeSpurious } from "../../studies/editing/spurious.js";
import { sameOrNew } from "../../studies/settings-file.js";
import { trainClassifier } from "../../studies/train-classifier.js";
import type { ClassifierNetwork } from "../../studies/train-classifier-networks.js";
import { describedRun } from "../described-run.js";
import { writeMisledSheet } from "./sheet.js";

/** What descriptions of units that see lettering say, chosen before any was read. */
export const LETTERING = ["text", "word", "letter*", "writing", "number", "sign", "signboard"] as const;

/** Share of the training pictures that bear their class's name, as in the paper. */
const SHARE = 0.5;

export interface MisledOptions {
  readonly out: string;
  /** Class folders: pictures to train on, and others that decide how far to edit and that are tested on with misleading names. */
  readonly train: string;
  readonly validation: string;
  readonly network: string | ClassifierNetwork;
  /** Names of the layers that are dissected. */
  readonly layers: readonly string[];
  readonly epochs: number;
  /** Side of the pictures, pixels. */
  readonly size: number;
  readonly seed?: number;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface Misled {
  readonly training: SpuriousSet;
  /** Pictures with misleading names. */
  readonly test: SpuriousSet;
  readonly run: string;
  /** Undefined when no unit is described by lettering: then there is nothing to silence. */
  readonly edit: Omit<Edit, "edited"> | undefined;
  /** The edited model. */
  readonly edited: string | undefined;
  /** Figures and tables. */
  readonly files: readonly string[];
}

/** Goes all the way, or on from where an earlier call was stopped. Errors: those of the steps. */
export async function misled(options: MisledOptions): Promise<Misled> {
  const { out, train, validation, network, layers, epochs, size, seed = 0, progress = silent, now } = options;
  const settings = {
    train,
    validation,
    network: typeof network === "string" ? network : network.name,
    layers,
    epochs,
    size,
    seed,
  };
  await sameOrNew(join(out, "settings.json"), settings, "misleading");
  const marks = { mark: "text", size, progress } as const;
  const [marked, misleading] = [join(out, "marked"), join(out, "misleading")];
  const training = await marking(marked, train, { ...marks, of: "own", share: SHARE, seed });
  const test = await marking(misleading, validation, { ...marks, of: "other", share: 1, seed: seed + 1 });
  const model = join(out, "network.onnx");
  if (!existsSync(model)) {
    // no mirror images, in which names could not be read
    await trainClassifier(marked, {
      ...{ out: model, network, size, epochs, seed, validation, augment: ["crop"], progress, now },
      resume: existsSync(join(out, "network.checkpoint.safetensors")),
    });
  }
  const run = await describedRun({ out: join(out, "run"), model, layers, images: marked, progress });
  const isAny = (await readDescriptions(run)).some(
    ({ description }) => matches(description, { words: LETTERING }).length > 0,
  );
  if (!isAny) return { training, test, run, edit: undefined, edited: undefined, files: [] };
  const found = await edit(run, { words: LETTERING, validation, test: misleading, seed, progress });
  const edited = join(out, "edited.onnx");
  await writeModel(found.edited, edited);
  const { edited: _, ...told } = found;
  const files = await writeEdit(join(out, "edited.edit"), found);
  files.push(
    ...(await writeMisledSheet(join(out, "edited.edit", "misled"), { marked, misleading, run }, found.candidates)),
  );
  return { training, test, run, edit: told, edited, files };
}

/** Marks pictures unless that is done. */
async function marking(
  out: string,
  images: string,
  options: Omit<Parameters<typeof writeSpurious>[1], "out">,
): Promise<SpuriousSet> {
  const done = `${out}.json`;
  if (existsSync(done)) return JSON.parse(await readFile(done, "utf8")) as SpuriousSet;
  // what a killed call has left is not to be told from what others put there, but the folder is this study's own
  await rm(out, { recursive: true, force: true });
  const set = await writeSpurious(images, { ...options, out });
  await writeFileAtomically(done, `${JSON.stringify(set)}\n`);
  return set;
}
