/**
 * Pictures whose contents are known: which things are in each, under which names, and where. A JSON file beside the pictures:
 *
 *     { "format": 1, "opaque": true,
 *       "images": { "0000.png": [ { "names": ["red", "disc"], "regions": [ { "box": [0.1, 0.2, 0.5, 0.6] } ] } ] } }
 *
 * Keys are the pictures' paths below the set. A region is a `box` [left, top, right, bottom] or a `polygon` [[x, y], ...], both in
 * fractions of the whole picture, or a `mask`: an 8-bit grey PNG beside or below the file, of which the pixels that are not 0, or that are
 * exactly `value`, belong to the thing. A thing without `regions` fills the picture. With `opaque`, things are listed in the order
 * they were painted, and a later one hides what it covers; otherwise things may overlap, as a wheel and its car do.
 */
import { dirname, isAbsolute, normalize, sep } from "node:path";
import { UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { parseJson } from "../../base/json.js";

export type Region =
  | { readonly box: readonly [number, number, number, number] }
  | { readonly polygon: readonly (readonly [number, number])[] }
  | { readonly mask: string; readonly value?: number };

/** A thing in a picture. */
export interface Concept {
  /** Words that are true of it. A name of several words counts as each of them. */
  readonly names: readonly string[];
  /** Absent: the whole picture. */
  readonly regions?: readonly Region[];
}

export interface ConceptsFile {
  /** Whether later things hide earlier ones. */
  readonly opaque: boolean;
  readonly images: ReadonlyMap<string, readonly Concept[]>;
  /** Where masks lie. */
  readonly folder: string;
}

/** Reads a concepts file. Errors: `UserError` naming the first picture that is wrong. */
export async function readConcepts(path: string): Promise<ConceptsFile> {
  let found: { format?: unknown; opaque?: unknown; images?: unknown };
  try {
    found = parseJson((await readWhole("reading the concepts", path)).toString("utf8")) as typeof found;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`reading the concepts ${path}: ${(error as Error).message}; expected JSON`, { cause: error });
  }
  const { format, opaque = false, images } = found ?? {};
  if (format !== 1 || typeof opaque !== "boolean" || !isRecord(images)) {
    throw new UserError(
      `reading the concepts ${path}: expected { "format": 1, "images": { file: [things] } }, got something else; see \`milan verify --help\``,
    );
  }
  for (const [file, things] of Object.entries(images)) {
    const problem = Array.isArray(things) ? things.map(problemOf).find((text) => text !== undefined) : "no list";
    if (problem !== undefined) throw new UserError(`reading the concepts ${path}: ${file}: ${problem}; correct it`);
  }
  const listed = new Map(Object.entries(images as Record<string, Concept[]>));
  return { opaque, images: listed, folder: dirname(path) };
}

/** Writes a concepts file. */
export async function writeConcepts(
  path: string,
  images: Readonly<Record<string, readonly Concept[]>>,
  opaque: boolean,
): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify({ format: 1, opaque, images })}\n`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function problemOf(thing: unknown): string | undefined {
  if (!isRecord(thing) || !Array.isArray(thing.names) || !thing.names.every((name) => typeof name === "string")) {
    return "a thing without names; expected a list of words";
  }
  if (thing.regions === undefined) return undefined;
  if (!Array.isArray(thing.regions)) return "regions that are no list; expected boxes, polygons or masks";
  return thing.regions.map(problemOfRegion).find((text) => text !== undefined);
}

function problemOfRegion(region: unknown): string | undefined {
  const { box, polygon, mask, value } = isRecord(region) ? region : {};
  if (isNumbers(box, 4)) {
    const [left, top, right, bottom] = box;
    if (left > right || top > bottom) return `a box [${box.join(", ")}]; expected [left, top, right, bottom]`;
    return box.every(isNear) ? undefined : `a box [${box.join(", ")}]; expected fractions of the picture, 0 to 1`;
  }
  if (Array.isArray(polygon) && polygon.length >= 3 && polygon.every((point) => isNumbers(point, 2))) {
    const far = polygon.find((point: readonly number[]) => !point.every(isNear));
    return far && `a corner [${far.join(", ")}]; expected fractions of the picture, 0 to 1`;
  }
  if (isBelow(mask)) {
    const isByte =
      value === undefined || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255);
    return isByte ? undefined : `a mask's value ${value}; expected a whole number from 0 to 255`;
  }
  return "a region of no known kind; expected box [left, top, right, bottom], polygon [[x, y], ...] or mask (a path below the file)";
}

/** Things reach beyond the picture's edges, but who writes pixels means something else. */
const isNear = (fraction: number): boolean => fraction >= -1 && fraction <= 2;

/** A path that does not leave its folder. */
function isBelow(path: unknown): path is string {
  return typeof path === "string" && path !== "" && !isAbsolute(path) && normalize(path).split(sep)[0] !== "..";
}

const isNumbers = (value: unknown, length: number): value is readonly number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);
