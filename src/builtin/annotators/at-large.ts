/**
 * How well what could be said of units fits them at large: not in their exemplars, the strongest few of thousands of pictures, but wherever they are
 * active. Nobody who sees exemplars alone knows this; whoever is to teach what exemplars tell about a unit has to.
 */
import type { Progress } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { openImages } from "../../data/images/open.js";
import { subsetOf } from "../../data/images/subset.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";
import { layoutFor, openRun } from "../../studies/described-run.js";
import { LabelledPass } from "../../studies/labelled-pass.js";
import type { WatchedLayer } from "../../studies/watch-masks.js";
import { keyOf, pictureOf } from "./views.js";

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
    const layers = run.layers.map((layer): WatchedLayer & { name: string } => ({
      ...{ name: layer.name, layout: layoutFor(layer), levels: layer.levels },
    }));
    const counts = new Counts(said);
    const rows = layers.map(({ name }, i) => rowsOf(said, name, run.layers[i].unitNumbers));
    const pass = await LabelledPass.open("annotating", run, set, source, { progress });
    for await (const { labels, covered } of pass.pictures(layers)) {
      const active = covered.flatMap((units, layer) =>
        units.flatMap((pixels, row) => {
          const at = rows[layer][row];
          return at === undefined || pixels.length === 0 ? [] : [{ at, pixels }];
        }),
      );
      counts.add(labels, active);
    }
    return counts.fits();
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

/** Pixels, while they are counted. */
class Counts {
  readonly #queries: Query[] = [];
  /** [unit][query of the unit]: its number among all. */
  readonly #numbers: readonly Uint32Array[];
  readonly #asked: Float64Array;
  readonly #covered: Float64Array;
  readonly #both: readonly Float64Array[];
  /** Pixels of all pictures. */
  #seen = 0;

  constructor(said: readonly Sayable[]) {
    const known = new Map<string, number>();
    this.#numbers = said.map(({ queries }) =>
      Uint32Array.from(queries, (query) => {
        const key = keyOf(query);
        if (!known.has(key)) known.set(key, this.#queries.push(query) - 1);
        return known.get(key)!;
      }),
    );
    this.#asked = new Float64Array(this.#queries.length);
    this.#covered = new Float64Array(said.length);
    this.#both = said.map(({ queries }) => new Float64Array(queries.length));
  }

  add(labels: Labels, active: readonly { at: number; pixels: Uint32Array }[]): void {
    const picture = pictureOf(labels);
    this.#seen += labels.size ** 2;
    const planes = this.#queries.map((query, i) => {
      const plane = picture.covers(query);
      if (plane) for (let p = 0; p < plane.length; p++) this.#asked[i] += plane[p];
      return plane;
    });
    for (const { at, pixels } of active) {
      this.#covered[at] += pixels.length;
      const both = this.#both[at];
      for (const [i, number] of this.#numbers[at].entries()) {
        const plane = planes[number];
        if (plane) for (let p = 0; p < pixels.length; p++) both[i] += plane[pixels[p]];
      }
    }
  }

  fits(): FitAtLarge[][] {
    return this.#both.map((both, at) =>
      Array.from(both, (shared, i): FitAtLarge => {
        const [asked, covered] = [this.#asked[this.#numbers[at][i]], this.#covered[at]];
        if (shared === 0) return { iou: 0, lift: 0 };
        return { iou: shared / (asked + covered - shared), lift: (shared * this.#seen) / (covered * asked) };
      }),
    );
  }
}
