/**
 * What the units really do on pictures the run was not made with: each unit's maximum on every picture ("when") and its
 * activations at places drawn from the pictures ("where"). One pass for all layers.
 *
 * Memory is bounded whatever the set's size: the maxima (4 bytes a unit and picture), and at most `MOST_PLACES` activations a
 * unit, fewer when there are so many units that all of them would take more than `PLACES_BYTES`. Every picture gives equally
 * many places, drawn anew for each batch of pictures, one from each of equally long stretches of the map.
 */
import { UserError } from "../../base/errors.js";
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { GraphBuilder } from "../../engine/onnx/build.js";
import { withGraph } from "../../engine/onnx/edit.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { canonicalMaps } from "../../exemplars/graphs.js";
import { type LayerLayout, unitsOf } from "../../exemplars/layout.js";
import type { Probe } from "../../exemplars/probe.js";
import type { Places } from "./predictor.js";

/** Places of one unit, at most. */
const MOST_PLACES = 20_000;

/** Memory for the activations of all units at their places. */
const PLACES_BYTES = 1 << 29;

/** Memory for the maxima of all units: 2,000 units on 268,000 pictures. */
const MAXIMA_BYTES = 2 ** 31;

/** What the units of one layer did. Rows are the units of the layout, in its order. */
export interface LayerTruth {
  readonly layout: LayerLayout;
  readonly units: readonly number[];
  readonly places: Places;
  /** float32 [picture]: the unit's maximum on each. */
  maxima(row: number): Float32Array;
  /** float32 [place]: the unit's activation at each. */
  activations(row: number): Float32Array;
  /** Whether some activation of the unit was not a number. */
  isBroken(row: number): boolean;
}

export interface HeldOutTruth {
  /** Dataset ids of the pictures that could be read, in the order of all that follows. */
  readonly ids: Uint32Array;
  readonly layers: readonly LayerTruth[];
}

export interface WatchOptions {
  readonly batchSize: number;
  /** Whether the model takes batches of exactly `batchSize` only. */
  readonly fixed: boolean;
  /** Of the places drawn. */
  readonly seed: number;
  readonly session: SessionOptions;
  readonly progress: Progress;
}

/** Runs the network over the held-out pictures. Damaged pictures are left out, with a warning. */
export async function watchUnits(
  model: OnnxModel,
  probe: Probe,
  layouts: readonly LayerLayout[],
  { batchSize, fixed, seed, session: settings, progress }: WatchOptions,
): Promise<HeldOutTruth> {
  const rows = layouts.reduce((sum, layout) => sum + unitsOf(layout).length, 0);
  const bytes = 4 * rows * probe.size; // of the maxima; the places take as much at least
  if (bytes > MAXIMA_BYTES) {
    throw new UserError(
      `watching ${rows} units on ${probe.size} images: this does not fit into memory; expected at most ${Math.floor(MAXIMA_BYTES / 4 / rows)} images, give fewer or some --layers only`,
    );
  }
  const most = Math.min(MOST_PLACES, PLACES_BYTES / 4 / rows);
  const recorders = layouts.map((layout, i) => new Recorder(layout, i, probe.size, most, new Random(seed + 31 * i)));
  const session = await openSession(watchingGraph(model, recorders), settings);
  const ids: number[] = [];
  progress.begin("held-out images", probe.size, "image");
  try {
    const order = Uint32Array.from({ length: probe.size }, (_, i) => i);
    for await (const batch of probe.batches(order, batchSize, fixed, () => {})) {
      await watchBatch(session, batch.feeds, batch.ids.length, recorders);
      ids.push(...Array.from(batch.ids));
      progress.update(ids[ids.length - 1] + 1);
    }
  } finally {
    progress.end();
    await session.close();
  }
  return { ids: Uint32Array.from(ids), layers: recorders };
}

async function watchBatch(session: Session, feeds: Arrays, count: number, recorders: readonly Recorder[]) {
  const all: Arrays = { ...feeds };
  const drawn = recorders.map((recorder) => recorder.draw());
  for (const [i, { names, perImage }] of recorders.entries()) {
    if (perImage > 0) all[names.positions] = ndarray("int64", [perImage], BigInt64Array.from(drawn[i], BigInt));
  }
  const outputs = await session.run(all);
  for (const [i, recorder] of recorders.entries()) recorder.add(outputs, count, drawn[i]);
}

