/**
 * Whether held-out pictures are among those that a run was made with. Fingerprints tell whole sets apart; a folder with one picture more has
 * another one. Where the run's set still lies in its place, files of equal name are compared byte by byte.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../base/errors.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";

/** Files of equal name that are compared at most, evenly spread. */
const MOST_COMPARED = 200;

/**
 * Errors: `UserError` when some picture of `heldOut` is one of the set at `seenPath`. Says nothing when that set is gone.
 * @param what the images at `seenPath`, for the message.
 */
export async function checkNoOverlap(
  doing: string,
  heldOut: ImageSet,
  seenPath: string,
  what = "that the run was made with",
): Promise<void> {
  if (!existsSync(seenPath)) return;
  const seen = await openImages(seenPath);
  try {
    const indexOf = new Map(seen.entries.map(({ file }, i) => [basename(file), i]));
    const pairs = heldOut.entries.flatMap(({ file }, i) => {
      const other = indexOf.get(basename(file));
      return other === undefined ? [] : [[i, other] as const];
    });
    const step = Math.max(1, pairs.length / MOST_COMPARED);
    for (let k = 0; k < pairs.length; k += step) {
      const [index, other] = pairs[Math.floor(k)];
      const [a, b] = [await heldOut.read(index).catch(() => undefined), await seen.read(other).catch(() => undefined)];
      if (!(a instanceof Uint8Array && b instanceof Uint8Array) || Buffer.compare(a, b) !== 0) continue;
      throw new UserError(
        `${doing} on ${heldOut.location}: ${heldOut.entries[index].file} is one of the images ${what}; expected images it has not seen, take such ones out`,
      );
    }
  } finally {
    await seen.close();
  }
}
