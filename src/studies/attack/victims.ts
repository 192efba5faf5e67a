/** Pictures that may be attacked: those that the network recognises. */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { batches } from "../../data/images/batches.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import type { ClassPictures } from "../ablation/class-pictures.js";
import { identityOf } from "./cutout.js";
import type { Network } from "./network.js";

/** A picture that may be attacked. */
export interface Victim {
  readonly file: string;
  /** Its class, as which the network recognises it. */
  readonly class: number;
  /** uint8 [3, y, x], RGB, as the network sees it. */
  readonly pixels: Uint8Array;
  /** See `Cutout.source`. */
  readonly source: string;
}

export interface VictimOptions {
  /** How many are enough. */
  readonly wanted: number;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** Pictures run at once; default 32. */
  readonly batchSize?: number;
  readonly progress?: Progress;
}

/**
 * Goes through pictures in an order drawn by the seed, until enough are recognised. Damaged ones are left out, with a warning. They stay in memory.
 * Errors: `UserError` when none is recognised.
 */
export async function findVictims(
  { set, ids, classes }: ClassPictures,
  network: Network,
  { wanted, preprocessing, seed, batchSize = 32, progress = silent }: VictimOptions,
): Promise<{ victims: Victim[]; images: number }> {
  const classOf = new Map([...ids].map((id, i) => [id, classes[i]]));
  const order = new Random(seed).permutation(ids.length).map((i) => ids[i]);
  const onSkip = (_index: number, _file: string, reason: string) => progress.warn(reason);
  const victims: Victim[] = [];
  let images = 0;
  progress.begin("recognising", ids.length, "image");
  try {
    for await (const batch of batches(set, order, { batchSize, preprocessing, onSkip })) {
      const { data } = batch.pixels;
      const size = data.length / batch.count;
      const pictures = Array.from({ length: batch.count }, (_, i) => data.slice(i * size, (i + 1) * size));
      for (const [i, answer] of (await network.answers(pictures)).entries()) {
        const own = classOf.get(batch.ids[i])!;
        if (answer !== own) continue;
        const [{ file }, pixels] = [set.entries[batch.ids[i]], pictures[i]];
        victims.push({ file, class: own, pixels, source: identityOf(pixels) });
      }
      images += batch.count;
      progress.update(images);
      if (victims.length >= wanted && victims.some((victim) => victim.class !== victims[0].class)) break;
    }
  } finally {
    progress.end();
  }
  if (victims.length > 0) return { victims, images };
  throw new UserError(
    `attacking ${set.location}: none of ${images} pictures is taken for its class; expected some that are recognised, check --images and --classes`,
  );
}
