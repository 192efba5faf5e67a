/**
 * Grades the descriptions of a run against labels: on pictures that the run was not made with and whose contents are known, how much of what a
 * description claims is where its unit is active, beside the concept that fits the unit best. Nobody's wording enters: a description is
 * read back into a query (`read.ts`), so any true one will do. Goes beyond the paper; definitions in docs/world.md.
 *
 * Costs one pass of the network, the labels of every picture, and one evaluation of every different query on every picture.
 */
import { Random } from "../../base/random.js";
import { ConceptCounter, type Fit } from "../../data/labels/concepts.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";
import { type LayerLayout, unitsOf } from "../../exemplars/layout.js";
import type { Run, RunLayer } from "../../run/run.js";
import {
  byLayer,
  claimsOf,
  type Described,
  type LayerClaim,
  layoutFor,
  openHeldOut,
  openRun,
  type Claim as Said,
} from "../described-run.js";
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
export interface Grades extends Pick<GradedLayer, "grade" | "shuffled" | "constant" | "reachable" | "iou" | "bestIou"> {
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
    const [grades] = await gradeOn(run, [described], source, options);
    return grades;
  } finally {
    await run.close();
  }
}

/**
 * Grades what several methods say of a run's units, in one pass.
 * @param methods the claims of each. Controls are each method's own. @returns grades in the order of the methods.
 */
export async function gradeClaims(
  folder: string,
  methods: readonly (readonly LayerClaim[])[],
  source: LabelSource,
  options: GradeOptions,
): Promise<Grades[]> {
  const run = await openRun("grading", folder);
  try {
    const described = methods.map((claims) => byLayer("grading", run, claims, options.layers));
    return await gradeOn(run, described, source, options);
  } finally {
    await run.close();
  }
}

async function gradeOn(
  run: Run,
  methods: readonly (readonly Described[])[],
  source: LabelSource,
  options: GradeOptions,
): Promise<Grades[]> {
  const { seed = 0, resamples = 1000 } = options;
  const set = await openHeldOut("grading", run, options.images);
  try {
    const pass = await LabelledPass.open("grading", run, set, source, options);
    const vocabulary = vocabularyFrom(await pass.labels(), source);
    const layers = run.layers.filter((layer) => methods.some((method) => method.some((own) => own.layer === layer)));
    const tables = layers.map((layer) => {
      const claims = methods.map((method) => method.find((own) => own.layer === layer)?.claims ?? []);
      return new Table(layer, claims, (text) => readDescription(text, vocabulary));
    });
    let images = 0;
    for await (const { labels, covered } of pass.pictures(tables)) {
      for (const [i, table] of tables.entries()) table.add(labels, covered[i]);
      images++;
    }
    return methods.map((_, method): Grades => {
      const random = new Random(seed);
      const graded = tables.flatMap((table) => {
        const claims = table.claims[method];
        return claims.length === 0 ? [] : [gradeLayer(table.layout.name, claims, table, random, resamples)];
      });
      const rows = graded.flatMap((layer) => layer.rows);
      return {
        ...{ source: source.title, images, layers: graded },
        understood: rows.filter(({ query }) => query !== undefined).length / rows.length,
        ...intervals(rows, random, resamples),
      };
    });
  } finally {
    await set.close();
  }
}

function vocabularyFrom(labels: readonly Labels[], source: LabelSource) {
  const met = new ConceptCounter(0);
  for (const shown of labels) met.add(shown, []);
  return met.vocabulary(source.names);
}

/** Parts of the held-out pictures, dealt in turns. */
const HALVES = [0, 1];

/** One layer while it is counted. Rows are the described units, ascending. */
class Table implements Counted {
  readonly layout: LayerLayout;
  readonly levels: Float32Array;
  /** [method] */
  readonly claims: readonly (readonly Claim[])[];
  readonly #rows: ReadonlyMap<number, number>;
  readonly #overlaps: Overlaps;
  readonly #concepts: ConceptCounter;
  readonly #best = new Map<number, Fit>();
  readonly #reachable = new Map<number, number>();
  #pictures = 0;

  constructor(layer: RunLayer, methods: readonly (readonly Said[])[], read: (text: string) => Reading) {
    const described = methods.flat().map(({ unit }) => unit);
    this.layout = layoutFor(layer, described);
    const units = unitsOf(this.layout);
    this.levels = Float32Array.from(units, (unit) => layer.levels[layer.unitNumbers.indexOf(unit)]);
    this.#rows = new Map(units.map((unit, row) => [unit, row]));
    const queries: Query[] = [];
    const numbers = new Map<string, number>();
    const counted = ({ unit, description, query }: Said): Claim => {
      const reading = query ? { query, unknownWords: [] } : read(description);
      const key = JSON.stringify(reading.query);
      if (reading.query && !numbers.has(key)) numbers.set(key, queries.push(reading.query) - 1);
      return { unit, description, reading, query: reading.query && numbers.get(key) };
    };
    this.claims = methods.map((claims) => claims.map(counted));
    this.#overlaps = new Overlaps(queries, units.length);
    this.#concepts = new ConceptCounter(units.length, HALVES.length);
  }

  add(labels: Labels, covered: readonly Uint32Array[]): void {
    this.#overlaps.add(labels, covered);
    this.#concepts.add(labels, covered, this.#pictures++ % HALVES.length);
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

  reachable(row: number): number {
    const known = this.#reachable.get(row) ?? this.#chosenElsewhere(row);
    this.#reachable.set(row, known);
    return known;
  }

  #chosenElsewhere(row: number): number {
    const found = HALVES.filter((half) => this.#concepts.covered(row, half) > 0).map((half) => {
      const [chosen] = this.#concepts.fits(row, 1 - half);
      const { iou } = this.#concepts.fits(row, half).find(({ atom }) => atom === chosen.atom)!;
      return iou;
    });
    return found.reduce((sum, iou) => sum + iou, 0) / found.length;
  }
}
