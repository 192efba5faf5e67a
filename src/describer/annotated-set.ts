/**
 * The annotated exemplars a describer is trained or judged on, prepared alike for both: the units that people have described and
 * whose exemplars are all there, with their annotations as tokens, and which of them are held out (paper, appendix B).
 */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { sha256, sha256File } from "../base/hash.js";
import { parseJson } from "../base/json.js";
import { type Progress, silent } from "../base/progress.js";
import { readAnnotations } from "../data/annotations/annotations.js";
import { resolveSets } from "../data/annotations/names.js";
import { openImages } from "../data/images/open.js";
import { type AnnotatedUnit, isWhole, type Paired, pairAnnotations } from "../exemplars/annotated.js";
import { type ExemplarStore, openExemplars } from "../exemplars/store.js";

/** Annotated exemplars, open. */
export interface AnnotatedSet {
  /** How it is called in reports. */
  readonly name: string;
  readonly store: ExemplarStore;
  readonly units: readonly AnnotatedUnit[];
  /** Identity of the exemplars as they lie in the folder; a set is recognised by it, wherever its source images are. */
  readonly digest: string;
  /** Also of the source images, where the pictures are read from them: what features of the exemplars depend on. */
  readonly pictures: string;
  /** Whether a program wrote the annotations, as the `annotators.json` beside them says. */
  readonly simulated: boolean;
}

export interface OpenSetsOptions {
  /** `annotations.csv` of the one set that is opened, when it does not lie in its folder. */
  readonly annotations?: string | undefined;
  /** Source images of sets without pictures, or where a run's probe set is now. */
  readonly images?: string | undefined;
  /** Where the paper's sets lie, for names such as `base` or `resnet152/imagenet`. */
  readonly root?: string | undefined;
  /** Leave out units without exemplars or annotations, and annotations that say nothing, instead of refusing them; default no. */
  readonly partial?: boolean | undefined;
  readonly progress?: Progress;
}

/**
 * Opens sets by path, or by the paper's names. Close their stores when done.
 * Errors: `UserError` for anything that is no such set; what was open is closed.
 */
export async function openAnnotatedSets(
  names: readonly string[],
  { annotations, images, root, partial = false, progress = silent }: OpenSetsOptions = {},
): Promise<AnnotatedSet[]> {
  const found = new Map(names.flatMap((name) => resolveSets(name, root)).map((set) => [resolve(set.folder), set]));
  if (annotations !== undefined && found.size !== 1) {
    throw new UserError(
      `opening ${annotations}: it belongs to one set; expected one, got ${found.size}, leave out --annotations or name one set`,
    );
  }
  const sets: AnnotatedSet[] = [];
  try {
    for (const { name, folder } of found.values()) {
      const table = annotations ?? join(folder, "annotations.csv");
      if (!existsSync(table)) {
        throw new UserError(
          `opening ${folder}: it has no annotations.csv; expected a table of layer,unit,summary, say where it is with --annotations`,
        );
      }
      const { list, empty } = await readAnnotations(table, { partial });
      if (empty > 0) progress.warn(`${table}: ${empty} summaries that say nothing left out`);
      const store = await openExemplars(folder, images);
      try {
        const paired = pairAnnotations(store, list);
        if (!partial) checkComplete(folder, paired);
        const { units, withoutAnnotations, withoutExemplars } = paired;
        if (withoutAnnotations.length > 0)
          progress.warn(`${name}: ${withoutAnnotations.length} units have no annotations`);
        if (withoutExemplars.length > 0)
          progress.warn(`${name}: ${withoutExemplars.length} annotated units have no exemplars`);
        const simulated = await areSimulated(dirname(table));
        sets.push({ name, store, units, simulated, ...(await identityOf(folder, images)) });
      } catch (error) {
        await store.close();
        throw error;
      }
    }
    return sets;
  } catch (error) {
    for (const { store } of sets) await store.close();
    throw error;
  }
}

/** Whether annotations say of themselves that nobody wrote them. */
async function areSimulated(folder: string): Promise<boolean> {
  const path = join(folder, "annotators.json");
  if (!existsSync(path)) return false;
  try {
    return (
      (parseJson((await readWhole("reading", path)).toString("utf8")) as { simulated?: unknown })?.simulated === true
    );
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `reading ${path}: it is not JSON; expected what is said of the annotators, correct or delete it`,
    );
  }
}

/** Refuses a set in which a unit has one without the other. */
function checkComplete(folder: string, { units, withoutAnnotations, withoutExemplars }: Paired): void {
  const refuse = (names: readonly string[], of: number, problem: string, remedy: string) =>
    new UserError(
      `opening ${folder}: ${names[0]} has ${problem}; expected both of every unit, got ${names.length} of ${of} units without, ${remedy}, or leave them out with --partial`,
    );
  const annotated = units.length + withoutExemplars.length;
  if (withoutExemplars.length > 0)
    throw refuse(
      withoutExemplars,
      annotated,
      "annotations but no exemplars",
      "check that the table belongs to this set",
    );
  const exemplified = units.length + withoutAnnotations.length;
  if (withoutAnnotations.length > 0)
    throw refuse(withoutAnnotations, exemplified, "exemplars but no annotations", "annotate them");
}

/** Those units of a set whose exemplars all have an image; the others cannot be laid out beside them. */
export const whole = ({ store, units }: AnnotatedSet): AnnotatedUnit[] =>
  units.filter(({ layer, row }) => isWhole(store, layer, row));

/**
 * Identity of a folder's exemplars: of all arrays, tables of ids and the run's manifest, whatever it is called and wherever it
 * lies. Reads every byte, which takes a few seconds a gigabyte; computing features of them takes a thousand times as long.
 * @param images source images; they count only where the folder neither holds its pictures nor, as a run does, says where they are.
 */
async function identityOf(folder: string, images?: string): Promise<Pick<AnnotatedSet, "digest" | "pictures">> {
  const parts: [string, string][] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    if (!/\.npy$|^ids\.csv$|^run\.json$/.test(entry.name) || entry.name.startsWith(".")) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await stat(path)).isFile()) parts.push([relative(folder, path), await sha256File(path)]);
  }
  const digest = sha256(JSON.stringify(parts));
  const holding = (name: string) =>
    new Set(entries.filter((entry) => entry.name === name).map((entry) => entry.parentPath));
  const [masks, pictures, manifests] = ["masks.npy", "images.npy", "run.json"].map(holding);
  const isMerged = manifests.size === 0 && [...masks].some((layer) => !pictures.has(layer));
  if (images === undefined || !isMerged) return { digest, pictures: digest };
  const set = await openImages(images);
  await set.close();
  return { digest, pictures: sha256(JSON.stringify([digest, set.fingerprint])) };
}

/** Refuses sets that one captioner cannot learn from together. */
export function checkAlike(sets: readonly AnnotatedSet[]): void {
  const uneven = sets.find(({ store }) => store.k !== sets[0].store.k);
  if (!uneven) return;
  throw new UserError(
    `training on ${uneven.name}: ${uneven.store.k} exemplars a unit; expected ${sets[0].store.k} as in ${sets[0].name}, train on sets of one k`,
  );
}
