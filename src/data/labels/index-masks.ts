/**
 * Photographs with segmentation masks as a source of labels: a folder of pictures, a folder of PNG masks of the same names whose grey
 * values are class numbers (0 = not labelled), and a table of classes. All pixels of a class are one thing. Colour and texture are measured.
 */
import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { fileProblem, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { everydayNames, materialOf } from "./kinds.js";
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
  const rows = parse((await readWhole("reading", classes)).toString("utf8"), { columns: true, bom: true }) as {
    id: string;
    name: string;
  }[];
  const things = new Map(rows.filter(({ id }) => Number(id) > 0).map(({ id, name }) => [Number(id), thingOf(name)]));
  if (things.size === 0) {
    throw new UserError(`reading ${classes}: no classes; expected the columns id, name with a class a row`);
  }
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

/** Class numbers as positions in a list of the things there are. */
function numbered(mask: Uint8Array, known: ReadonlyMap<number, LabelledThing>): Pick<Labels, "things" | "thing"> {
  const things: LabelledThing[] = [];
  const places = new Uint8Array(256);
  const thing = mask.map((id) => {
    const found = known.get(id);
    if (found && places[id] === 0) places[id] = things.push(found);
    return places[id];
  });
  return { things, thing };
}

async function readMask(path: string, size: number): Promise<Uint8Array> {
  try {
    const image = sharp(await readFile(path));
    const { width, height } = await image.metadata();
    const { data } = await image
      .extract(middle(width, height))
      .resize(size, size, { kernel: "nearest", fit: "fill" })
      .extractChannel(0)
      .raw()
      .toBuffer({ resolveWithObject: true });
    return new Uint8Array(data);
  } catch (error) {
    throw fileProblem("reading the mask", path, error);
  }
}

/** The square in the middle, as pictures are cropped. */
function middle(width: number, height: number) {
  const side = Math.min(width, height);
  return { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
}

/** What objects stand on or in front of, in the words of segmentation sets. */
const SURFACES = new Set(
  "sky,grass,sand,snow,sea,river,water,road,pavement,ground,dirt,gravel,floor,wall,ceiling,mountain,platform,playing field,railroad".split(
    ",",
  ),
);
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
  const is = names.includes("person") ? "person" : names.some((each) => SURFACES.has(each)) ? "surface" : "object";
  return { kind: is, names, material: (kind !== "blind" && kind) || materialOf(names) };
}
