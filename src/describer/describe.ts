/**
 * Describing: from exemplars to a description with its evidence for every unit (paper, section 3), and to the doubts that
 * keep a reader from trusting one that means nothing.
 *
 * Units are taken in groups whose features fit in memory; within a group each image goes through the encoder once, however
 * many units share it. Where several meanings are asked for (`meanings/`), what units of a group differ in tells what is one, and each
 * cluster of a unit's exemplars is described as a unit is: that costs as much again for each.
 */
import { UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import { type Progress, silent } from "../base/progress.js";
import { chooseLayers, type ExemplarLayer, type ExemplarStore, runExemplars } from "../exemplars/store.js";
import type { Description } from "../run/descriptions.js";
import { Run } from "../run/run.js";
import { weighed } from "./alone.js";
import type { ClipReranker } from "./clip-rerank.js";
import { conclude, flawOf, inOrder, testified, toCandidate } from "./conclude.js";
import type { DecodingOptions, UnitBeam } from "./describe-features.js";
import type { Describer } from "./describer.js";
import { decodeSome, type Evidence, encode, type Task } from "./evidence.js";
import { UNFAMILIAR_SHARE } from "./familiarity.js";
import type { Interpreter } from "./hedge.js";
import { KeptFeatures } from "./kept-features.js";
import type { Clusters } from "./meanings/clusters.js";
import { type Meanings, meaningsOf, mostMeanings, weightsOf } from "./meanings/meanings.js";
import { clustersOf, type Part, partsOf } from "./meanings/parts.js";
import type { Units } from "./parts.js";
import { type Ranked, rerank } from "./rerank-beam.js";
import type { Witness } from "./witness.js";

export interface DescribeOptions extends Partial<DecodingOptions> {
  /** Only these layers, by any of their names; default all. */
  readonly layers?: readonly string[];
  /** Of these, only those from a place up to another one (not included), in the order of layers and rows; multiples of `BATCH`, or the end. */
  readonly range?: Units;
  /** Of these, so many are described already, whole batches, and left out; the others are described as if they were not. */
  readonly done?: number;
  /** Where features are kept while a group of units is described, so that another process can go on; and what they are of, for no other to do so. */
  readonly keep?: { readonly path: string; readonly of: string };
  /** Only these units, by the tensor's name and their number; default all. */
  readonly only?: (layer: string, unit: number) => boolean;
  /**
   * Reranks the beam by an image-text model instead: the search is then "beam" unless given, λ and PMI choose nothing. Stays open.
   */
  readonly clip?: ClipReranker;
  /**
   * Candidates that it contradicts come behind all others, whatever their scores. Asked about units as wholes, not about each of several meanings.
   */
  readonly witness?: Witness | undefined;
  /**
   * Candidates are weighed, and put in order, by what each exemplar by itself makes of them (`alone.ts`), and those that say nothing come behind; default no:
   * by p(d|E), which is the paper's way. Of units as wholes, not of each of several meanings.
   */
  readonly each?: boolean;
  /**
   * Where the winner is one of many things that might have been said (`agreement.ts`), the candidate that most agree with is said instead, and nothing is named
   * twice where another candidate says it once; default no, which is the paper's way.
   */
  readonly consensus?: boolean;
  /**
   * What the beam does not back is said more generally (`hedge.ts`); default nobody, and nothing is.
   */
  readonly interpreter?: Interpreter | undefined;
  /** How many descriptions a unit may get, where its exemplars fall apart; default `one`. */
  readonly meanings?: Meanings;
  readonly progress?: Progress;
}

/** Units decoded together. */
export const BATCH = 64;
/** A batch of the reference is a call of `describeFeatures`: 16 units, as its scripts have it. */
const REFERENCE_BATCH = 16;
/** Memory for the features of one group of units. */
const FEATURES_BYTES = 512 * 2 ** 20;

/**
 * Describes units, in the order of the layers and of their rows.
 * @param exemplars a run, whose probe set must be where it was, or any open exemplars; they stay open.
 */
export async function* describe(
  exemplars: Run | ExemplarStore,
  describer: Describer,
  options: DescribeOptions = {},
): AsyncGenerator<Description> {
  const store = exemplars instanceof Run ? await runExemplars(exemplars) : exemplars;
  const { progress = silent } = options;
  const settings = settingsOf(describer, options);
  const { only = () => true, clip, witness, each = false, consensus, interpreter, meanings = "one" } = options;
  const most = mostMeanings(meanings);
  const all = chooseLayers(store, options.layers).flatMap((layer) =>
    layer.units.flatMap((unit, row): Task[] =>
      only(layer.name, unit) ? [{ layer, row, ranks: ranksOf(store, layer, row) }] : [],
    ),
  );
  const { from, to } = options.range ?? { from: 0, to: all.length };
  const tasks = all.slice(from, to);
  const { featureSize } = describer.encoder;
  // whole batches, so that a description does not depend on where a part begins
  const size = Math.max(1, Math.floor(FEATURES_BYTES / (4 * store.k * featureSize * BATCH))) * BATCH;
  let [judged, unfamiliar] = [0, 0];
  let clusters: Clusters | undefined;
  const rankedOf = async (item: Evidence, ranks: readonly number[], beams: ReadonlyMap<Evidence, UnitBeam>) => {
    const beam = beams.get(item)?.beam ?? [];
    return clip ? rerank(clip, store, describer, { ...item.task, ranks }, beam) : beam;
  };
  const { done = 0, keep } = options;
  for (let first = 0; first < tasks.length; first += size) {
    if (Math.min(first + size, tasks.length) <= done) continue;
    const group = tasks.slice(first, first + size);
    const kept = keep && (await KeptFeatures.open(keep.path, sha256(`${keep.of} ${first}`)));
    const evidence = await encode(store, describer, group.filter(isJudgeable), progress, kept).finally(() =>
      kept?.close(),
    );
    const found = new Map<Task, Evidence>(evidence.map((item) => [item.task, item]));
    if (most > 1) clusters = clustersOf(evidence, describer, progress, clusters);
    const batch = settings.compat ? REFERENCE_BATCH : BATCH;
    progress.begin("describing", group.length, "unit", Math.max(0, Math.min(group.length, done - first)));
    for (let at = 0; at < group.length; at += batch) {
      if (first + Math.min(at + batch, group.length) <= done) continue;
      const some = group.slice(at, at + batch);
      const here = some.flatMap((task) => found.get(task) ?? []);
      const beams = await decodeSome(describer, here, settings);
      const decoded = here.filter((item) => beams.get(item)?.beam.length);
      const parts = decoded.flatMap((item) => partsOf(item, clusters, describer, most));
      const partBeams = await decodeSome(describer, parts, settings);
      for (const [i, task] of some.entries()) {
        const item = found.get(task);
        const ranked = item && (await rankedOf(item, task.ranks, beams));
        const told = await testified(ranked ?? [], task, describer, witness);
        const heard = item && each ? await weighed(told, describer, item, settings.lambda) : told;
        const whole = await conclude(describer, task, item, heard, { settings, consensus, interpreter });
        const own = [];
        for (const part of parts.filter((each) => each.task === task)) {
          own.push({ part, beam: await rankedOf(part, part.ranks, partBeams) });
        }
        const description = withMeanings(whole, describer, store.k, own, settings);
        if (item && beams.has(item)) judged += 1;
        if (description.doubts.includes("unfamiliar")) unfamiliar += 1;
        yield description;
        progress.update(at + i + 1);
      }
    }
    progress.end();
  }
  if (judged > 0 && unfamiliar > UNFAMILIAR_SHARE * judged) {
    progress.warn(
      `describing: the exemplars of ${unfamiliar} of ${judged} units are unlike those ${describer.path} learned from; expected the like, trust their descriptions less (doubt: unfamiliar)`,
    );
  }
}

/** How a run of the describer searches. Errors: `UserError` for what an image-text model cannot rerank. */
export function settingsOf(describer: Describer, options: DescribeOptions) {
  const { clip } = options;
  const ways: Partial<DecodingOptions> = withoutUndefined(options);
  const settings = { ...describer.search, ...(clip && { search: "beam" as const }), ...ways };
  if (clip && settings.search === "greedy") {
    throw new UserError(
      "describing: greedy search leaves one candidate; expected a beam for the image-text model to choose from, leave out --search or --clip",
    );
  }
  if ((options.each || options.consensus || options.interpreter) && (clip || settings.compat)) {
    const ours = options.each ? "what each exemplar makes of the beam" : "agreement of the beam";
    throw new UserError(
      `describing: ${ours} beside ${clip ? "an image-text model that chooses" : "the reference's choice"}; expected one way to choose, leave out ${options.each ? "--weigh" : "--scattered"}`,
    );
  }
  if (clip && settings.compat) {
    throw new UserError(
      "describing: reranking by crops is not the reference's way; expected one of --clip and --compat, leave out the other",
    );
  }
  return settings;
}

/** A unit's description with what is said of its parts. */
function withMeanings(
  whole: Description,
  describer: Describer,
  k: number,
  parts: readonly { readonly part: Part; readonly beam: readonly Ranked[] }[],
  settings: DecodingOptions,
): Description {
  if (parts.length === 0) return whole;
  const told = parts.flatMap(({ part, beam }) => {
    const [best] = inOrder(beam, describer, settings);
    return best ? [{ ranks: part.ranks, best: toCandidate(describer, best) }] : [];
  });
  const { layer, row, ranks } = parts[0].part.task;
  const meanings = meaningsOf(told, weightsOf(layer, row, k, ranks));
  return meanings ? { ...whole, doubts: [...whole.doubts, "many-meanings"], meanings } : whole;
}

const isJudgeable = (task: Task) => flawOf(task) === undefined && task.ranks.length > 0;

function ranksOf({ k }: ExemplarStore, layer: ExemplarLayer, row: number): number[] {
  return Array.from({ length: k }, (_, rank) => rank).filter((rank) => layer.images[row * k + rank] >= 0);
}

/** How many units there are to describe, of layers by any of their names. */
export const unitsIn = (store: ExemplarStore, layers: readonly string[] | undefined): number =>
  chooseLayers(store, layers).reduce((sum, { units }) => sum + units.length, 0);

const withoutUndefined = (options: DescribeOptions): DescribeOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
