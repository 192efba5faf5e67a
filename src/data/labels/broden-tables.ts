/**
 * The two tables of a Broden folder (Bau et al., 2017): `index.csv`, a row a picture, and `label.csv`, a row a label. Everything in them is
 * checked when they are read, so that hours of work do not end at a bad row.
 */
import { isAbsolute, join, posix, win32 } from "node:path";
import { UserError } from "../../base/errors.js";
import { readCsv } from "./csv.js";

export const BRODEN_CATEGORIES = ["color", "object", "part", "material", "scene", "texture"] as const;
export type BrodenCategory = (typeof BRODEN_CATEGORIES)[number];

/** A picture's row. */
export interface BrodenImage {
  /** Size of its segmentations, pixels. */
  readonly width: number;
  readonly height: number;
  /** By category: numbers of labels of the whole picture, and PNG files of labels of pixels, below `images/`. */
  readonly labels: Readonly<Partial<Record<BrodenCategory, readonly (number | string)[]>>>;
}

export interface BrodenLabel {
  /** Lower case, with Broden's endings: "car", "red-c", "street-s". */
  readonly name: string;
  /** The categories it occurs in, as the table has them. */
  readonly categories: readonly string[];
}

/** A kilobyte for each of the 63,305 pictures of the published set. */
const MOST_INDEX_BYTES = 64 * 2 ** 20;
/** Pixels of a segmentation: 4096 squared. */
const MOST_PIXELS = 2 ** 24;
/** R + 256 G. */
const MOST_LABEL = 65535;

/** Labels by their numbers, 1 to 65535. Errors: `UserError` for another number, or one that occurs twice. */
export async function readBrodenLabels(folder: string): Promise<Map<number, BrodenLabel>> {
  const path = join(folder, "label.csv");
  const labels = new Map<number, BrodenLabel>();
  for (const [i, { number, name, category }] of (await readCsv(path, ["number", "name", "category"])).entries()) {
    const value = wholeOf(number);
    if (value === 0) continue; // stands for no label
    if (value === undefined || value > MOST_LABEL || labels.has(value) || name.trim() === "") {
      throw new UserError(
        `reading ${path}: row ${i + 2} is label "${number}", "${name}"; expected a name and a number from 1 to ${MOST_LABEL}, each once, correct it`,
      );
    }
    // "object(1523);part(12)" in the published table, where the numbers are frequencies
    const categories = category.split(";").map((each) => each.replace(/\(.*$/, "").trim());
    labels.set(value, { name: name.trim().toLowerCase(), categories });
  }
  return labels;
}

/** Rows by their pictures' paths below `images/`. Errors: `UserError` naming the first row that cannot be used. */
export async function readBrodenIndex(
  folder: string,
  known: ReadonlyMap<number, BrodenLabel>,
): Promise<Map<string, BrodenImage>> {
  const path = join(folder, "index.csv");
  const rows = await readCsv(path, ["image", "sh", "sw"], MOST_INDEX_BYTES);
  const columns = BRODEN_CATEGORIES.filter((category) => rows[0][category] !== undefined);
  if (columns.length === 0) {
    throw new UserError(
      `reading ${path}: no column of a category; expected some of ${BRODEN_CATEGORIES.join(", ")}, as in Broden`,
    );
  }
  const images = new Map<string, BrodenImage>();
  for (const [i, row] of rows.entries()) {
    const refuse = (problem: string, expected: string): never => {
      throw new UserError(`reading ${path}: row ${i + 2}: ${problem}; expected ${expected}, correct it`);
    };
    const inside = (name: string) =>
      isInside(name) ? posix.normalize(name) : refuse(`the path "${name}"`, "one below images/");
    const [height, width] = [wholeOf(row.sh) ?? 0, wholeOf(row.sw) ?? 0];
    if (height * width < 1 || height * width > MOST_PIXELS) {
      refuse(`segmentations of "${row.sw}" x "${row.sh}" pixels`, `sw and sh of at most ${MOST_PIXELS} pixels`);
    }
    const file = inside(row.image);
    if (images.has(file)) refuse(`${file} occurs twice`, "a row a picture");
    const entriesOf = (category: BrodenCategory) =>
      (row[category] ?? "")
        .split(";")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "")
        .map((entry) => {
          const number = wholeOf(entry);
          if (number === undefined) return inside(entry);
          if (number !== 0 && !known.has(number)) refuse(`${category} ${number}`, "a number of label.csv");
          return number;
        });
    const labels = columns.map((category) => [category, entriesOf(category)] as const);
    const given = labels.filter(([, entries]) => entries.length > 0);
    images.set(file, { width, height, labels: Object.fromEntries(given) });
  }
  return images;
}

const wholeOf = (text: string): number | undefined => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined);

/** Whether a path can only lead to something below the folder it is joined to, links aside. */
const isInside = (name: string): boolean =>
  name !== "" &&
  !/[\0\\]/.test(name) &&
  !isAbsolute(name) &&
  !win32.isAbsolute(name) &&
  !/^[a-z]:/i.test(name) &&
  !/^\.?\.?(\/|$)/.test(posix.normalize(name));
