/**
 * The second visit: only the images that won are run again, for the activation maps of the units they won. Maps are picked
 * inside the graph, so what leaves the runtime is what is kept.
 *
 * Maps are kept as float32. Half precision would save half the space, but moves up to 0.16 % of the mask
 * pixels across the level (SqueezeNet over 1,000 photographs), where the reference data allow 0.001 %.
 */
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { openSession } from "../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { layerFolder } from "../run/layer-folder.js";
import { RowWriter } from "../run/rows.js";
import { digestsOf, digestsPath, readDigests, writeDigests } from "./digests.js";
import { type MapNames, mapsGraph } from "./graphs.js";
import { copyPart, countsIn, partPath, partsIn, Walk } from "./map-parts.js";
import { writePictures } from "./pictures.js";
import type { LayerPlan } from "./plan.js";
import type { Probe, ProbeBatch } from "./probe.js";
import { gapsOf, type Range } from "./state.js";
import type { Subject } from "./subject.js";
import { type Win, Wins } from "./wins.js";

export interface VisitOptions {
  readonly batchSize: number;
  readonly fixed: boolean;
  readonly session: SessionOptions;
  readonly progress: Progress;
}

/**
 * Writes `maps.npy`, float32 [unit, k, height, width], of every layer; for generators also the winning pictures. What parts have visited already
 * (`visitPart`) is taken from them. Warns of images that activate a unit otherwise than in the sweep: they were changed meanwhile.
 * @param ids int32 [unit, k] of every layer.
 * @param activations float32 [unit, k] of every layer, as swept.
 * @returns the dataset ids of the images that won something, and of those that parts have visited what they were then (`digests.ts`).
 * Errors: `UserError` for one that cannot be read any more.
 */
export async function visitWinners(
  folder: string,
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  ids: readonly Int32Array[],
  k: number,
  options: VisitOptions,
  activations?: readonly Float32Array[],
): Promise<{ images: Uint32Array; digests: ReadonlyMap<number, string> }> {
  const wins = new Wins(ids, k);
  const digests = new Map<number, string>();
  const changed = new Set<number>();
  const parts = await partsIn(folder, plans, wins);
  const writers: RowWriter[] = [];
  options.progress.begin("maps", wins.images.length, "image");
  try {
    for (const { layout, rows } of plans) {
      const path = join(layerFolder(folder, layout.name), "maps.npy");
      writers.push(await RowWriter.create(path, "float32", [rows, k, layout.height, layout.width]));
    }
    const write: Write = (layer, { row, rank }, map, image) => {
      const found = activations?.[layer];
      if (found && isOtherwise(map, found[row * k + rank], found[row * k])) changed.add(image);
      return writers[layer].write(row * k + rank, map);
    };
    let done = 0;
    for (const part of parts) {
      await copyPart(folder, plans, wins, part, write);
      for (const [id, digest] of await readDigests(digestsPath(folder, part))) digests.set(id, digest);
      done += part.to - part.from;
      options.progress.update(done);
    }
    await visit({ folder, subject, probe, plans, wins, options }, gapsOf(parts, wins.images.length), write, done);
    for (const writer of writers) await writer.commit();
    if (changed.size > 0) {
      const [first] = changed;
      const others = changed.size > 1 ? ` and ${changed.size - 1} others` : "";
      options.progress.warn(
        `dissecting: ${probe.entry(first).file}${others} activate units otherwise than when they were swept; expected images, and a network, that stay the same, dissect again into another folder`,
      );
    }
    return { images: wins.images, digests };
  } catch (error) {
    for (const writer of writers) await writer.abort();
    throw error;
  } finally {
    options.progress.end();
  }
}

/** Beyond what other batches, threads and half precision change, as a share of the unit's largest activation. */
const TOLERANCE = 0.02;

/** Whether a map's maximum is not what the sweep found. @param largest of the unit, over all images. */
function isOtherwise(map: NdArray, before: number, largest: number): boolean {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of map.data as Float32Array) if (value > most) most = value;
  return Math.abs(most - before) > TOLERANCE * Math.max(Math.abs(before), Math.abs(largest)) + 1e-6;
}

/**
 * Visits some of the winners, for `visitWinners` to take over: any number of processes can do it at the same time.
 * @param range of the images that won, in their order: whole batches, so that they are those of one visit of all.
 */
