/**
 * Photographs with segmentation masks as a source of labels: a folder of pictures, a folder of PNG masks of the same names whose grey
 * values are class numbers (0 = not labelled), and a table of classes. All pixels of a class are one thing. Colour and texture are measured.
 */
import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileProblem, UserError } from "../../base/errors.js";
import { readGreyMask } from "../images/grey-mask.js";
import { readCsv } from "./csv.js";
import { everydayNames, kindOf, materialOf } from "./kinds.js";
import type { LabelledThing, LabelSource, Labels } from "./labels.js";
import { measurePicture } from "./measure.js";

export interface IndexMasksOptions {
  /** Folders of square pictures and of their masks; `a.jpg` belongs to `a.png`. */
  readonly images: string;
  readonly masks: string;
  /** CSV with the columns id, name; names as in COCO panoptic ("wall-brick", "sky-other-merged") are made plain. */
  readonly classes: string;
}

/** Opens them. Errors: `UserError` when the table of classes cannot be read; for a picture without a mask, when it is asked for. */
export async function openIndexMasks({ images, masks, classes }: IndexMasksOptions): Promise<LabelSource> {
  const things = await readClasses(classes, 1);
  return {
    title: `the masks ${masks}`,
    names: new Set([...things.values()].flatMap(({ names }) => names)),
    async labels(file, size) {
      const stem = basename(file, extname(file));
      const mask = await readMask(join(masks, `${stem}.png`), size);
      const picture = await readFile(join(images, file)).catch((error) => {
        throw fileProblem("reading", join(images, file), error);
      });
      const { colour, texture } = await measurePicture(picture, size, file);
      return { size, scene: [], ...numbered(mask, things), colour, texture };
    },
  };
}

/**
 * Classes as things, by their numbers.
 * @param path CSV with the columns id, name. @param least the smallest number that is a class; rows of others are left out.
 * Errors: `UserError` when it cannot be read, or has no class.
 */
export async function readClasses(path: string, least: number): Promise<Map<number, LabelledThing>> {
  const rows = await readCsv(path, ["id", "name"]);
  const things = new Map(
    rows.filter(({ id }) => /^\s*\d+\s*$/.test(id) && +id >= least).map(({ id, name }) => [+id, thingOf(name)]),
  );
  if (things.size > 0) return things;
  throw new UserError(`reading ${path}: no classes; expected the columns id, name with a class a row`);
}

const MOST_THINGS = 255;

/**
 * Class numbers [y, x] as positions in a list of the things there are. Numbers that are not known are no thing.
 * Errors: `UserError` when there are more than 255.
 */
export function numbered(
  classes: ArrayLike<number>,
  known: ReadonlyMap<number, LabelledThing>,
): Pick<Labels, "things" | "thing"> {
  const things: LabelledThing[] = [];
  const places = new Map<number, number>();
  const thing = Uint8Array.from(classes, (id) => {
    const found = known.get(id);
    if (found && !places.has(id)) places.set(id, things.push(found));
    return places.get(id) ?? 0;
  });
  if (things.length <= MOST_THINGS) return { things, thing };
  throw new UserError(
    `labelling: ${things.length} classes in a picture; expected at most ${MOST_THINGS}, leave some out of the table of classes`,
  );
}

/** The square in the middle of a mask, as pictures are cropped, uint8 [size, size]: each pixel that of the mask which its middle lies in. */
async function readMask(path: string, size: number): Promise<Uint8Array> {
  const { data, width, height } = await readGreyMask(path);
  const side = Math.min(width, height);
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  const at = Array.from({ length: size }, (_, i) => Math.floor(((i + 0.5) * side) / size));
  return Uint8Array.from(
    { length: size * size },
    (_, i) => data[(top + at[Math.floor(i / size)]) * width + left + at[i % size]],
  );
}

const WORDS: Readonly<Record<string, string>> = { playingfield: "playing field", tv: "television", wood: "wooden" };
const word = (name: string) => WORDS[name] ?? name;

/** A class as a thing: "wall-brick" is a brick wall, "sky-other-merged" the sky. */
export function thingOf(name: string): LabelledThing {
  const [first, kind] = name
    .toLowerCase()
    .split("-")
    .filter((part) => !["merged", "other", "stuff"].includes(part))
    .map((part) => part.replaceAll("_", " ").trim());
  const general = everydayNames(first).map(word);
  const names = kind ? [`${word(kind)} ${word(first)}`, ...general] : general;
  return { kind: kindOf(names), names, material: (kind !== "blind" && kind) || materialOf(names) };
}
