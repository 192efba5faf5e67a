/**
 * Close-ups of the made world's objects: of every picture the square around the thing that its class names. A generator as small as ours
 * learns what fills its picture; of things at any size and place it learns their surroundings first.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { boxOf } from "../../data/images/box.js";
import { decode } from "../../data/images/decode.js";
import { interleaved } from "../../data/images/interleaved.js";
import { openImages } from "../../data/images/open.js";
import type { Labels } from "../../data/labels/labels.js";
import { openWorldFolder } from "../../data/world/folder.js";
import { sameOrNew } from "../../studies/settings-file.js";

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
  const areas = things.map(() => 0);
  for (const seen of thing) if (seen > 0) areas[seen - 1] += 1;
  const named = [...things.keys()].filter((i) => things[i].names.includes(name));
  if (named.length === 0) return undefined;
  const largest = named.reduce((a, b) => (areas[b] > areas[a] ? b : a));
  const box = boxOf(
    thing.map((seen) => Number(seen === largest + 1)),
    size,
  );
  if (!box) return undefined;
  const { left, top, right, bottom } = box;
  const longer = Math.max(right - left, bottom - top);
  const side = Math.min(size, Math.round(ROOM * longer));
  const inside = (middle: number) => Math.min(size - side, Math.max(0, Math.round(middle - side / 2)));
  return { side, left: inside((left + right) / 2), top: inside((top + bottom) / 2) };
}

/**
 * Writes `<out>/<class>/<number>.png` for every picture of `world`, a folder that `milan world world-objects` wrote. What is there is kept, so a
 * killed call goes on; `close-ups.json` says what was cut.
 * @param size side of the pictures, pixels.
 * Errors: as `openWorldFolder`; `UserError` if `out` holds close-ups of other pictures.
 */
export async function writeCloseUps(world: string, out: string, size: number, progress: Progress = silent) {
  const known = await openWorldFolder(world);
  await mkdir(out, { recursive: true });
  const settings = { of: known.title, size, room: ROOM };
  await sameOrNew(join(out, "close-ups.json"), settings, "cutting out close-ups", `remove ${out}`);
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
