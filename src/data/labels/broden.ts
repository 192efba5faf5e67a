/**
 * Broden (Bau et al., 2017), the set that NetDissect names units by, or any folder of its form: `index.csv`, `label.csv`, and `images/` with
 * pictures and segmentations, whose pixels have the number R + 256 G of a label.
 *
 * What becomes of its categories:
 * - object: a thing by its name and what that is a kind of; where several are labelled at a pixel, one thing by all these names.
 * - material: the material of the thing at that pixel, which is nameless where no object is labelled. One a pixel: the first.
 * - part: a part of the thing at that pixel.
 * - scene: the scene, "street-s" as "street". Only whole pictures have one.
 * - color: the colour, "red-c" as "red"; only the eleven of `COLOUR_NAMES`, which are all that Broden has. One a pixel: the first.
 * - texture: textures by Broden's own names (`Labels.textures`), of which there are none in `Labels.texture`.
 *
 * Nothing is measured: where Broden says nothing, nothing is known, and a category without an entry is `unlabelled`. A picture costs reading its PNGs, one to five.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import sharp from "sharp";
import { fileProblem, messageOf, UserError } from "../../base/errors.js";
import { checkEncodedSize } from "../images/imageset.js";
import { sniff } from "../images/sniff.js";
import {
  type BrodenCategory,
  type BrodenImage,
  type BrodenLabel,
  readBrodenIndex,
  readBrodenLabels,
} from "./broden-tables.js";
import { everydayNames, kindOf } from "./kinds.js";
import { COLOUR_NAMES, type LabelKind, type LabelledThing, type LabelSource, type Labels } from "./labels.js";

type Known = ReadonlyMap<number, BrodenLabel>;

/** Opens a Broden folder. Errors: `UserError` when a table cannot be used; for a damaged segmentation, when its picture is asked for. */
export async function openBroden(folder: string): Promise<LabelSource> {
  const known = await readBrodenLabels(folder);
  const index = await readBrodenIndex(folder, known);
  const images = join(folder, "images");
  const root = await realpath(images).catch((error) => {
    throw fileProblem("reading", images, error);
  });
  const namesIn = (category: BrodenCategory) =>
    [...known.values()].flatMap(({ name, categories }) => (categories.includes(category) ? [name] : []));
  return {
    title: `Broden in ${folder}`,
    names: new Set([...namesIn("object").flatMap(everydayNames), ...namesIn("scene").map(sceneName)]),
    files: new Set(index.keys()),
    async labels(file, size) {
      const image = index.get(file);
      if (!image) {
        throw new UserError(
          `labelling ${file}: no such image in ${join(folder, "index.csv")}; expected pictures of that set, check --images`,
        );
      }
      const planes = async (category: BrodenCategory): Promise<Uint16Array[]> => {
        const found: Uint16Array[] = [];
        for (const entry of image.labels[category] ?? []) {
          found.push(
            typeof entry === "number"
              ? new Uint16Array(size * size).fill(entry)
              : await readSegmentation(root, entry, image, size, known),
          );
        }
        return found;
      };
      const nameOf = (number: number) => known.get(number)!.name;
      const textures = areasOf(await planes("texture"));
      return {
        size,
        scene: [...areasOf(await planes("scene")).keys()].map((number) => sceneName(nameOf(number))),
        ...thingsOf(await planes("object"), await planes("material"), areasOf(await planes("part")), size, nameOf),
        colour: Uint8Array.from(firstOf(await planes("color"), size), (number) =>
          number === 0 ? 0 : colourOf(nameOf(number)),
        ),
        texture: new Uint8Array(size * size),
        textures: [...textures].map(([number, plane]) => [nameOf(number), plane] as const),
        unlabelled: KINDS.flatMap(([category, kind]) => (image.labels[category]?.length ? [] : [kind])),
      };
    },
  };
}

/** Its categories, as kinds of labels. */
const KINDS: readonly (readonly [BrodenCategory, LabelKind])[] = [
  ...(["object", "part", "scene", "material", "texture"] as const).map((kind) => [kind, kind] as const),
  ["color", "colour"],
];

const sceneName = (name: string) => name.replace(/-s$/, "");

/** Position in `COLOUR_NAMES` from 1; 0 for another name. */
const colourOf = (name: string) => 1 + (COLOUR_NAMES as readonly string[]).indexOf(name.replace(/-c$/, ""));

/** Of planes of numbers the first that is not 0, uint16 [y, x]. */
function firstOf(planes: readonly Uint16Array[], size: number): Uint16Array {
  const first = new Uint16Array(size * size);
  for (const plane of planes) for (let at = 0; at < first.length; at++) first[at] ||= plane[at];
  return first;
}

/** Where each number but 0 is in any of the planes: uint8 [y, x], 1 there. */
function areasOf(planes: readonly Uint16Array[]): Map<number, Uint8Array> {
  const areas = new Map<number, Uint8Array>();
  for (const plane of planes) {
    for (let at = 0; at < plane.length; at++) {
      const number = plane[at];
      if (number === 0) continue;
      let area = areas.get(number);
      if (!area) areas.set(number, (area = new Uint8Array(plane.length)));
      area[at] = 1;
    }
  }
  return areas;
}

