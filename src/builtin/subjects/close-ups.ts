/**
 * Close-ups of the made world's objects: of every picture the square around the thing that its class names. A generator as small as ours
 * learns what fills its picture; of things at any size and place it learns their surroundings first.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { decode } from "../../data/images/decode.js";
import { interleaved } from "../../data/images/interleaved.js";
import { openImages } from "../../data/images/open.js";
import type { Labels } from "../../data/labels/labels.js";
import { openWorldFolder } from "../../data/world/folder.js";

/** The square's side over the longer side of the thing's box. */
const ROOM = 1.1;

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/**
 * The square around the largest visible thing of this name, moved into the picture where it reaches beyond it; undefined where none is seen.
 * In pixels of the labels.
 */
export function closeUp({ size, things, thing }: Labels, name: string): Square | undefined {
  const unseen = { area: 0, left: size, right: 0, top: size, bottom: 0 };
  const boxes = things.map(() => ({ ...unseen }));
  for (const [at, seen] of thing.entries()) {
    if (seen === 0 || !things[seen - 1].names.includes(name)) continue;
    const [x, y] = [at % size, Math.floor(at / size)];
    const box = boxes[seen - 1];
    box.area += 1;
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  const { area, left, right, top, bottom } = boxes.reduce((a, b) => (b.area > a.area ? b : a), unseen);
  if (area === 0) return undefined;
  const longer = Math.max(right - left, bottom - top) + 1;
  const side = Math.min(size, Math.round(ROOM * longer));
  const inside = (middle: number) => Math.min(size - side, Math.max(0, Math.round(middle - side / 2)));
  return { side, left: inside((left + right + 1) / 2), top: inside((top + bottom + 1) / 2) };
}

/**
 * Writes `<out>/<class>/<number>.png` for every picture of `world`, a folder that `milan world world-objects` wrote. What is there is kept, so a
 * killed call goes on.
 * @param size side of the pictures, pixels.
 * Errors: as `openWorldFolder`.
 */
export async function writeCloseUps(world: string, out: string, size: number, progress: Progress = silent) {
  const known = await openWorldFolder(world);
  const pictures = await openImages(world);
  try {
    progress.begin("cutting out", pictures.entries.length, "picture");
    for (const [at, { file }] of pictures.entries.entries()) {
      const path = join(out, file.replace(extname(file), ".png"));
      const square = existsSync(path) ? undefined : closeUp(await known.labels(file, size), dirname(file));
      if (square) {
        const { left, top, side } = square;
        const whole = await decode(await pictures.read(at), { width: size, height: size, fit: "squash" }, file);
        const cut = interleaved(whole, size, size).extract({ left, top, width: side, height: side });
        await mkdir(dirname(path), { recursive: true });
        await writeFileAtomically(path, await cut.png().toBuffer());
      }
      progress.update(at + 1);
    }
    progress.end();
  } finally {
    await pictures.close();
  }
}
