/**
 * Pictures whose classes are known, by the numbers of a classifier's outputs: what accuracy is measured on (paper, sections 5 and 7).
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { nearest, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { openImages } from "../../data/images/open.js";
import { readCsv } from "../../data/labels/csv.js";

export interface ClassPictures {
  readonly set: ImageSet;
  /** Names of the classes, by output. */
  readonly names: readonly string[];
  /** Dataset ids of the pictures whose class is known, rising. */
  readonly ids: Uint32Array;
  /** The class of each. */
  readonly classes: Uint32Array;
  close(): Promise<void>;
}

export interface ClassPicturesOptions {
  /** For messages: the study's name, "analysing". */
  readonly doing: string;
  /** How many classes the model tells apart. */
  readonly outputs: number;
  /** The model's file: names of its classes are looked for beside it, in `NAME.labels.txt`. */
  readonly model: string;
  /** A text file with the name of a class for each output, a line each. */
  readonly classes?: string | undefined;
  /** A table of `file` and `index`, or `file` and `class`, for pictures that are in no class folders. */
  readonly labels?: string | undefined;
}

/**
 * Opens class folders, or pictures with a table of their classes. A folder's name is a class's name, one of its synonyms ("tench, Tinca tinca"
 * has two), or its number; without names of classes, sorted folders are the outputs in order, if there are as many.
 * Errors: `UserError` when classes and outputs cannot be matched, or only one class has pictures.
 */
export async function openClassPictures(path: string, options: ClassPicturesOptions): Promise<ClassPictures> {
  const set = await openImages(path);
  try {
    const names = await classNamesOf(options);
    const found = options.labels
      ? await fromTable(set, options.labels, names, options)
      : fromFolders(set, path, names, options);
    const known = [...found.entries()].sort(([a], [b]) => a - b);
    if (new Set(known.map(([, output]) => output)).size < 2) {
      const [only] = known;
      throw new UserError(
        `${options.doing} on ${path}: ${only ? `all pictures with a class are of one, ${names?.[only[1]] ?? only[1]}` : "no picture has a class"}; expected pictures of two classes at least`,
      );
    }
    return {
      set,
      names: names ?? nameless(set, options.outputs),
      ids: Uint32Array.from(known, ([id]) => id),
      classes: Uint32Array.from(known, ([, output]) => output),
      close: () => set.close(),
    };
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** Names of the classes, where a file has them. Errors: `UserError` when it names more or fewer than there are outputs. */
export async function classNamesOf({
  doing,
  outputs,
  model,
  classes,
}: ClassPicturesOptions): Promise<string[] | undefined> {
  const beside = model.replace(/\.onnx$/i, ".labels.txt");
  const path = classes ?? (beside !== model && existsSync(beside) ? beside : undefined);
  if (path === undefined) return undefined;
  const lines = (await readWhole(doing, path)).toString("utf8").split(/\r?\n/);
  while (lines.length > 0 && lines[lines.length - 1].trim() === "") lines.pop();
  if (lines.length === outputs) return lines.map((line) => line.trim());
  throw new UserError(
    `${doing}: ${path} names ${lines.length} classes; expected ${outputs}, one for each output of ${basename(model)}, a line each`,
  );
}

/** Without names: the folders', where they are as many as the outputs. */
function nameless({ entries }: ImageSet, outputs: number): string[] {
  const folders = foldersOf(entries);
  return folders.length === outputs ? folders : Array.from({ length: outputs }, (_, i) => `class ${i}`);
}

const foldersOf = (entries: ImageSet["entries"]) => [...new Set(entries.flatMap(({ label }) => label ?? []))].sort();

/** By name, synonym or number: the output. */
export function classFinder(
  names: readonly string[] | undefined,
  outputs: number,
): (text: string) => number | undefined {
  const numbers = new Map<string, number>();
  for (const [output, name] of (names ?? []).entries()) {
    // the first of two classes of one name keeps it: "crane" the bird and "crane" the machine have other synonyms
    for (const one of [name, ...name.split(",")]) if (!numbers.has(plainly(one))) numbers.set(plainly(one), output);
  }
  return (text) => {
    const known = numbers.get(plainly(text));
    if (known !== undefined) return known;
    return /^\d+$/.test(text) && Number(text) < outputs ? Number(text) : undefined;
  };
}

const plainly = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();

function fromFolders(
  set: ImageSet,
  path: string,
  names: readonly string[] | undefined,
  { doing, outputs, model }: ClassPicturesOptions,
): Map<number, number> {
  const folders = foldersOf(set.entries);
  if (folders.length === 0) {
    throw new UserError(
      `${doing} on ${path}: its pictures are in no class folders; expected a folder for each class, or --labels with a table of file and index`,
    );
  }
  const find = classFinder(names, outputs);
  const inOrder = names === undefined && folders.length === outputs;
  const numbers = new Map(folders.map((name, i) => [name, inOrder ? i : find(name)] as const));
  const strange = folders.find((name) => numbers.get(name) === undefined);
  if (strange !== undefined) {
    const near = names ? `, such as ${nearest(strange, names, 3).join("; ")}` : "";
    throw new UserError(
      `${doing} on ${path}: ${basename(model)} has ${outputs} outputs, and the folder ${strange} is none of them by name or number${near}; expected classes of the model, name them with --classes, or the pictures' with --labels`,
    );
  }
  return new Map(
    set.entries.flatMap(({ label }, id) => (label === undefined ? [] : [[id, numbers.get(label)!] as const])),
  );
}

async function fromTable(
  set: ImageSet,
  path: string,
  names: readonly string[] | undefined,
  { doing, outputs, model }: ClassPicturesOptions,
): Promise<Map<number, number>> {
  const rows = await readCsv(path, ["file"]);
  const column = ["index", "class", "label", "name"].find((name) => rows[0][name] !== undefined);
  if (column === undefined) {
    throw new UserError(`${doing}: ${path} has no column of classes; expected file and index, or file and class`);
  }
  const find = classFinder(names, outputs);
  const byFile = new Map<string, number>();
  for (const [row, { file, [column]: text = "" }] of rows.entries()) {
    const output = find(text.trim());
    if (output === undefined) {
      throw new UserError(
        `${doing}: ${path}, row ${row + 2}: ${column} "${text}" is no class of ${basename(model)}, which has ${outputs}; expected a number from 0 or a name (--classes)`,
      );
    }
    byFile.set(file, output);
  }
  return new Map(
    set.entries.flatMap(({ file }, id) => {
      const output = byFile.get(file) ?? byFile.get(basename(file));
      return output === undefined ? [] : [[id, output] as const];
    }),
  );
}
