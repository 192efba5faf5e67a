/**
 * The second visit: only the images that won are run again, for the activation maps of the units they won. Maps are picked
 * inside the graph, so what leaves the runtime is what is kept.
 *
 * Maps are kept as float32. Half precision would save half the space, but moves up to 0.16 % of the mask
 * pixels across the level (SqueezeNet over 1,000 photographs), where the reference data allow 0.001 %.
 */
import { join } from "node:path";
import type { Progress } from "../base/progress.js";
import { openSession } from "../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../engine/runtime/session.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { layerFolder } from "../run/layer-folder.js";
import { RowWriter } from "../run/rows.js";
import { type MapNames, mapsGraph } from "./graphs.js";
import { writePictures } from "./pictures.js";
import type { LayerPlan } from "./plan.js";
import type { Probe, ProbeBatch } from "./probe.js";
import type { Subject } from "./subject.js";
import { Wins } from "./wins.js";

export interface VisitOptions {
  readonly batchSize: number;
  readonly fixed: boolean;
  readonly session: SessionOptions;
  readonly progress: Progress;
}

/**
 * Writes `maps.npy`, float32 [unit, k, height, width], of every layer; for generators also the winning pictures.
 * @param ids int32 [unit, k] of every layer.
 */
export async function visitWinners(
  folder: string,
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  ids: readonly Int32Array[],
  k: number,
  options: VisitOptions,
): Promise<void> {
  const wins = new Wins(ids, k);
  const order = wins.images;
  const layouts = plans.map((plan) => plan.layout);
  const graph = mapsGraph(subject.model, layouts, probe.generated);
  const session = await openSession(graph.model, options.session);
  const writers: RowWriter[] = [];
  options.progress.begin("maps", order.length, "image");
  try {
    for (const { layout, rows } of plans) {
      const path = join(layerFolder(folder, layout.name), "maps.npy");
      writers.push(await RowWriter.create(path, "float32", [rows, k, layout.height, layout.width]));
    }
    let done = 0;
    for await (const batch of probe.batches(order, options.batchSize, options.fixed, () => {})) {
      const outputs = await visitBatch(session, batch, plans, graph.names, wins, writers, k, probe.generated);
      if (probe.generated) await writePictures(folder, batch.ids, outputs[probe.generated]);
      done += batch.ids.length;
      options.progress.update(done);
    }
    for (const writer of writers) await writer.commit();
  } catch (error) {
    for (const writer of writers) await writer.abort();
    throw error;
  } finally {
    options.progress.end();
    await session.close();
  }
}

async function visitBatch(
  session: Session,
  batch: ProbeBatch,
  plans: readonly LayerPlan[],
  names: readonly MapNames[],
  wins: Wins,
  writers: readonly RowWriter[],
  k: number,
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
  for (const [layer, { layout }] of plans.entries()) {
    const size = layout.height * layout.width;
    const maps = outputs[names[layer].maps].data as Float32Array;
    for (const [i, { row, rank }] of won[layer].flat().entries()) {
      const map = ndarray("float32", [size], maps.subarray(i * size, (i + 1) * size));
      await writers[layer].write(row * k + rank, map);
    }
  }
  return outputs;
}
