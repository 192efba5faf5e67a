/**
 * Photographs of one object each, with its box, as a source of labels: what is in the box is called by the class and what that is a kind of,
 * the rest is background; colour and texture are measured. A box holds some background too, so the labels are right for most of it only.
 */
import { UserError } from "../../base/errors.js";
import { openImages } from "../images/open.js";
import { readCsv } from "./csv.js";
import { allImagenetNames, imagenetNames, materialOf } from "./kinds.js";
import type { LabelledThing, LabelSource } from "./labels.js";
import { measurePicture } from "./measure.js";

export interface BoxesOptions {
  /** The pictures: a folder or an archive, with a folder a class. They are square; the names of folders begin with WordNet ids or are the classes' names. */
  readonly images: string;
  /** CSV with the columns file, x0, y0, x1, y1: pixels, both ends included. `file` may have folders more than the probe set's in front. */
  readonly boxes: string;
  /** Side of the pictures the boxes are of, pixels. */
  readonly side: number;
}

/** Labels of photographs with boxes. Close it when done. */
export interface BoxSource extends LabelSource {
  close(): Promise<void>;
}

type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** What is around the object has no name. */
const BACKGROUND: LabelledThing = { kind: "surface", names: [] };

/** Opens pictures and their boxes. Errors: `UserError` when either cannot be read, or the table has other columns. */
export async function openBoxes({ images, boxes, side }: BoxesOptions): Promise<BoxSource> {
  const table = await readBoxes(boxes);
  const set = await openImages(images);
  const places = new Map(set.entries.map(({ file }, i) => [file, i]));
  const names = new Set([...allImagenetNames(), ...set.entries.flatMap(({ file }) => namesOf(file))]);
  return {
    title: `the boxes ${boxes}`,
    names,
    async labels(file, size) {
      const index = places.get(file) ?? places.get(endOf(file));
      const box = table.get(file) ?? table.get(endOf(file));
      if (index === undefined || !box) {
        throw new UserError(
          `labelling ${file}: no such ${box ? `picture in ${images}` : `file in ${boxes}`}; expected pictures of that set, check which one was dissected`,
        );
      }
      const { colour, texture } = await measurePicture(await set.read(index), size, file);
      const own = namesOf(file);
      const object: LabelledThing = { kind: "object", names: own, material: materialOf(own) };
      return { size, scene: [], things: [BACKGROUND, object], thing: boxPlane(box, side, size), colour, texture };
    },
    close: () => set.close(),
  };
}

/** By their whole path, and by folder and file alone. */
async function readBoxes(path: string): Promise<Map<string, Box>> {
  const rows = await readCsv(path, ["file", "x0", "y0", "x1", "y1"]);
  const table = new Map<string, Box>();
  for (const [i, row] of rows.entries()) {
    const box = [row.x0, row.y0, row.x1, row.y1].map(Number);
    if (row.file === undefined || !box.every((value) => Number.isFinite(value) && value >= 0)) {
      throw new UserError(
        `reading ${path}: row ${i + 2} is no box; expected the columns file, x0, y0, x1, y1 with numbers, got ${Object.keys(row).join(", ")}, correct it`,
      );
    }
    table.set(row.file, box as unknown as Box);
    table.set(endOf(row.file), box as unknown as Box);
  }
  return table;
}

/** The last folder and the file. */
const endOf = (file: string) => file.split("/").slice(-2).join("/");

/** Names of the class whose folder a file is in. */
function namesOf(file: string): readonly string[] {
  const folder = file.split("/").at(-2) ?? "";
  const [, id, word] = /^(n\d{8})?[_ ]?(.*)$/.exec(folder)!;
  const plain = word.replaceAll("_", " ").toLowerCase().trim();
  return (id && imagenetNames(id)) || (plain === "" ? ["object"] : [plain]);
}

/** uint8 [size, size]: 2 in the box, 1 around it. */
function boxPlane([x0, y0, x1, y1]: Box, side: number, size: number): Uint8Array {
  const plane = new Uint8Array(size * size).fill(1);
  const [left, top] = [x0, y0].map((at) => Math.max(0, Math.round((at * size) / side)));
  const [right, bottom] = [x1, y1].map((at) => Math.min(size, Math.round(((at + 1) * size) / side)));
  for (let y = top; y < bottom; y++) plane.fill(2, y * size + left, y * size + Math.max(left, right));
  return plane;
}
