/**
 * Cut-outs of pictures whose contents are known: the areas of which a unit's description is true, as `milan grade` reads it. Controls are things of
 * which it is not.
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { decode } from "../../data/images/decode.js";
import type { ImageSet } from "../../data/images/imageset.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import { ConceptCounter } from "../../data/labels/concepts.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import type { Vocabulary } from "../../data/labels/lexicon.js";
import type { DescribedUnit } from "../ablation/described-classifier.js";
import { readDescription } from "../grading/read.js";
import { cutOut } from "./cutout.js";
import type { Network } from "./network.js";
import type { Candidate, CutoutSource, FindClass } from "./source.js";

export interface LabelledOptions {
  /** How pictures are shown to the network; square, as labels are. */
  readonly preprocessing: Preprocessing;
  readonly network: Network;
  readonly find: FindClass;
  readonly seed: number;
  readonly progress?: Progress;
}

/** Pictures looked through, side of their labels at most, cut-outs of a unit. */
const MOST_PICTURES = 600;
const MOST_SIDE = 128;
const MOST_CUTOUTS = 60;
/** Share of a cut-out, or of a thing, that makes it count as that. */
const COUNTS = 0.1;

/** What a picture shows. */
interface Shown {
  readonly id: number;
  readonly labels: Labels;
}

export class LabelledCutouts implements CutoutSource {
  readonly #set: ImageSet;
  readonly #options: LabelledOptions;
  readonly #labels: readonly Shown[];
  readonly #vocabulary: Vocabulary;

  private constructor(set: ImageSet, options: LabelledOptions, labels: readonly Shown[], vocabulary: Vocabulary) {
    this.#set = set;
    this.#options = options;
    this.#labels = labels;
    this.#vocabulary = vocabulary;
  }

  /**
   * Reads the labels of 600 pictures, drawn by the seed.
   * @param set stays open.
   * Errors: `UserError` when the network sees no square, or a picture is not known.
   */
  static async open(set: ImageSet, source: LabelSource, options: LabelledOptions): Promise<LabelledCutouts> {
    const { preprocessing, seed, progress = silent } = options;
    const { width, height } = preprocessing;
    if (width !== height) {
      throw new UserError(
        `attacking with cut-outs of ${set.location}: the network sees ${width}x${height} pixels; expected a square, as labels are; leave --distractors out`,
      );
    }
    const drawn = new Random(seed).permutation(set.entries.length).subarray(0, MOST_PICTURES);
    const labels: Shown[] = [];
    const met = new ConceptCounter(0);
    progress.begin("labels", drawn.length, "image");
    try {
      for (const id of drawn) {
        const shown = await source.labels(set.entries[id].file, Math.min(MOST_SIDE, width));
        met.add(shown, []);
        labels.push({ id, labels: shown });
        progress.update(labels.length);
      }
    } finally {
      progress.end();
    }
    return new LabelledCutouts(set, options, labels, met.vocabulary(source.names));
  }

  async of(unit: DescribedUnit): Promise<Candidate[]> {
    const { query } = readDescription(unit.said.description, this.#vocabulary);
    const found: Candidate[] = [];
    for (const { id, labels } of query ? this.#labels : []) {
      if (found.length === MOST_CUTOUTS) break;
      const candidate = await this.#cut(id, labels, evaluate(query!, labels));
      if (candidate) found.push(candidate);
    }
    return found;
  }

  async others(unit: DescribedUnit, count: number, random: Random): Promise<Candidate[]> {
    const { query } = readDescription(unit.said.description, this.#vocabulary);
    const found: Candidate[] = [];
    for (const i of random.permutation(this.#labels.length)) {
      if (found.length === count) break;
      const { id, labels } = this.#labels[i];
      const described = query ? evaluate(query, labels) : new Uint8Array(labels.thing.length);
      const things = [...labels.things.keys()].filter((thing) => {
        if (labels.things[thing].kind === "surface") return false;
        const [own, both] = shares(labels.thing, thing, described);
        return own > 0 && both < COUNTS * own;
      });
      if (things.length === 0) continue;
      const thing = things[random.integer(things.length)];
      const candidate = await this.#cut(
        id,
        labels,
        labels.thing.map((value) => Number(value === thing + 1)),
      );
      if (candidate) found.push(candidate);
    }
    return found;
  }

  /** @param mask uint8 [y, x] of the labels' size. */
  async #cut(id: number, labels: Labels, mask: Uint8Array): Promise<Candidate | undefined> {
    if (mask.every((value) => value === 0)) return undefined;
    const { preprocessing, network, find } = this.#options;
    const { width: side } = preprocessing;
    const { file, label } = this.#set.entries[id];
    const pixels = await decode(await this.#set.read(id), preprocessing, file);
    const enlarged = Uint8Array.from({ length: side * side }, (_, at) => {
      const [y, x] = [Math.floor(at / side), at % side].map((value) => Math.floor((value * labels.size) / side));
      return mask[y * labels.size + x];
    });
    const cutout = cutOut(pixels, enlarged, [side, side], file);
    if (cutout === undefined) return undefined;
    const covered = mask.reduce((sum, value) => sum + value, 0);
    const names = labels.things.flatMap(({ names: own }, thing) =>
      shares(labels.thing, thing, mask)[1] >= COUNTS * covered ? own : [],
    );
    const named = [...(label === undefined ? [] : [label]), ...names].flatMap((name) => find(name) ?? []);
    return { ...cutout, classes: new Set([...(await network.answers([pixels])), ...named]) };
  }
}

/** Pixels of a thing, and those of them that a mask covers. */
function shares(plane: Uint8Array, thing: number, mask: Uint8Array): [own: number, both: number] {
  let [own, both] = [0, 0];
  for (let at = 0; at < plane.length; at++) {
    if (plane[at] !== thing + 1) continue;
    own++;
    if (mask[at] !== 0) both++;
  }
  return [own, both];
}