const MOST_THINGS = 255;

/** A thing for each combination of objects and material that occurs. */
function thingsOf(
  objects: readonly Uint16Array[],
  materials: readonly Uint16Array[],
  parts: ReadonlyMap<number, Uint8Array>,
  size: number,
  nameOf: (number: number) => string,
): Pick<Labels, "things" | "thing"> {
  const planes = [...objects, firstOf(materials, size)];
  const things: (LabelledThing & { readonly parts: [string, Uint8Array][] })[] = [];
  const numbers = new Map<string, number>();
  const thing = new Uint8Array(size * size);
  for (let at = 0; at < thing.length; at++) {
    const here = planes.map((plane) => plane[at]);
    if (here.every((number) => number === 0)) continue;
    const key = here.join(" ");
    let number = numbers.get(key);
    if (number === undefined) {
      const named = [...new Set(here.slice(0, -1))].filter((object) => object !== 0);
      const names = [...new Set(named.flatMap((object) => everydayNames(nameOf(object))))];
      const material = here[here.length - 1];
      number = things.push({
        ...{ kind: kindOf(names), names, parts: [] },
        ...(material !== 0 && { material: nameOf(material) }),
      });
      numbers.set(key, number);
    }
    if (number > MOST_THINGS) {
      throw new UserError(
        `labelling: more than ${MOST_THINGS} combinations of objects and materials in a picture; expected fewer, compare at a smaller --size`,
      );
    }
    thing[at] = number;
  }
  addParts(things, thing, parts, nameOf);
  return { things, thing };
}

/** Divides parts among the things at their pixels; what is at no thing belongs to one without name or pixels of its own. */
function addParts(
  things: (LabelledThing & { readonly parts: [string, Uint8Array][] })[],
  thing: Uint8Array,
  parts: ReadonlyMap<number, Uint8Array>,
  nameOf: (number: number) => string,
): void {
  const homeless: [string, Uint8Array][] = [];
  for (const [number, area] of parts) {
    const pieces = new Map<number, Uint8Array>();
    for (let at = 0; at < area.length; at++) {
      if (area[at] === 0) continue;
      let piece = pieces.get(thing[at]);
      if (!piece) pieces.set(thing[at], (piece = new Uint8Array(area.length)));
      piece[at] = 1;
    }
    for (const [owner, piece] of pieces)
      (owner === 0 ? homeless : things[owner - 1].parts).push([nameOf(number), piece]);
  }
  if (homeless.length > 0) things.push({ kind: "surface", names: [], parts: homeless });
}

/** The square in the middle of a segmentation, uint16 [size, size]: of each pixel the nearest. */
async function readSegmentation(
  root: string,
  name: string,
  image: BrodenImage,
  size: number,
  known: Known,
): Promise<Uint16Array> {
  const path = join(root, name);
  const refuse = (problem: string, expected: string): never => {
    throw new UserError(`reading the segmentation ${path}: ${problem}; expected ${expected}`);
  };
  const { data, width, height, channels } = await readPng(root, path, image, refuse);
  const side = Math.min(width, height);
  const [top, left] = [(height - side) >> 1, (width - side) >> 1];
  const nearest = Int32Array.from({ length: size }, (_, i) => Math.floor(((i + 0.5) * side) / size));
  const plane = new Uint16Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = ((top + nearest[y]) * width + left + nearest[x]) * channels;
      const number = data[from] + 256 * data[from + 1];
      if (number !== 0 && !known.has(number)) refuse(`label ${number}`, "numbers of label.csv, as R + 256 G");
      plane[y * size + x] = number;
    }
  }
  return plane;
}

async function readPng(
  root: string,
  path: string,
  { width, height }: BrodenImage,
  refuse: (problem: string, expected: string) => never,
) {
  try {
    const real = await realpath(path);
    const inside = relative(root, real);
    if (isAbsolute(inside) || inside.split(sep)[0] === "..")
      refuse("it is a link out of the folder", "a file in images/");
    checkEncodedSize(path, (await stat(real)).size);
    const bytes = await readFile(real);
    if (sniff(bytes) !== "PNG") refuse("it is no PNG", "a PNG of 8-bit RGB");
    const found = await sharp(bytes, { limitInputPixels: false }).metadata(); // looks at the header only
    if (found.width !== width || found.height !== height) {
      refuse(`it is ${found.width} x ${found.height} pixels`, `${width} x ${height}, as index.csv says`);
    }
    if (found.channels < 3 || found.depth !== "uchar") {
      refuse(`it has ${found.channels} channels of ${found.depth}`, "8-bit RGB");
    }
    const png = sharp(bytes, { limitInputPixels: width * height, failOn: "error", ignoreIcc: true });
    const { data, info } = await png.raw().toBuffer({ resolveWithObject: true });
    return { data, width, height, channels: info.channels };
  } catch (error) {
    const problem = fileProblem("reading the segmentation", path, error);
    if (problem instanceof UserError) throw problem;
    throw new UserError(`reading the segmentation ${path}: ${messageOf(error)}; expected a whole PNG`, {
      cause: error,
    });
  }
}
