/**
 * What a sweep leaves on disk while it is under way, and what shards of one sweep pass to each other: the statistics of a range of images.
 *
 * `sweep.safetensors` in the run's folder is the state of a sweep of all images, `sweep-FROM-TO.safetensors` that of one that goes from image FROM up to TO
 * (not included). States of neighbouring ranges add up to the state of both, the same whoever adds them in what order.
 */
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import type { NdArray } from "../engine/tensor/ndarray.js";
import { type Later, openSafetensors, writeSafetensors } from "../engine/tensor/safetensors.js";
import type { LayerStatistics } from "./statistics.js";
import type { TopImages } from "./top.js";

/** Images from `from` up to `to`, which is not among them. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is in none of some ranges, which are in order. @param all how many there are. */
export function gapsOf(ranges: readonly Range[], all: number): Range[] {
  const ends = [...ranges, { from: all, to: all }];
  return ends.flatMap(({ from }, i) => {
    const seen = i === 0 ? 0 : ends[i - 1].to;
    return from > seen ? [{ from: seen, to: from }] : [];
  });
}

/** A state on disk, with what can be known of it without reading its arrays. */
export interface StateFile extends Range {
  readonly path: string;
  /** The first image that is still to be seen; `to` when nothing is. */
  readonly done: number;
  /** Images run at once. Shards with other batches would draw other positions in large sweeps, and their numbers differ in the last digits. */
  readonly batchSize: number;
  /** Dataset ids that could not be read. */
  readonly skipped: readonly number[];
}

/** Where the state of a range is kept; undefined: of all images. */
export const statePath = (folder: string, range?: Range): string =>
  join(folder, range ? `sweep-${range.from}-${range.to}.safetensors` : "sweep.safetensors");

export async function saveState(
  path: string,
  layers: readonly LayerStatistics[],
  { done, batchSize, skipped }: Pick<StateFile, "done" | "batchSize" | "skipped">,
): Promise<void> {
  const tensors = new Map<string, NdArray | Later>();
  for (const [i, layer] of layers.entries()) {
    for (const [name, array] of layer.save(layer.tails.width)) tensors.set(`${i}.${name}`, array);
  }
  const facts = { done: String(done), batch: String(batchSize), skipped: JSON.stringify(skipped) };
  await writeSafetensors(path, tensors, facts);
}

/** Adds a saved state to statistics of the same plan. Errors: `UserError` when the file is damaged or of another plan. */
export async function addState(path: string, layers: readonly LayerStatistics[]): Promise<void> {
  const file = await openSafetensors(path);
  try {
    for (const [i, layer] of layers.entries()) {
      const state = new Map<string, NdArray>();
      const prefix = `${i}.`;
      for (const name of file.names.filter((each) => each.startsWith(prefix))) {
        state.set(name.slice(prefix.length), await file.read(name));
      }
      checkState(path, layer, state);
      layer.merge(state);
    }
  } finally {
    await file.close();
  }
}

/** Adds up the best images of a saved state only, a small part of it. Errors: as `addState`. */
export async function addTops(path: string, tops: readonly TopImages[]): Promise<void> {
  const file = await openSafetensors(path);
  try {
    for (const [i, top] of tops.entries()) {
      const ids = await file.read(`${i}.ids`);
      const activations = await file.read(`${i}.activations`);
      const shape = `${[top.units, top.k]}`;
      if (ids.dtype !== "int32" || activations.dtype !== "float32") throw unfit(path);
      if (`${ids.shape}` !== shape || `${activations.shape}` !== shape) throw unfit(path);
      top.merge({ ids: ids.data as Int32Array, activations: activations.data as Float32Array });
    }
  } finally {
    await file.close();
  }
}

/** States come from other machines; one that does not fit would be added up all the same. */
function checkState(
  path: string,
  { plan: { rows, capacity }, top: { k } }: LayerStatistics,
  state: ReadonlyMap<string, NdArray>,
) {
  const fits = (name: string, dtype: string, isShape: (shape: readonly number[]) => boolean) => {
    const array = state.get(name);
    return array !== undefined && array.dtype === dtype && isShape(array.shape);
  };
  const sound =
    fits("ids", "int32", (shape) => `${shape}` === `${[rows, k]}`) &&
    fits("activations", "float32", (shape) => `${shape}` === `${[rows, k]}`) &&
    fits("counts", "float64", (shape) => `${shape}` === `${[rows]}`) &&
    fits("tail", "float32", ([units, width]) => units === rows && width <= capacity) &&
    fits("broken", "uint8", (shape) => `${shape}` === `${[rows]}`) &&
    fits("sample", "float32", ([, units]) => units === rows);
  if (!sound) throw unfit(path);
}

const unfit = (path: string) =>
  new UserError(
    `reading ${path}: it does not fit the run in its folder; expected what \`milan dissect\` left there, dissect again`,
  );

/** What is known of a state. @param all the images of the whole sweep. */
export async function openState(path: string, all: number, range?: Range): Promise<StateFile> {
  const file = await openSafetensors(path);
  await file.close();
  const { from, to } = range ?? { from: 0, to: all };
  const { done = "0", batch = "0", skipped = "[]" } = file.metadata;
  const facts = { path, from, to, done: Number(done), batchSize: Number(batch), skipped: numbersIn(skipped) };
  const isWhole = (n: number) => Number.isInteger(n) && n >= 0;
  if (
    facts.skipped &&
    [from, to, facts.done, facts.batchSize].every(isWhole) &&
    from < to &&
    to <= all &&
    facts.done <= to &&
    facts.skipped.every((id) => isWhole(id) && id < all)
  )
    return { ...facts, skipped: facts.skipped };
  throw new UserError(`reading ${path}: it is damaged; delete it and dissect its images again`);
}

function numbersIn(text: string): number[] | undefined {
  try {
    const found = JSON.parse(text);
    return Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The states of ranges in a folder, in their order. */
export async function statesIn(folder: string, all: number): Promise<StateFile[]> {
  const found = readdirSync(folder).flatMap((name) => {
    const match = /^sweep-(\d+)-(\d+)\.safetensors$/.exec(name);
    return match ? [{ from: Number(match[1]), to: Number(match[2]) }] : [];
  });
  const states = await Promise.all(found.map((range) => openState(statePath(folder, range), all, range)));
  return states.sort((a, b) => a.from - b.from || b.to - a.to);
}

export const hasState = (folder: string, range?: Range): boolean => existsSync(statePath(folder, range));

/** Removes the state of a sweep of all images, and all states of ranges. */
export async function removeStates(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (/^sweep(-\d+-\d+)?\.safetensors$/.test(name)) await rm(join(folder, name), { force: true });
  }
}
