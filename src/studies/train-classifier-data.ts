/**
 * Class folders as a data set for a classifier: which pictures teach, which ones test, and what class each is of. Only names are
 * looked at; damaged pictures are found when they are read.
 */
import { nearest, UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import type { ImageSet, ProbeEntry } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";

/** Some pictures of a set with their classes. */
export interface Labelled {
  readonly set: ImageSet;
  /** Dataset ids, rising. */
  readonly ids: Uint32Array;
  /** Class of each, a number into `classes`. */
  readonly labels: Uint32Array;
}

export interface ClassifierData {
  /** Names, sorted. */
  readonly classes: readonly string[];
  readonly training: Labelled;
  readonly validation: Labelled;
  /** What the data are, for telling them apart. */
  readonly fingerprint: string;
  close(): Promise<void>;
}

export interface DataOptions {
  /**
   * Class folders to test on, or the share of each class to hold out. Default: `val/` beside `train/` if the data have it, else
   * a tenth.
   */
  readonly validation?: string | number | undefined;
  /** At most so many pictures of each class to learn from, drawn at random. */
  readonly limitPerClass?: number | undefined;
  readonly seed: number;
}

const TRAINING = ["train", "training"];
const VALIDATION = ["val", "valid", "validation", "test"];
const DEFAULT_SHARE = 0.1;

/**
 * Opens a folder, .zip or .tar of class folders, or of `train/` and `val/` that hold class folders.
 * Errors: `UserError` when there are no classes, one alone, one with a single picture, or when the validation pictures are of
 * other classes.
 */
export async function openClassifierData(path: string, options: DataOptions): Promise<ClassifierData> {
  const set = await openImages(path);
  let other: ImageSet | undefined;
  try {
    const { validation } = options;
    const all = classesOf(set);
    const parts = partsOf(set);
    const training = parts ? parts.training : all;
    if (typeof validation === "string") other = await openImages(validation);
    const separate = other ? classesOf(other) : validation === undefined ? parts?.validation : undefined;
    const classes = checkClasses(path, training);
    const random = new Random(options.seed);
    const share = typeof validation === "number" ? validation : DEFAULT_SHARE;
    const [kept, heldOut] = divide(training, (ids) => {
      const order = separate ? ids : shuffled(ids, random);
      const count = separate ? 0 : Math.min(ids.length - 1, Math.max(1, Math.round(share * ids.length)));
      const rest = order.slice(count);
      const { limitPerClass } = options;
      return [
        limitPerClass === undefined ? rest : shuffled(rest, random).slice(0, limitPerClass),
        order.slice(0, count),
      ];
    });
    return {
      classes,
      training: labelled(set, classes, kept),
      validation: separate
        ? labelled(other ?? set, classes, separate, typeof validation === "string" ? validation : path)
        : labelled(set, classes, heldOut),
      fingerprint: [set, other].map((one) => one?.fingerprint.slice(0, 16) ?? "").join(" "),
      close: async () => {
        await set.close();
        await other?.close();
      },
    };
  } catch (error) {
    await set.close();
    await other?.close();
    throw error;
  }
}

/** Ids by class. */
type Classes = ReadonlyMap<string, readonly number[]>;

const classesOf = ({ entries }: ImageSet): Classes => gather(entries, ({ label }) => label);

function gather(entries: readonly ProbeEntry[], classOf: (entry: ProbeEntry) => string | undefined): Classes {
  const classes = new Map<string, number[]>();
  for (const [id, entry] of entries.entries()) {
    const name = classOf(entry);
    if (name === undefined) continue;
    const ids = classes.get(name) ?? [];
    if (ids.length === 0) classes.set(name, ids);
    ids.push(id);
  }
  return classes;
}

/** The parts of a set that has `train/` and `val/`; undefined for one that has not. */
function partsOf({ entries }: ImageSet): { training: Classes; validation: Classes } | undefined {
  const labels = new Set(entries.map(({ label }) => label));
  const [training, validation] = [TRAINING, VALIDATION].map((names) => names.find((name) => labels.has(name)));
  if (training === undefined || validation === undefined) return undefined;
  const below = (part: string) =>
    gather(entries, ({ file, label }) => {
      const folders = file.split("/").slice(0, -1);
      return label === part ? folders[folders.indexOf(part) + 1] : undefined;
    });
  return { training: below(training), validation: below(validation) };
}

function checkClasses(path: string, classes: Classes): string[] {
  const names = [...classes.keys()].sort();
  const reject = (problem: string) => new UserError(`training on ${path}: ${problem}`);
  if (names.length === 0) {
    throw reject("its pictures are in no class folders; expected a folder for each class, with its pictures in it");
  }
  if (names.length === 1) throw reject(`one class, ${names[0]}; expected at least two, each in a folder of its own`);
  const poor = names.find((name) => classes.get(name)!.length < 2);
  if (poor !== undefined) {
    throw reject(`class ${poor} has 1 picture; expected at least 2, add some or remove the folder`);
  }
  return names;
}

/** Each class's ids in two parts. */
function divide(
  classes: Classes,
  cut: (ids: readonly number[]) => [readonly number[], readonly number[]],
): [Classes, Classes] {
  const parts = [...classes].map(([name, ids]) => [name, cut(ids)] as const);
  return [
    new Map(parts.map(([name, [first]]) => [name, first])),
    new Map(parts.map(([name, [, rest]]) => [name, rest])),
  ];
}

const shuffled = (ids: readonly number[], random: Random): number[] =>
  Array.from(random.permutation(ids.length), (i) => ids[i]);

/** @param where names the set in errors. */
function labelled(set: ImageSet, names: readonly string[], classes: Classes, where = set.location): Labelled {
  const numbers = new Map(names.map((name, i) => [name, i]));
  const pairs = [...classes].flatMap(([name, ids]) => {
    const label = numbers.get(name);
    if (label === undefined) {
      throw new UserError(
        `validating on ${where}: class ${name} is not among the ${names.length} to learn; expected the same class folders, the nearest is ${nearest(name, names, 1)[0]}`,
      );
    }
    return ids.map((id) => [id, label]);
  });
  if (pairs.length === 0) {
    throw new UserError(`validating on ${where}: its pictures are in no class folders; expected the same classes`);
  }
  pairs.sort(([a], [b]) => a - b);
  return { set, ids: Uint32Array.from(pairs, ([id]) => id), labels: Uint32Array.from(pairs, ([, label]) => label) };
}
