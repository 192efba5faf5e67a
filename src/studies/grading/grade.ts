/**
 * Grades the descriptions of a run against labels: on pictures that the run was not made with and whose contents are known, how much of what a
 * description claims is where its unit is active, beside the concept that fits the unit best. Nobody's wording enters: a description is
 * read back into a query (`read.ts`), so any true one will do. Goes beyond the paper; definitions in docs/world.md.
 *
 * Costs one pass of the network, the labels of every picture, and one evaluation of every different query on every picture.
 */
import { Random } from "../../base/random.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { ConceptCounter, type Fit } from "../../data/labels/concepts.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";
import { type LayerLayout, unitsOf } from "../../exemplars/layout.js";
import type { Run } from "../../run/run.js";
import { claimsOf, type Described, layoutFor, openHeldOut, openRun } from "../described-run.js";
import { LabelledPass, type LabelledPassOptions } from "../labelled-pass.js";
import { type Claim, type Counted, type GradedLayer, gradeLayer, intervals } from "./grade-layer.js";
import { Overlaps } from "./overlaps.js";
import { type Reading, readDescription } from "./read.js";

export interface GradeOptions extends LabelledPassOptions {
  /** The held-out pictures: a folder, archive or array that the run was not made with. */
  readonly images: string;
  /** Only these layers; default: all that have descriptions. */
  readonly layers?: readonly string[];
  /** Of the resamples; default 0. */
  readonly seed?: number;
  /** Default 1,000. */
  readonly resamples?: number;
}

/** What was found. */
export interface Grades extends Pick<GradedLayer, "grade" | "shuffled" | "constant" | "iou" | "bestIou"> {
  /** Where the labels come from. */
  readonly source: string;
  /** Held-out pictures that could be read. */
  readonly images: number;
  /** Share of the descriptions of which something was understood. */
  readonly understood: number;
  readonly layers: readonly GradedLayer[];
}

/**
 * Grades a run with descriptions.
 * @param source knows what the held-out pictures show.
 * Errors: `UserError` when it is no run of a network over pictures, has no descriptions, its model is gone or another one, or the
 * pictures are those it was made with.
 */
export async function gradeRun(folder: string, source: LabelSource, options: GradeOptions): Promise<Grades> {
  const run = await openRun("grading", folder);
  try {
    const described = await claimsOf("grading", run, options.layers);
    const set = await openHeldOut("grading", run, options.images);
    try {
      return await gradeOn(run, described, set, source, options);
    } finally {
      await set.close();
    }
  } finally {
    await run.close();
  }
}

async function gradeOn(
  run: Run,
  described: readonly Described[],
  set: ImageSet,
  source: LabelSource,
  options: GradeOptions,
): Promise<Grades> {
  const { seed = 0, resamples = 1000 } = options;
  const pass = await LabelledPass.open("grading", run, set, source, options);
  const vocabulary = vocabularyFrom(pass.labels, source);
  const tables = described.map((layer) => new Table(layer, (text) => readDescription(text, vocabulary)));
  let images = 0;
  for await (const { labels, covered } of pass.pictures(tables)) {
    for (const [i, table] of tables.entries()) table.add(labels, covered[i]);
    images++;
  }
  const random = new Random(seed);
  const layers = tables.map((table) => gradeLayer(table.layout.name, table.claims, table, random, resamples));
  const rows = layers.flatMap((layer) => layer.rows);
  return {
    ...{ source: source.title, images, layers },
    understood: rows.filter(({ query }) => query !== undefined).length / rows.length,
    ...intervals(rows, random, resamples),
  };
}

function vocabularyFrom(labels: readonly Labels[], source: LabelSource) {
  const met = new ConceptCounter(0);
  for (const shown of labels) met.add(shown, []);
  return met.vocabulary(source.names);
}

/** One layer while it is counted. Rows are the described units, ascending. */
class Table implements Counted {
  readonly layout: LayerLayout;
  readonly levels: Float32Array;
  readonly claims: readonly Claim[];
  readonly #rows: ReadonlyMap<number, number>;
  readonly #overlaps: Overlaps;
  readonly #concepts: ConceptCounter;
  readonly #best = new Map<number, Fit>();

  constructor(described: Described, read: (text: string) => Reading) {
    const { layer } = described;
    this.layout = layoutFor(described);
    const units = unitsOf(this.layout);
    this.levels = Float32Array.from(units, (unit) => layer.levels[layer.unitNumbers.indexOf(unit)]);
    this.#rows = new Map(units.map((unit, row) => [unit, row]));
    const queries: Query[] = [];
    const numbers = new Map<string, number>();
    this.claims = described.claims.map(({ unit, description }): Claim => {
      const reading = read(description);
      const key = JSON.stringify(reading.query);
      if (reading.query && !numbers.has(key)) numbers.set(key, queries.push(reading.query) - 1);
      return { unit, description, reading, query: reading.query && numbers.get(key) };
    });
    this.#overlaps = new Overlaps(queries, units.length);
    this.#concepts = new ConceptCounter(units.length);
  }

  add(labels: Labels, covered: readonly Uint32Array[]): void {
    this.#overlaps.add(labels, covered);
    this.#concepts.add(labels, covered);
  }

  row(unit: number): number {
    return this.#rows.get(unit)!;
  }

  iou(query: number, row: number): number {
    return this.#overlaps.iou(query, row);
  }

  covered(row: number): number {
    return this.#overlaps.covered(row);
  }

  best(row: number): Fit {
    const known = this.#best.get(row) ?? this.#concepts.fits(row)[0];
    this.#best.set(row, known);
    return known;
  }
}
