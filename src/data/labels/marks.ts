/**
 * Pictures that `milan spurious` has marked: where a name is written is known, what else they show is not. Colours and textures are measured. The block
 * that the letters fill counts as lettering, the gaps between them too, as people would point at it.
 */
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { openImages } from "../images/open.js";
import { readCsv } from "./csv.js";
import type { LabelledThing, LabelSource } from "./labels.js";
import { measurePicture } from "./measure.js";

/** A block in a picture, from its left upper corner; shares of the picture's side. */
export interface MarkBlock {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const MARKS_FILE = "marks.csv";
const BACKGROUND: LabelledThing = { kind: "surface", names: [] };
const LETTERING: LabelledThing = { kind: "lettering", names: ["word", "text"] };

/**
 * Opens marked class folders. To be closed.
 * Errors: `UserError` for a folder without `marks.csv`, or one that does not say where its marks are.
 */
export async function openMarked(folder: string): Promise<LabelSource & { close(): Promise<void> }> {
  const path = join(folder, MARKS_FILE);
  const blocks = new Map<string, MarkBlock | undefined>();
  for (const [i, row] of (await readCsv(path, ["file", "mark", "left", "top", "width", "height"])).entries()) {
    const [left, top, width, height] = [row.left, row.top, row.width, row.height].map(Number);
    if (![left, top, width, height].every((value) => value >= 0 && value <= 1)) {
      throw new UserError(
        `reading ${path}: row ${i + 2} says not where its mark is; expected shares of the picture's side`,
      );
    }
    blocks.set(row.file, width > 0 ? { left, top, width, height } : undefined);
  }
  const set = await openImages(folder);
  const places = new Map(set.entries.map(({ file }, i) => [file, i]));
  return {
    title: `the marks ${path}`,
    names: new Set(LETTERING.names),
    async labels(file, size) {
      const index = places.get(file);
      if (index === undefined || !blocks.has(file)) {
        throw new UserError(`labelling ${file}: it is not in ${path}; expected pictures of that folder`);
      }
      const measured = await measurePicture(await set.read(index), size, file);
      return { size, scene: [], things: [BACKGROUND, LETTERING], thing: planeOf(blocks.get(file), size), ...measured };
    },
    close: () => set.close(),
  };
}

/** uint8 [size, size]: 2 in the block, 1 around it. */
function planeOf(block: MarkBlock | undefined, size: number): Uint8Array {
  const plane = new Uint8Array(size * size).fill(1);
  if (!block) return plane;
  const [left, right] = [block.left, block.left + block.width].map((at) => Math.round(at * size));
  const [top, bottom] = [block.top, block.top + block.height].map((at) => Math.round(at * size));
  for (let y = top; y < Math.min(size, bottom); y++) plane.fill(2, y * size + left, y * size + Math.min(size, right));
  return plane;
}
