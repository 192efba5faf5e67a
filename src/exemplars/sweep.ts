/**
 * The sweep: one pass over the probe set for all layers at once (paper, section 3.1). Costs one forward pass an image plus
 * what `bench/dissect.js` measures; memory does not grow with the number of images.
 *
 * State is written to the run's folder now and then, so that a killed sweep repeats at most what came since.
 */
import type { Progress } from "../base/progress.js";
import { Random } from "../base/random.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { openSession } from "../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { type StatisticsNames, statisticsGraph } from "./graphs.js";
import type { LayerPlan } from "./plan.js";
import type { Probe } from "./probe.js";
import { addState, hasState, openState, type Range, saveState, statePath } from "./state.js";
import { LayerStatistics } from "./statistics.js";
import type { Subject } from "./subject.js";

export interface SweepOptions {
  readonly batchSize: number;
  /** Whether the model takes batches of exactly `batchSize` only. */
  readonly fixed: boolean;
  readonly k: number;
  readonly seed: number;
  readonly session: SessionOptions;
  readonly progress: Progress;
  /** Least time between two saves of the state; default: half a minute, and more where saving takes long. */
  readonly saveEveryMs?: number | undefined;
  /** Which images, of the whole probe set; default: all. */
  readonly range?: Range | undefined;
  /** Called before the state is saved: what makes the folder a run. */
  readonly beforeSave: () => Promise<void>;
}

/** What a sweep found. */
export interface Swept {
  readonly layers: readonly LayerStatistics[];
  /** Dataset ids that could not be read, ascending. */
  readonly skipped: readonly number[];
}

/** Runs batches through a network and adds up what its layers do. */
export class Sweeper {
  readonly layers: readonly LayerStatistics[];
  readonly #session: Session;
  readonly #names: readonly StatisticsNames[];
  readonly #seed: number;

  private constructor(
    layers: readonly LayerStatistics[],
    session: Session,
    names: readonly StatisticsNames[],
    seed: number,
  ) {
    this.layers = layers;
    this.#session = session;
    this.#names = names;
    this.#seed = seed;
  }

  static async open(
    model: OnnxModel,
    plans: readonly LayerPlan[],
    { k, seed, session }: Pick<SweepOptions, "k" | "seed" | "session">,
  ): Promise<Sweeper> {
    const graph = statisticsGraph(model, plans);
    const layers = plans.map((plan) => new LayerStatistics(plan, k));
    return new Sweeper(layers, await openSession(graph.model, session), graph.names, seed);
  }

  /**
   * Adds a batch.
   * @param ids dataset ids of its images; feeds may hold more rows, which do not count.
   * @param floors float32 [unit] of each layer: what activations must exceed, where not what the layer's tails demand; to see what a sweep
   *   costs that has seen more.
   */
  async add(ids: ArrayLike<number>, feeds: Arrays, floors?: readonly Float32Array[]): Promise<void> {
    const all: Arrays = { ...feeds };
    const [{ shape }] = Object.values(feeds);
    for (const [i, names] of this.#names.entries()) {
      const { rows, columns } = names;
      const { layout, mapRows, mapColumns } = this.layers[i].plan;
      Object.assign(all, this.layers[i].feeds(ids, shape[0], names, floors?.[i]));
      const random = new Random(this.#seed + 31 * i + 7919 * ids[0]);
      if (rows !== undefined) all[rows] = draw(mapRows, layout.height, random);
      if (columns !== undefined) all[columns] = draw(mapColumns, layout.width, random);
    }
    const outputs = await this.#session.run(all);
    for (const [i, layer] of this.layers.entries()) layer.add(ids, outputs, this.#names[i]);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** Sweeps the probe set, or a range of it, continuing from the state in `folder` if there is one. The state of a range stays there when it is done. */
export async function sweep(
  folder: string,
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  options: SweepOptions,
): Promise<Swept> {
  const { progress, batchSize, fixed, range } = options;
  const { from, to } = range ?? { from: 0, to: probe.size };
  const path = statePath(folder, range);
  const skipped = new Set<number>();
  const sweeper = await Sweeper.open(subject.model, plans, options);
  const { layers } = sweeper;
  const save = async (done: number) => {
    await options.beforeSave();
    await saveState(path, layers, { done, batchSize, skipped: [...skipped].sort((a, b) => a - b) });
  };
  try {
    let first = from;
    if (hasState(folder, range)) {
      const state = await openState(path, probe.size, range);
      await addState(path, layers);
      for (const id of state.skipped) skipped.add(id);
      first = Math.max(from, state.done);
    }
    const order = Uint32Array.from({ length: to - first }, (_, i) => first + i);
    progress.begin("sweep", to - from, "image", first - from);
    let saved = performance.now();
    let savedTo = first;
    let saveTookMs = 0;
    for await (const { ids, feeds } of probe.batches(order, batchSize, fixed, (id) => skipped.add(id))) {
      await sweeper.add(ids, feeds);
      // to the end of the batch, whose last images may be damaged: a resumed sweep then has the same batches
      const batchesDone = Math.ceil((ids[ids.length - 1] + 1 - first) / batchSize);
      const done = Math.min(to, first + batchesDone * batchSize);
      progress.update(done - from);
      const now = performance.now();
      if (now - saved >= (options.saveEveryMs ?? Math.max(30_000, 20 * saveTookMs))) {
        await save(done);
        savedTo = done;
        saved = performance.now();
        saveTookMs = saved - now;
      }
    }
    // of a sweep that is no shard only where there is a state already: a short one is as soon repeated
    if (savedTo < to && (range || hasState(folder))) await save(to);
    progress.end();
  } finally {
    await sweeper.close();
  }
  return { layers, skipped: [...skipped].sort((a, b) => a - b) };
}

/** `count` of the numbers from 0 to `bound`, one from each of equally long stretches. */
function draw(count: number, bound: number, random: Random): NdArray<"int64"> {
  const stretch = bound / count;
  const drawn = Array.from({ length: count }, (_, i) => BigInt(Math.floor((i + random.uniform()) * stretch)));
  return ndarray("int64", [count], BigInt64Array.from(drawn));
}
