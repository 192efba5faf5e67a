/**
 * Adds up what shards of one dissection left (`milan dissect --shard`), and finishes the run. The result is that of a dissection in one piece, byte
 * for byte, on machines that compute alike: a sweep is a sum over images, its batches are those of the whole, and only the maps of the winners are computed
 * here. Shards are added in the order of their images, whatever order they are named in.
 */
import { rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "../base/errors.js";
import { withLock } from "../base/lock.js";
import { type Progress, silent } from "../base/progress.js";
import { removeLeftovers } from "../base/temporary.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { checkIdentity, type Manifest, readManifest, writeManifest } from "../run/manifest.js";
import { Run } from "../run/run.js";
import { isFinished, manifestOf, rangeOf, type Shard, sweepOptions } from "./dissect.js";
import { finish, sayFinished } from "./finish.js";
import type { LayerLayout } from "./layout.js";
import { type LayerPlan, planSweep } from "./plan.js";
import { imageFolder, latentFolder, type Probe } from "./probe.js";
import {
  addState,
  addTops,
  gapsOf,
  hasState,
  type Range,
  type StateFile,
  saveState,
  statePath,
  statesIn,
} from "./state.js";
import { LayerStatistics } from "./statistics.js";
import { openModel, type Subject } from "./subject.js";
import { TopImages } from "./top.js";
import { visitPart } from "./visit.js";
import { Wins } from "./wins.js";

export interface MergeOptions extends SessionOptions {
  /** Where the run shall be; may be one of the folders. */
  readonly out: string;
  /** Leave out what no shard has seen: add up what is there, to be merged with the rest later. */
  readonly partial?: boolean;
  /** Where model and probe set are, when not where the shards had them. */
  readonly model?: string | undefined;
  readonly probe?: string | undefined;
  /** As in `latentFolder`. */
  readonly generated?: string | undefined;
  readonly progress?: Progress;
}

/** What a merge that is not whole covers. */
export interface PartialMerge {
  readonly covered: readonly Range[];
  readonly images: number;
}

/**
 * Merges shards.
 * @param folders run directories, each with one shard or several.
 * Errors: `UserError` for shards of different dissections, unfinished ones, images that two shards have seen, and, unless `partial`, that none has.
 */
export async function merge(folders: readonly string[], options: MergeOptions): Promise<Run | PartialMerge> {
  const { out, progress = silent } = options;
  const manifest = await sharedManifest(folders);
  if (manifest.complete) {
    await sayFinished(folders[0], progress);
    return Run.open(folders[0]);
  }
  const states = await shardsOf(folders, manifest.probeSize);
  const missing = gapsOf(states, manifest.probeSize);
  if (!options.partial) expectAll(folders, states, manifest, "dissect them, name their folders, or add --partial");
  if (await isFinished(out, manifest)) {
    await sayFinished(out, progress);
    return Run.open(out);
  }
  return withLock(out, `merging into ${out}`, async () => {
    if (await isFinished(out, manifest)) return Run.open(out); // by another process, meanwhile
    removeLeftovers(out);
    if (missing.length > 0) return mergePartly(states, manifest, out, progress);
    return mergeWhole(states, manifest, options);
  });
}

/** What all folders were made of. */
async function sharedManifest(folders: readonly string[]): Promise<Manifest> {
  const different = new Set(folders.map((folder) => resolve(folder)));
  if (different.size < folders.length) throw new UserError("merging: a folder is named twice; name each once");
  const manifests = await Promise.all(folders.map(readManifest));
  for (const [i, each] of manifests.entries()) {
    checkIdentity(folders[i], each, manifests[0], "merging", `expected the same as ${folders[0]}; leave it out`);
    if (each.complete && folders.length > 1) {
      throw new UserError(`merging ${folders[i]}: it is a finished run; expected folders with shards, leave it out`);
    }
  }
  return manifests[0];
}

/** All shards, in the order of their images. */
async function shardsOf(folders: readonly string[], images: number): Promise<StateFile[]> {
  const all: StateFile[] = [];
  for (const folder of folders) {
    if (hasState(folder)) {
      throw new UserError(
        `merging ${folder}: it holds a dissection of all images that was interrupted; expected shards, run the same \`milan dissect\` again to finish it`,
      );
    }
    const own = await statesIn(folder, images);
    if (own.length === 0) {
      throw new UserError(`merging ${folder}: it holds no shard; expected what \`milan dissect --shard\` leaves there`);
    }
    // what a merge that was killed had added up already
    all.push(...own.filter((each) => !own.some((other) => other !== each && contains(other, each))));
  }
  all.sort((a, b) => a.from - b.from || a.to - b.to);
  for (const [i, each] of all.entries()) {
    if (each.done < each.to) {
      throw new UserError(
        `merging ${each.path}: ${shown([{ from: each.done, to: each.to }])} are still to be seen; run its \`milan dissect --shard\` again to finish it`,
      );
    }
    const before = all[i - 1];
    if (before && before.to > each.from) {
      throw new UserError(
        `merging: both ${before.path} and ${each.path} have seen ${shown([{ from: each.from, to: Math.min(before.to, each.to) }])}; expected shards of the same number of parts, leave one out`,
      );
    }
    if (each.batchSize !== all[0].batchSize) {
      throw new UserError(
        `merging ${each.path}: it was swept in batches of ${each.batchSize}, ${all[0].path} of ${all[0].batchSize}; expected the same --batch for all shards`,
      );
    }
  }
  return all;
}

const contains = (a: StateFile, b: StateFile) => a.done === a.to && a.from <= b.from && b.to <= a.to;

/** As "images 0 to 99, 200 to 299". */
const shown = (ranges: readonly Range[]) => `images ${ranges.map(({ from, to }) => `${from} to ${to - 1}`).join(", ")}`;

async function addUp(states: readonly StateFile[], manifest: Manifest, progress: Progress) {
  const layers = plansOf(manifest).map((plan) => new LayerStatistics(plan, manifest.k));
  progress.begin("merging", states.length, "shard");
  for (const [i, { path }] of states.entries()) {
    await addState(path, layers);
    progress.update(i + 1);
  }
  progress.end();
  return { layers, skipped: states.flatMap(({ skipped }) => skipped).sort((a, b) => a - b) };
}

/** Adds up neighbours, each stretch of them into one file. */
async function mergePartly(
  states: readonly StateFile[],
  manifest: Manifest,
  out: string,
  progress: Progress,
): Promise<PartialMerge> {
  const stretches: StateFile[][] = [];
  for (const state of states) {
    const last = stretches.at(-1);
    if (last?.at(-1)!.to === state.from) last!.push(state);
    else stretches.push([state]);
  }
  const covered: Range[] = [];
  await writeManifest(out, manifest);
  for (const stretch of stretches) {
    const range = { from: stretch[0].from, to: stretch.at(-1)!.to };
    covered.push(range);
    const path = statePath(out, range);
    if (stretch.length === 1 && resolve(stretch[0].path) === resolve(path)) continue;
    const { layers, skipped } = await addUp(stretch, manifest, progress);
    await saveState(path, layers, { done: range.to, batchSize: stretch[0].batchSize, skipped });
    // of the shards in the folder itself, the sum is now what counts
    for (const { path: part } of stretch) if (part !== path && isIn(part, out)) await rm(part);
  }
  return { covered, images: manifest.probeSize };
}

const isIn = (path: string, folder: string) => resolve(dirname(path)) === resolve(folder);

async function mergeWhole(states: readonly StateFile[], manifest: Manifest, options: MergeOptions): Promise<Run> {
  const { out, progress = silent } = options;
  return withSubject(states, manifest, options, async ({ subject, probe, own, settings }) => {
    const swept = await addUp(states, manifest, progress);
    return finish(out, subject, probe, swept, own, settings);
  });
}

/**
 * Does a part of the last step of a merge, the maps of the images that won, which for many units are most of a large set. Parts can be done at the same time,
 * by any process on any machine; `merge` then puts them together, and does itself what no part has done.
 * @param folders as for `merge`, and the same.
 * Returns how many of the images that won are done, of how many. Errors: those of `merge`.
 */
export async function mergeShard(
  folders: readonly string[],
  shard: Shard,
  options: Omit<MergeOptions, "partial">,
): Promise<{ images: number; of: number }> {
  const { out, progress = silent } = options;
  const manifest = await sharedManifest(folders);
  const nothingIn = async (run: string) => {
    await sayFinished(run, progress);
    return { images: 0, of: 0 };
  };
  if (manifest.complete) return nothingIn(folders[0]);
  const states = await shardsOf(folders, manifest.probeSize);
  expectAll(folders, states, manifest, "dissect them, or name their folders");
  if (await isFinished(out, manifest)) return nothingIn(out);
  return withSubject(states, manifest, options, async ({ subject, probe, plans, settings }) => {
    const tops = plans.map(({ rows }) => new TopImages(rows, manifest.k));
    for (const { path } of states) await addTops(path, tops);
    const wins = new Wins(
      tops.map((top) => top.save().ids),
      manifest.k,
    );
    const range = rangeOf(shard, wins.images.length, settings.batchSize, "making maps");
    const [doing, part] = [
      `making maps of shard ${shard.number}/${shard.of} in ${out}`,
      `maps-${range.from}-${range.to}`,
    ];
    return withLock(
      out,
      doing,
      async () => {
        await writeManifest(out, manifest);
        await visitPart(out, subject, probe, plans, wins, range, settings);
        return { images: range.to - range.from, of: wins.images.length };
      },
      { part },
    );
  });
}

/** Opens what shards were made of, checked to be that. */
async function withSubject<T>(
  states: readonly StateFile[],
  manifest: Manifest,
  options: MergeOptions,
  work: (all: Opened) => Promise<T>,
): Promise<T> {
  const { progress = silent, model = manifest.modelPath, probe: path = manifest.probePath } = options;
  const { preprocessing, k, quantile, seed, pictureHeight, pictureWidth } = manifest;
  const subject = await openModel(model, { size: [pictureHeight, pictureWidth] });
  const opener =
    manifest.probeKind === "latents" ? latentFolder(path, options.generated) : imageFolder(path, preprocessing ?? {});
  const probe = await opener(subject, progress);
  try {
    const plans = plansOf(manifest);
    const settings = { ...options, k, quantile, seed, batchSize: states[0].batchSize };
    const own = manifestOf(subject, probe, plans, settings);
    checkIdentity(
      states[0].path,
      manifest,
      own,
      "merging",
      "say where the model and the probe set are with --model and --images",
    );
    return await work({ subject, probe, plans, own, settings: sweepOptions(subject, probe, settings) });
  } finally {
    await probe.close();
  }
}

interface Opened {
  readonly subject: Subject;
  readonly probe: Probe;
  readonly plans: readonly LayerPlan[];
  readonly own: Manifest;
  readonly settings: ReturnType<typeof sweepOptions>;
}

const plansOf = (manifest: Manifest) =>
  planSweep(manifest.layers as readonly LayerLayout[], manifest.probeSize, manifest.quantile);

function expectAll(folders: readonly string[], states: readonly StateFile[], { probeSize }: Manifest, remedy: string) {
  const missing = gapsOf(states, probeSize);
  if (missing.length === 0) return;
  throw new UserError(
    `merging ${folders.join(", ")}: ${shown(missing)} of ${probeSize} are in no shard; expected all, ${remedy}`,
  );
}
