/**
 * Maps of some of the images that won, as one of several processes leaves them: `maps-FROM-TO.npy` in each layer's folder, float32 [place, height, width], the
 * places of the images FROM up to TO (not included) of all that won, image by image. Who won what follows from the shards, so nothing else needs to be kept.
 */
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { NdArray } from "../engine/tensor/ndarray.js";
import { openNpy } from "../engine/tensor/npy.js";
import { layerFolder } from "../run/layer-folder.js";
import { isPartOfDigests } from "./digests.js";
import type { LayerPlan } from "./plan.js";
import type { Range } from "./state.js";
import type { Win, Wins } from "./wins.js";

export const partPath = (folder: string, layer: string, { from, to }: Range): string =>
  join(layerFolder(folder, layer), `maps-${from}-${to}.npy`);

const PART = /^maps-(\d+)-(\d+)\.npy$/;

/** Counts, by layer, the places before an image of those that won; images are asked for in their order. */
export class Walk {
  readonly #wins: Wins;
  readonly #counts: number[];
  #next: number;

  /** @param from where to begin among the images that won. */
  constructor(wins: Wins, from: number) {
    this.#wins = wins;
    this.#next = from;
    this.#counts = wins.layers.map(() => 0);
  }

  to(image: number): readonly number[] {
    for (; this.#wins.images[this.#next] < image; this.#next++) {
      for (const [layer, list] of this.#wins.of(this.#wins.images[this.#next]).entries())
        this.#counts[layer] += list.length;
    }
    return this.#counts;
  }
}

/** Places of a range of the images that won, by layer. */
export function countsIn(wins: Wins, { from, to }: Range): number[] {
  const counts = wins.layers.map(() => 0);
  for (const image of wins.images.subarray(from, to)) {
    for (const [layer, list] of wins.of(image).entries()) counts[layer] += list.length;
  }
  return counts;
}

/** The parts that are there, whole and without overlaps, in their order. */
export async function partsIn(folder: string, plans: readonly LayerPlan[], wins: Wins): Promise<Range[]> {
  const first = layerFolder(folder, plans[0].layout.name);
  const found = (existsSync(first) ? readdirSync(first) : []).flatMap((name) => {
    const match = PART.exec(name);
    return match ? [{ from: Number(match[1]), to: Number(match[2]) }] : [];
  });
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  const parts: Range[] = [];
  for (const part of found) {
    if (part.from < (parts.at(-1)?.to ?? 0) || part.to > wins.images.length) continue;
    if (await isWhole(folder, plans, wins, part)) parts.push(part);
  }
  return parts;
}

/** A process that was killed has written the parts of some layers only; one of other winners has other places. */
async function isWhole(folder: string, plans: readonly LayerPlan[], wins: Wins, part: Range): Promise<boolean> {
  const counts = countsIn(wins, part);
  for (const [layer, { layout }] of plans.entries()) {
    const path = partPath(folder, layout.name, part);
    if (!existsSync(path)) return false;
    const file = await openNpy(path);
    await file.close();
    if (`${file.shape}` !== `${[counts[layer], layout.height, layout.width]}`) return false;
  }
  return true;
}

/** Hands on the maps of a part. */
export async function copyPart(
  folder: string,
  plans: readonly LayerPlan[],
  wins: Wins,
  part: Range,
  write: (layer: number, win: Win, map: NdArray, image: number, nth: number) => Promise<void>,
): Promise<void> {
  const images = wins.images.subarray(part.from, part.to);
  for (const [layer, { layout }] of plans.entries()) {
    const file = await openNpy(partPath(folder, layout.name, part));
    try {
      let row = 0;
      for (const image of images) {
        for (const [nth, win] of wins.of(image)[layer].entries()) {
          await write(layer, win, await file.readAt(row++), image, nth);
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** Removes all parts. */
export async function removeParts(folder: string, layers: readonly string[]): Promise<void> {
  for (const name of readdirSync(folder)) if (isPartOfDigests(name)) await rm(join(folder, name), { force: true });
  for (const layer of layers) {
    const own = layerFolder(folder, layer);
    for (const name of readdirSync(own)) if (PART.test(name)) await rm(join(own, name), { force: true });
  }
}
