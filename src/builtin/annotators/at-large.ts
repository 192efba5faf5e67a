/**
 * How well what could be said of units fits them at large: not in their exemplars, the strongest few of thousands of pictures, but wherever they are
 * active. Nobody who sees exemplars alone knows this; whoever is to teach what exemplars tell about a unit has to.
 */
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { openImages } from "../../data/images/open.js";
import { subsetOf } from "../../data/images/subset.js";
import type { LabelSource } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";
import { layoutFor, openRun } from "../../studies/described-run.js";
import { Overlaps } from "../../studies/grading/overlaps.js";
import { LabelledPass } from "../../studies/labelled-pass.js";
import type { WatchedLayer } from "../../studies/watch-masks.js";
import { keyOf } from "./views.js";

const NOWHERE = new Uint32Array(0);

export interface AtLargeOptions {
  /** The pictures that the run was made of. */
  readonly images: string;
  /** How many of them are looked at. */
  readonly sample: number;
  readonly seed: number;
  readonly progress: Progress;
}

/** How a query fits a unit in pictures at large. */
export interface FitAtLarge {
  /** Intersection over union with where the unit is active, 0 to 1. */
  readonly iou: number;
  /** How much more often it is true where the unit is active than anywhere: 1 where it tells nothing, 0 where it never is. */
  readonly lift: number;
}

/** What could be said of a unit. */
export interface Sayable {
  readonly layer: string;
  readonly unit: number;
  readonly queries: readonly Query[];
}

/**
 * How each query fits its unit in a sample of the run's own pictures.
 * @param said units each once. @returns [unit of `said`][query]. Costs one pass of the network, and one look at each picture for each different query.
 * Errors: `UserError` when the run's network is gone, or a picture is not known.
 */
export async function measureAtLarge(
  folder: string,
  said: readonly Sayable[],
  source: LabelSource,
  { images, sample, seed, progress }: AtLargeOptions,
): Promise<FitAtLarge[][]> {
  const run = await openRun("annotating", folder);
  const all = await openImages(images);
  try {
    const files = all.entries.map(({ file }) => file).filter((file) => source.files?.has(file) ?? true);
    const drawn = new Random(seed).permutation(files.length).subarray(0, sample);
    const set = subsetOf(all, new Set(Array.from(drawn, (i) => files[i])), source.title);
    const layers = run.layers.map((layer): WatchedLayer => ({ layout: layoutFor(layer), levels: layer.levels }));
    const { queries, units, numbers } = askedOf(said);
    const overlaps = new Overlaps(queries, said.length, units);
    const rows = run.layers.map(({ name, unitNumbers }) => rowsOf(said, name, unitNumbers));
    const pass = await LabelledPass.open("annotating", run, set, source, { progress });
    for await (const { labels, covered } of pass.pictures(layers)) {
      const active = said.map((): Uint32Array => NOWHERE);
      for (const [layer, own] of covered.entries())
        for (const [row, pixels] of own.entries())
          if (rows[layer][row] !== undefined) active[rows[layer][row]] = pixels;
      overlaps.add(labels, active);
    }
    return numbers.map((own, at) =>
      own.map((query): FitAtLarge => ({ iou: overlaps.iou(query, at), lift: overlaps.lift(query, at) })),
    );
  } finally {
    await all.close();
    await run.close();
  }
}

/** Positions in `said` of a layer's units. */
function rowsOf(said: readonly Sayable[], name: string, units: readonly number[]): (number | undefined)[] {
  const positions = new Map(said.flatMap(({ layer, unit }, at) => (layer === name ? [[unit, at] as const] : [])));
  return units.map((unit) => positions.get(unit));
}

/** The different queries of all units, [query] the units that each is said of, and [unit][query of the unit] their numbers. */
function askedOf(said: readonly Sayable[]) {
  const [queries, units]: [Query[], number[][]] = [[], []];
  const known = new Map<string, number>();
  const numbers = said.map((own, at) =>
    own.queries.map((query) => {
      const key = keyOf(query);
      const number = known.get(key) ?? queries.push(query) - 1;
      known.set(key, number);
      (units[number] ??= []).push(at);
      return number;
    }),
  );
  return { queries, units, numbers };
}