/** The network with outputs for what is recorded. Its own outputs are not wanted. */
function watchingGraph(model: OnnxModel, recorders: readonly Recorder[]): OnnxModel {
  const g = GraphBuilder.extending(withGraph(model, { output: [] }));
  const reshape = (value: string, ...shape: number[]) =>
    g.node("Reshape", [value, g.constant(ndarray("int64", [shape.length], BigInt64Array.from(shape, BigInt)))]);
  for (const [i, { layout, names, perImage, units }] of recorders.entries()) {
    const maps = canonicalMaps(g, layout, i);
    const rows = units.length;
    g.output(reshape(g.node("GlobalMaxPool", [maps]), 0, -1), names.maxima, "float32", ["images", rows]);
    // a mean is NaN wherever an activation is; a maximum need not be
    g.output(reshape(g.node("GlobalAveragePool", [maps]), 0, -1), names.means, "float32", ["images", rows]);
    if (perImage === 0) continue;
    const positions = g.input(names.positions, "int64", [perImage]);
    const picked = g.node("Gather", [reshape(maps, 0, 0, -1), positions], { axis: 2 });
    g.output(picked, names.picked, "float32", ["images", rows, perImage]);
  }
  return g.build();
}

/** Collects one layer's activations. */
class Recorder implements LayerTruth {
  readonly layout: LayerLayout;
  readonly units: readonly number[];
  readonly names: Readonly<Record<"maxima" | "means" | "positions" | "picked", string>>;
  /** Places drawn from each picture; none where the map is a single cell, which says no more than the maximum. */
  readonly perImage: number;
  readonly #size: number;
  readonly #random: Random;
  readonly #maxima: Float32Array;
  readonly #picked: Float32Array;
  readonly #cells: Uint32Array;
  readonly #broken: Uint8Array;
  #count = 0;

  constructor(layout: LayerLayout, index: number, size: number, mostPlaces: number, random: Random) {
    this.layout = layout;
    this.units = unitsOf(layout);
    const name = (what: string) => `milan.${what}.${index}`;
    this.names = {
      maxima: name("maxima"),
      means: name("means"),
      positions: name("positions"),
      picked: name("picked"),
    };
    const cells = layout.height * layout.width;
    this.perImage = cells === 1 ? 0 : Math.min(cells, Math.max(1, Math.floor(mostPlaces / size)));
    this.#size = size;
    this.#random = random;
    this.#maxima = new Float32Array(this.units.length * size);
    this.#picked = new Float32Array(this.units.length * size * this.perImage);
    this.#cells = new Uint32Array(size * this.perImage);
    this.#broken = new Uint8Array(this.units.length);
  }

  /** Cells for one batch of pictures, ascending. */
  draw(): Uint32Array {
    const stretch = (this.layout.height * this.layout.width) / this.perImage;
    return Uint32Array.from({ length: this.perImage }, (_, i) => Math.floor((i + this.#random.uniform()) * stretch));
  }

  /** @param count pictures of the batch; there may be more rows, which do not count. */
  add(outputs: Arrays, count: number, drawn: Uint32Array): void {
    const rows = this.units.length;
    const { perImage } = this;
    const [maxima, means, picked] = [this.names.maxima, this.names.means, this.names.picked].map(
      (name) => outputs[name]?.data as Float32Array,
    );
    for (let image = 0; image < count; image++, this.#count++) {
      this.#cells.set(drawn, this.#count * perImage);
      for (let row = 0; row < rows; row++) {
        const from = image * rows + row;
        this.#maxima[row * this.#size + this.#count] = maxima[from];
        if (Number.isNaN(means[from])) this.#broken[row] = 1;
        if (perImage === 0) continue;
        const values = picked.subarray(from * perImage, (from + 1) * perImage);
        this.#picked.set(values, (row * this.#size + this.#count) * perImage);
      }
    }
  }

  get places(): Places {
    const count = this.#count * this.perImage;
    return {
      grid: [this.layout.height, this.layout.width],
      images: Uint32Array.from({ length: count }, (_, place) => Math.floor(place / this.perImage)),
      cells: this.#cells.subarray(0, count),
    };
  }

  maxima(row: number): Float32Array {
    return this.#maxima.subarray(row * this.#size, row * this.#size + this.#count);
  }

  activations(row: number): Float32Array {
    const start = row * this.#size * this.perImage;
    return this.#picked.subarray(start, start + this.#count * this.perImage);
  }

  isBroken(row: number): boolean {
    return this.#broken[row] === 1;
  }
}