export async function visitPart(
  folder: string,
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  wins: Wins,
  range: Range,
  options: VisitOptions,
): Promise<void> {
  const counts = countsIn(wins, range);
  const writers: RowWriter[] = [];
  options.progress.begin("maps", range.to - range.from, "image");
  try {
    for (const [layer, { layout }] of plans.entries()) {
      const shape = [counts[layer], layout.height, layout.width];
      writers.push(await RowWriter.create(partPath(folder, layout.name, range), "float32", shape));
    }
    const walk = new Walk(wins, range.from);
    const write: Write = (layer, _, map, image, nth) => writers[layer].write(walk.to(image)[layer] + nth, map);
    await visit({ folder, subject, probe, plans, wins, options }, [range], write, 0);
    // before the maps, by which a part is known: when all are put together the pictures may be others
    const images = wins.images.subarray(range.from, range.to);
    if (probe.read) await writeDigests(digestsPath(folder, range), await digestsOf(images, probe.read));
    for (const writer of writers) await writer.commit();
  } catch (error) {
    for (const writer of writers) await writer.abort();
    throw error;
  } finally {
    options.progress.end();
  }
}

/** Takes the map of the `nth` place (from 0) that an image won in a layer; images come in their order. */
type Write = (layer: number, win: Win, map: NdArray, image: number, nth: number) => Promise<void>;

interface Visit {
  readonly folder: string;
  readonly subject: Subject;
  readonly probe: Probe;
  readonly plans: readonly LayerPlan[];
  readonly wins: Wins;
  readonly options: VisitOptions;
}

/** Runs winners, by ranges of their order. */
async function visit(all: Visit, ranges: readonly Range[], write: Write, before: number): Promise<void> {
  if (ranges.length === 0) return;
  const { folder, subject, probe, plans, wins, options } = all;
  const layouts = plans.map((plan) => plan.layout);
  const graph = mapsGraph(subject.model, layouts, probe.generated);
  const session = await openSession(graph.model, options.session);
  const isGone = (id: number) => {
    throw new UserError(
      `dissecting: ${probe.entry(id).file} won a place and cannot be read any more; expected the images to stay as they were until the run is finished, put it back and run the same command again`,
    );
  };
  let done = before;
  try {
    for (const { from, to } of ranges) {
      const order = wins.images.subarray(from, to);
      for await (const batch of probe.batches(order, options.batchSize, options.fixed, isGone)) {
        const outputs = await visitBatch(session, batch, plans, graph.names, wins, write, probe.generated);
        if (probe.generated) await writePictures(folder, batch.ids, outputs[probe.generated]);
        done += batch.ids.length;
        options.progress.update(done);
      }
    }
  } finally {
    await session.close();
  }
}

async function visitBatch(
  session: Session,
  batch: ProbeBatch,
  plans: readonly LayerPlan[],
  names: readonly MapNames[],
  wins: Wins,
  write: Write,
  alsoFetch: string | undefined,
): Promise<Arrays> {
  const feeds: Arrays = { ...batch.feeds };
  const all = Array.from(batch.ids, (id) => wins.of(id));
  const won = plans.map((_, layer) => all.map((lists) => lists[layer]));
  for (const [layer, { rows }] of plans.entries()) {
    const pairs = won[layer].flatMap((list, image) => list.map(({ row }) => BigInt(image * rows + row)));
    feeds[names[layer].pairs] = ndarray("int64", [pairs.length], BigInt64Array.from(pairs));
  }
  const fetches = [...names.map(({ maps }) => maps), ...(alsoFetch === undefined ? [] : [alsoFetch])];
  const outputs = await session.run(feeds, fetches);
  const next = plans.map(() => 0);
  for (const [i, lists] of all.entries()) {
    for (const [layer, { layout }] of plans.entries()) {
      const size = layout.height * layout.width;
      const maps = outputs[names[layer].maps].data as Float32Array;
      for (const [nth, win] of lists[layer].entries()) {
        const map = ndarray("float32", [size], maps.subarray(next[layer], next[layer] + size));
        await write(layer, win, map, batch.ids[i], nth);
        next[layer] += size;
      }
    }
  }
  return outputs;
}
