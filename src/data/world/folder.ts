/**
 * The made world on disk: class folders of pictures as any probe set has them, and `world.json`, which says how they were made. Label files are
 * not needed: what a picture shows is rendered again from its number when asked for.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { checkWritable, isVacant, readWhole, writeFileAtomically } from "../../base/files.js";
import { parseJson } from "../../base/json.js";
import { withLock } from "../../base/lock.js";
import { type Progress, silent } from "../../base/progress.js";
import { removeLeftovers } from "../../base/temporary.js";
import type { LabelSource, Labels } from "../labels/labels.js";
import { namesOfWorld } from "./names.js";
import { classesOf, WORLD_SETS, World, type WorldSet } from "./world.js";

/** The renderer that made a folder: raised whenever the same seed gives other pictures. */
export const WORLD_VERSION = 2;

/** What `world.json` holds. */
interface Recipe {
  readonly version: number;
  readonly set: WorldSet;
  readonly seed: number;
  /** Side of the pictures, pixels. */
  readonly size: number;
}

export interface WriteWorldOptions {
  readonly set: WorldSet;
  /** Another seed, other pictures: one for training, one for validation, one for probing. From 0 to 2^32 - 1. */
  readonly seed: number;
  /** Pictures of the folder, all classes together. */
  readonly count: number;
  /** Side, pixels. */
  readonly size: number;
  /** Number of the first picture, 0 if not given. */
  readonly first?: number;
  /** Only pictures of these classes, of the numbers that `first` and `count` span; default all. */
  readonly classes?: readonly string[] | undefined;
  readonly progress?: Progress;
}

/** Says how a folder of the made world was rendered. */
export const WORLD_FILE = "world.json";

/**
 * Writes pictures `first` to `first + count - 1` as `<class>/<number>.jpg` or `.png`. What is there already is kept, so the same call
 * goes on where another was killed, and a larger count adds pictures. Errors: `UserError` if the folder holds another world.
 */
export async function writeWorld(folder: string, options: WriteWorldOptions): Promise<void> {
  const { set } = options;
  if (!WORLD_SETS.includes(set)) throw new UserError(`rendering the world: there is no set ${set}; ${expected}`);
  const classes = classesOf(set);
  const wanted = options.classes ?? classes;
  const strange = wanted.find((name) => !classes.includes(name));
  if (strange !== undefined) {
    throw new UserError(
      `rendering ${set}: it has no class ${strange}; expected some of ${classes.join(", ")}, correct it`,
    );
  }
  await checkWritable(folder);
  await withLock(folder, `rendering into ${folder}`, () => renderInto(folder, options, wanted));
}

async function renderInto(folder: string, options: WriteWorldOptions, wanted: readonly string[]): Promise<void> {
  const { set, seed, count, size, first = 0, progress = silent } = options;
  const classes = classesOf(set);
  await prepare(folder, { version: WORLD_VERSION, set, seed, size });
  const present = new Set<string>();
  for (const name of wanted) {
    await mkdir(join(folder, name), { recursive: true });
    for (const file of await readdir(join(folder, name))) present.add(`${name}/${file.replace(/\.\w+$/, "")}`);
  }
  const numbers = Array.from({ length: count }, (_, i) => first + i).filter((index) =>
    wanted.includes(classes[index % classes.length]),
  );
  const missing = numbers.filter((index) => !present.has(`${classes[index % classes.length]}/${nameOf(index)}`));
  const world = missing.length > 0 ? await World.open() : undefined;
  progress.begin("rendering", numbers.length, "picture", numbers.length - missing.length);
  for (const [done, index] of missing.entries()) {
    const { label, file, extension } = await world!.file(set, seed, index, size);
    await writeFileAtomically(join(folder, label, `${nameOf(index)}.${extension}`), file);
    progress.update(numbers.length - missing.length + done + 1);
  }
  progress.end();
}

const expected = `expected ${WORLD_SETS.join(" or ")}`;
const nameOf = (index: number) => String(index).padStart(6, "0");

async function prepare(folder: string, recipe: Recipe): Promise<void> {
  const path = join(folder, WORLD_FILE);
  if (existsSync(path)) {
    const there = await readRecipe(folder);
    const differs = (["version", "set", "seed", "size"] as const).find((key) => there[key] !== recipe[key]);
    if (differs === undefined) {
      removeLeftovers(folder);
      return;
    }
    throw new UserError(
      `rendering into ${folder}: it holds another world; expected ${differs} ${recipe[differs]}, got ${there[differs]}; ` +
        "name another folder, or remove it",
    );
  }
  if (!isVacant(folder)) {
    throw new UserError(
      `rendering into ${folder}: the folder is not empty and holds no world; expected a new or empty folder for --out`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(recipe, null, 2)}\n`);
}

async function readRecipe(folder: string): Promise<Recipe> {
  const operation = `opening the world in ${folder}`;
  const path = join(folder, WORLD_FILE);
  if (!existsSync(path)) {
    throw new UserError(
      `${operation}: it has no ${WORLD_FILE}; expected a folder that \`milan world\` wrote, check the path`,
    );
  }
  let recipe: Recipe;
  try {
    recipe = parseJson((await readWhole(operation, path)).toString("utf8")) as Recipe;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${operation}: ${WORLD_FILE} is not JSON; render the folder anew`, { cause: error });
  }
  const { version, set, seed, size } = Object(recipe) as Partial<Recipe>;
  const sound = [version, seed, size].every((value) => Number.isSafeInteger(value)) && WORLD_SETS.includes(set!);
  if (!sound)
    throw new UserError(`${operation}: ${WORLD_FILE} is damaged; ${expected}, seed and size; render the folder anew`);
  return recipe;
}

/**
 * What the pictures of a world folder show, by their files. Labels are rendered anew.
 * Errors: `UserError` if it is no such folder, or was made by another version of the renderer.
 */
export async function openWorldFolder(folder: string): Promise<LabelSource> {
  const { version, set, seed } = await readRecipe(folder);
  if (version !== WORLD_VERSION) {
    throw new UserError(
      `opening the world in ${folder}: it was rendered by version ${version} of the renderer; expected ${WORLD_VERSION}, render it anew`,
    );
  }
  const world = await World.open();
  const classes = classesOf(set);
  return {
    title: `${set}, seed ${seed}`,
    names: namesOfWorld(),
    async labels(file: string, size: number): Promise<Labels> {
      const [, label, digits] = /([^/]+)\/(\d{6,})\.(?:png|jpg)$/.exec(file) ?? [];
      const index = Number(digits);
      if (digits === undefined || classes[index % classes.length] !== label) {
        throw new UserError(
          `labelling ${file}: it is no picture of the world in ${folder}; expected <class>/<number>.jpg or .png as they were rendered`,
        );
      }
      return world.labels(set, seed, index, size);
    },
  };
}
