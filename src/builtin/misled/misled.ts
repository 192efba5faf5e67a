/**
 * The paper's editing experiment (section 7, appendix E; Figures 7, 8 and 15): a classifier is trained on pictures many of which bear the name of their class in
 * a corner, and tested on pictures that bear the name of another. The units that are described by lettering are silenced, as far as
 * pictures without any allow, and it is measured how much of what the misleading names took away comes back.
 *
 * Two describers: the shipped one, and one taught on another network, trained alike from other first weights, by annotators who know where names are
 * written, and colours and textures, and nothing else of the pictures. Everything is kept in one folder, step by step, and gone on with.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { openMarked } from "../../data/labels/marks.js";
import { writeModel } from "../../engine/onnx/write.js";
import { readDescriptions } from "../../run/descriptions.js";
import { matches } from "../../studies/audit/match.js";
import { type Edit, edit as editRun } from "../../studies/editing/edit.js";
import { writeEdit } from "../../studies/editing/report.js";
import { type SpuriousSet, writeSpurious } from "../../studies/editing/spurious.js";
import { sameOrNew } from "../../studies/settings-file.js";
import { trainClassifier } from "../../studies/train-classifier.js";
import type { ClassifierNetwork } from "../../studies/train-classifier-networks.js";
import { describedRun, dissectedRun } from "../described-run.js";
import { type TaughtOptions, taught } from "../taught.js";
import { writeMisledSheet } from "./sheet.js";

/** What descriptions of units that see lettering say, chosen before any was read. */
export const LETTERING = ["text", "word", "letter*", "writing", "number", "sign", "signboard"] as const;

export interface MisledOptions {
  readonly out: string;
  /** Class folders: pictures to train on, and others that choose the epoch (with names like those to train on), decide how far to edit (without) and are tested on (with misleading ones). */
  readonly train: string;
  readonly validation: string;
  /** Share of the training pictures that bear their class's name; half in the paper. */
  readonly share: number;
  readonly network: string | ClassifierNetwork;
  /** Names of the layers that are dissected. */
  readonly layers: readonly string[];
  readonly epochs: number;
  /** Side of the pictures, pixels. */
  readonly size: number;
  readonly seed?: number;
  /** How the study's own describer is taught. */
  readonly describer: Pick<TaughtOptions, "epochs" | "patience" | "hidden">;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export const SPEAKERS = ["built-in", "taught"] as const;
export type Speaker = (typeof SPEAKERS)[number];

/** What came of the descriptions of one describer. */
export interface MisledEdit {
  readonly speaker: Speaker;
  /** Units described by lettering, of all. */
  readonly found: number;
  readonly units: number;
  /** Undefined when no unit is described by lettering: then there is nothing to silence. */
  readonly edit: Omit<Edit, "edited"> | undefined;
  /** Figures and tables. */
  readonly files: readonly string[];
}

export interface Misled {
  readonly training: SpuriousSet;
  /** Pictures with misleading names. */
  readonly test: SpuriousSet;
  readonly edits: readonly MisledEdit[];
}

/** The teacher need not be good, only see names. */
const TEACHER_SHARE = 1 / 3;
/** Of the teacher's first weights. */
const TEACHER_SEED = 100;

/** Goes all the way, or on from where an earlier call was stopped. Errors: those of the steps. */
export async function misled(options: MisledOptions): Promise<Misled> {
  const {
    out,
    train,
    validation,
    share,
    network,
    layers,
    epochs,
    size,
    seed = 0,
    describer,
    progress = silent,
    now,
  } = options;
  const settings = {
    ...{ train, validation, share, network: typeof network === "string" ? network : network.name },
    ...{ layers, epochs, size, seed, describer },
  };
  await sameOrNew(join(out, "settings.json"), settings, "misleading");
  const marks = { mark: "text", size, progress } as const;
  const [marked, alike, misleading] = [join(out, "marked"), join(out, "marked-validation"), join(out, "misleading")];
  const training = await marking(marked, train, { ...marks, of: "own", share, seed });
  // whoever trains such a network does not know better than to trust pictures like those it learns from; others would prefer epochs in which it hardly reads
  await marking(alike, validation, { ...marks, of: "own", share, seed: seed + 2 });
  const test = await marking(misleading, validation, { ...marks, of: "other", share: 1, seed: seed + 1 });
  const trained = async (name: string, settings: { epochs: number; seed: number }) => {
    const model = join(out, `${name}.onnx`);
    if (existsSync(model)) return model;
    // no mirror images, in which names could not be read
    await trainClassifier(marked, {
      ...{ out: model, network, size, ...settings, validation: alike, augment: ["crop"], progress, now },
      resume: existsSync(join(out, `${name}.checkpoint.safetensors`)),
    });
    return model;
  };
  const common = { layers, images: marked, progress };
  const model = await trained("network", { epochs, seed });
  const run = await describedRun({ ...common, out: join(out, "run"), model });
  const teacher = await trained("teacher", { epochs: Math.ceil(epochs * TEACHER_SHARE), seed: seed + TEACHER_SEED });
  const runs = [await dissectedRun({ ...common, out: join(out, "teacher-run"), model: teacher })];
  const source = await openMarked(marked);
  const path = await taught({ ...describer, out: join(out, "describer"), runs, source, progress, now }).finally(() =>
    source.close(),
  );
  const again = await describedRun({ ...common, out: join(out, "run-taught"), model, describer: path });
  const edits: MisledEdit[] = [];
  for (const [speaker, folder] of [
    ["built-in", run],
    ["taught", again],
  ] as const) {
    const said = await readDescriptions(folder);
    const found = said.filter(({ description }) => matches(description, { words: LETTERING }).length > 0).length;
    edits.push({ speaker, found, units: said.length, ...(await edited(speaker, folder, found)) });
  }
  return { training, test, edits };

  async function edited(speaker: Speaker, folder: string, found: number): Promise<Pick<MisledEdit, "edit" | "files">> {
    if (found === 0) return { edit: undefined, files: [] };
    const { edited: result, ...edit } = await editRun(folder, {
      ...{ words: LETTERING, validation, test: misleading, seed, progress },
    });
    const figures = join(out, `edited-${speaker}`);
    await writeModel(result, `${figures}.onnx`);
    const files = await writeEdit(figures, { ...edit, edited: result });
    const sheet = join(figures, "misled");
    files.push(...(await writeMisledSheet(sheet, { marked, share, misleading, run: folder }, edit.candidates)));
    return { edit, files };
  }
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
