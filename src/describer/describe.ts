/**
 * Describing: from exemplars to a description with its evidence for every unit (paper, section 3), and to the doubts that
 * keep a reader from trusting one that means nothing.
 *
 * Units are taken in groups whose features fit in memory; within a group each image goes through the encoder once, however
 * many units share it. Where several meanings are asked for (`meanings/`), what units of a group differ in tells what is one, and each
 * cluster of a unit's exemplars is described as a unit is: that costs as much again for each.
 */
import { UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { type ExemplarLayer, type ExemplarStore, runExemplars } from "../exemplars/store.js";
import { isVague } from "../language/vague.js";
import type { Candidate, Description, Doubt } from "../run/descriptions.js";
import { findLayer } from "../run/layer-name.js";
import { Run } from "../run/run.js";
import type { ClipReranker, MaskedPicture } from "./clip-rerank.js";
import {
  type Decoded,
  type DecodingOptions,
  describeFeatures,
  speakingFirst,
  type UnitBeam,
} from "./describe-features.js";
import type { Describer } from "./describer.js";
import { distanceOf, UNFAMILIAR_SHARE } from "./familiarity.js";
import { Clusters } from "./meanings/clusters.js";
import { type Meanings, meaningsOf, mostMeanings, weightsOf } from "./meanings/meanings.js";
import { LEAST_UNITS } from "./meanings/view.js";

export interface DescribeOptions extends Partial<DecodingOptions> {
  /** Only these layers, by any of their names; default all. */
  readonly layers?: readonly string[];
  /** Only these units, by the tensor's name and their number; default all. */
  readonly only?: (layer: string, unit: number) => boolean;
  /**
   * Reranks the beam by an image-text model instead: the search is then "beam" unless given, λ and PMI choose nothing. Stays open.
   */
  readonly clip?: ClipReranker;
  /** How many descriptions a unit may get, where its exemplars fall apart; default `one`. */
  readonly meanings?: Meanings;
  readonly progress?: Progress;
}

/** Memory for the features of one group of units. */
const FEATURES_BYTES = 512 * 2 ** 20;

/** A unit to be described: a row of a layer. */
interface Task {
  readonly layer: ExemplarLayer;
  readonly row: number;
  /** Ranks that have an image. */
  readonly ranks: readonly number[];
}

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
  const { only = () => true, clip, meanings = "one" } = options;
  const most = mostMeanings(meanings);
  const tasks = chooseLayers(store, options.layers).flatMap((layer) =>
    layer.units.flatMap((unit, row): Task[] =>
      only(layer.name, unit) ? [{ layer, row, ranks: ranksOf(store, layer, row) }] : [],
    ),
  );
  const { featureSize } = describer.encoder;
  const size = Math.max(32, Math.floor(FEATURES_BYTES / (4 * store.k * featureSize)));
  let [judged, unfamiliar] = [0, 0];
  let clusters: Clusters | undefined;
  const rankedOf = async (item: Evidence, ranks: readonly number[], beams: ReadonlyMap<Evidence, UnitBeam>) => {
    const beam = beams.get(item)?.beam ?? [];
    return clip ? rerank(clip, store, describer, { ...item.task, ranks }, beam) : beam;
  };
  for (let first = 0; first < tasks.length; first += size) {
    const group = tasks.slice(first, first + size);
    const evidence = await encode(store, describer, group.filter(isJudgeable), progress);
    const found = new Map<Task, Evidence>(evidence.map((item) => [item.task, item]));
    if (most > 1) clusters = clustersOf(evidence, describer, progress, clusters);
    // a batch of the reference is a call of `describeFeatures`: 16 units, as its scripts have it
    const batch = settings.compat ? 16 : 64;
    progress.begin("describing", group.length, "unit");
    for (let at = 0; at < group.length; at += batch) {
      const some = group.slice(at, at + batch);
      const here = some.flatMap((task) => found.get(task) ?? []);
      const beams = await decodeSome(describer, here, settings);
      const decoded = here.filter((item) => beams.get(item)?.beam.length);
      const parts = decoded.flatMap((item) => partsOf(item, clusters, describer, most));
      const partBeams = await decodeSome(describer, parts, settings);
      for (const [i, task] of some.entries()) {
        const item = found.get(task);
        const ranked = item && (await rankedOf(item, task.ranks, beams));
        const whole = conclude(describer, task, item, ranked ?? [], settings);
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
  if (clip && settings.compat) {
    throw new UserError(
      "describing: reranking by crops is not the reference's way; expected one of --clip and --compat, leave out the other",
    );
  }
  return settings;
}

/** What is known of a unit, or of some of its exemplars, before it is described. */
interface Evidence {
  readonly task: Task;
  /** float32 [exemplar, place, feature] of the ranks that have an image; of a part, of its own. */
  readonly features: Float32Array;
  /** Which of them have a mask that is not empty: 1 or 0. */
  readonly masked: Uint8Array;
}

async function encode(
  store: ExemplarStore,
  describer: Describer,
  tasks: readonly Task[],
  progress: Progress,
): Promise<Evidence[]> {
  const masks = tasks.flatMap((task, index) => task.ranks.map((rank) => ({ task, index, rank })));
  const owner = masks.map(({ task, rank }) => task.layer.images[task.row * store.k + rank]);
  const masked = tasks.map(({ ranks }) => new Uint8Array(ranks.length));
  const { height, width } = store;
  const features = await describer.encoder.encodeExemplars(
    owner,
    {
      image: async (id) => ndarray("uint8", [3, height, width], await store.image(id)),
      mask: async (at) => {
        const { task, index, rank } = masks[at];
        const mask = await store.mask(task.layer, task.row, rank);
        if (mask.includes(1)) masked[index][task.ranks.indexOf(rank)] = 1;
        return ndarray("uint8", [height, width], mask);
      },
    },
    progress,
  );
  const size = features.shape[1] * features.shape[2];
  let next = 0;
  return tasks.map((task, index) => {
    const from = next;
    next += task.ranks.length;
    return { task, features: features.data.subarray(from * size, next * size), masked: masked[index] };
  });
}

/** Decodes units together; those with fewer exemplars than the others in a call of their own, since a batch has one width. */
async function decodeSome(
  { decoder, encoder }: Describer,
  evidence: readonly Evidence[],
  settings: DecodingOptions,
): Promise<Map<Evidence, UnitBeam>> {
  const beams = new Map<Evidence, UnitBeam>();
  const widths = new Set(evidence.map(({ features }) => features.length));
  for (const width of widths) {
    const some = evidence.filter(({ features, masked }) => features.length === width && masked.includes(1));
    if (some.length === 0) continue;
    const data = new Float32Array(some.length * width);
    some.forEach(({ features }, i) => {
      data.set(features, i * width);
    });
    const shape = [some.length, width / encoder.featureSize, encoder.featureSize];
    const found = await describeFeatures(decoder, ndarray("float32", shape, data), settings);
    some.forEach((item, i) => {
      beams.set(item, found[i]);
    });
  }
  return beams;
}

/** A candidate, with its mean cosine with the exemplars where it was reranked by that. */
type Ranked = Decoded & { readonly clip?: number };

/** The beam by the mean cosine with the exemplars; equals, which say the same, stay in the captioner's order. What says nothing comes last. */
async function rerank(
  clip: ClipReranker,
  store: ExemplarStore,
  { vocabulary }: Describer,
  task: Task,
  beam: readonly Decoded[],
): Promise<Ranked[]> {
  const texts = beam.map(({ tokens }) => vocabulary.reconstruct(tokens));
  const said = [...new Set(texts)].filter((text) => text !== "");
  const cosines = await clip.likeness(exemplarsOf(store, task), said, [store.height, store.width]);
  const likeness = new Map(said.map((text, i) => [text, cosines[i]]));
  const ranked = beam.map((candidate, i): Ranked => ({ ...candidate, ...clipOf(likeness.get(texts[i])) }));
  return ranked.sort((a, b) => (b.clip ?? -2) - (a.clip ?? -2));
}

const clipOf = (clip: number | undefined) => (clip === undefined ? {} : { clip });

async function* exemplarsOf(store: ExemplarStore, { layer, row, ranks }: Task): AsyncGenerator<MaskedPicture> {
  for (const rank of ranks) {
    const mask = await store.mask(layer, row, rank);
    yield { picture: await store.image(layer.images[row * store.k + rank]), mask };
  }
}

/** Some of a unit's exemplars that belong together. */
interface Part extends Evidence {
  readonly ranks: readonly number[];
}

/** @param before those of the group before, for a last group that is too small. */
function clustersOf(
  evidence: readonly Evidence[],
  { encoder: { featureSize } }: Describer,
  progress: Progress,
  before: Clusters | undefined,
): Clusters | undefined {
  const features = evidence.map((item) => perExemplar(item, featureSize));
  const clusters = Clusters.of(features, featureSize) ?? before;
  if (!clusters) {
    progress.warn(
      `describing: ${evidence.length} units with exemplars are too few, or too much alike, to show what meanings differ in; expected at least ${LEAST_UNITS}, each gets one description`,
    );
  }
  return clusters;
}

/** The parts of a unit with several meanings, at most so many; of others none. */
function partsOf(item: Evidence, clusters: Clusters | undefined, { encoder }: Describer, most: number): Part[] {
  const groups = clusters?.split(perExemplar(item, encoder.featureSize), most) ?? [];
  if (groups.length < 2) return [];
  const { task, features } = item;
  const size = features.length / task.ranks.length;
  return groups.map((group): Part => {
    const own = new Float32Array(group.length * size);
    for (const [i, at] of group.entries()) own.set(features.subarray(at * size, (at + 1) * size), i * size);
    return {
      task,
      features: own,
      masked: new Uint8Array(group.length).fill(1),
      ranks: group.map((at) => task.ranks[at]),
    };
  });
}

/**
 * float32 [exemplar, feature]: the mean of its places, of which a pyramid encoder has one. Zero where the mask is empty: a pyramid
 * encoder gives that itself, a spatial one has features for it.
 */
function perExemplar({ features, masked }: Evidence, featureSize: number): Float32Array {
  const places = features.length / (masked.length * featureSize);
  if (places === 1) return features;
  const means = new Float32Array(masked.length * featureSize);
  for (const [i, value] of features.entries()) {
    const exemplar = Math.floor(i / (places * featureSize));
    if (masked[exemplar]) means[exemplar * featureSize + (i % featureSize)] += value / places;
  }
  return means;
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

/** Puts a unit's result into words. */
function conclude(
  describer: Describer,
  task: Task,
  evidence: Evidence | undefined,
  found: readonly Ranked[],
  settings: DecodingOptions,
): Description {
  const unit = { layer: task.layer.name, unit: task.layer.units[task.row] };
  const ordered = inOrder(found, describer, settings);
  const [best] = ordered;
  if (!best) {
    const nothing = { description: "", logp: null, logpLm: null, pmi: null, confidence: null };
    return { ...unit, ...nothing, doubts: [whyNot(task, evidence)], beam: [], attention: [] };
  }
  const beam = ordered.map((candidate) => toCandidate(describer, candidate));
  return {
    ...unit,
    ...beam[0],
    confidence:
      best.clip === undefined ? confidenceOf(beam, settings.search === "rerank" || settings.search === "mi") : null,
    doubts: doubtsOf(describer, task, evidence!, best, beam[0].description),
    beam,
    attention: best.attention.map((weights) => Array.from(weights)),
  };
}

const inOrder = (beam: readonly Ranked[], { vocabulary }: Describer, { compat }: DecodingOptions) =>
  compat ? beam : speakingFirst(beam, vocabulary.stop);

function toCandidate({ vocabulary }: Describer, { tokens, logp, logpLm, pmi, clip }: Ranked): Candidate {
  const description = vocabulary.reconstruct(tokens);
  return { description, logp, logpLm: logpLm ?? null, pmi: pmi ?? null, ...clipOf(clip) };
}

function whyNot(task: Task, evidence: Evidence | undefined): Doubt {
  const flaw = flawOf(task);
  if (flaw) return flaw;
  return !evidence?.masked.includes(1) ? "no-exemplars" : "undecodable";
}

function doubtsOf(
  describer: Describer,
  task: Task,
  { masked, features }: Evidence,
  best: Decoded,
  description: string,
): Doubt[] {
  const { vocabulary, familiarity } = describer;
  const { stop, unk } = vocabulary;
  const doubts: Doubt[] = best.tokens[0] === stop ? ["speechless"] : [];
  if (best.logpLm !== undefined && best.logp < best.logpLm) doubts.push("unsupported");
  if (sumOf(masked) < task.ranks.length / 2) doubts.push("few-masks");
  if (!best.tokens.includes(stop)) doubts.push("unfinished");
  if (best.tokens.includes(unk)) doubts.push("unknown-word");
  if (isVague(description)) doubts.push("vague");
  if (familiarity && distanceOf(familiarity, features) > familiarity.limit) doubts.push("unfamiliar");
  return doubts;
}

/** The winner's share among the different descriptions of a beam. */
function confidenceOf(beam: readonly Candidate[], byPmi: boolean): number {
  const score = ({ pmi, logp }: Candidate) => (byPmi && pmi !== null ? pmi : logp);
  const best = new Map<string, number>();
  for (const candidate of beam) if (!best.has(candidate.description)) best.set(candidate.description, score(candidate));
  const top = score(beam[0]);
  return 1 / [...best.values()].reduce((sum, value) => sum + Math.exp(value - top), 0);
}

const sumOf = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0);

const flawOf = ({ layer, row }: Task) => layer.flaws.find(({ unit }) => unit === layer.units[row])?.flaw;

const isJudgeable = (task: Task) => flawOf(task) === undefined && task.ranks.length > 0;

function ranksOf({ k }: ExemplarStore, layer: ExemplarLayer, row: number): number[] {
  return Array.from({ length: k }, (_, rank) => rank).filter((rank) => layer.images[row * k + rank] >= 0);
}

function chooseLayers(store: ExemplarStore, wanted: readonly string[] | undefined): readonly ExemplarLayer[] {
  return wanted ? wanted.map((name) => findLayer(store.layers, name, store.folder)) : store.layers;
}

const withoutUndefined = (options: DescribeOptions): DescribeOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
