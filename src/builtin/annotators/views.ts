/**
 * What an annotator looks at: a unit's exemplars with their masks, each beside what the picture is known to show, all at one small size;
 * and, once for all units, a sample of the pictures at large, since a thing is only worth saying when it is not everywhere.
 */
import { UserError } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import { mayHold, thingsIn } from "../../data/labels/may-hold.js";
import type { Query } from "../../data/labels/query.js";
import type { ExemplarLayer, ExemplarStore } from "../../exemplars/store.js";

/** Side of the planes on which masks and labels are compared, at most: masks come from coarse maps, more would not be more exact. */
const LARGEST_SIZE = 64;
/** Pictures whose labels are kept: 100 MB at most. */
const KEPT = 8000;
/** Masks of fewer pixels (of 64 x 64) show nothing. */
const LEAST_MASK = 4;

/** A picture whose contents are known. */
export interface Picture {
  readonly labels: Labels;
  /** uint8 [size, size]: 1 where the query is true; undefined where it is nowhere. Not to be written to. */
  covers(query: Query): Uint8Array | undefined;
}

/** An exemplar. */
export interface View {
  readonly picture: Picture;
  /** uint8 [size, size], 0 or 1, and how many are 1. */
  readonly mask: Uint8Array;
  readonly area: number;
  /** Number of the image, and its whole mask: uint8 [height, width] of the store. */
  readonly image: number;
  readonly whole: Uint8Array;
}

/** The pictures of a store, with their labels. */
export class Gallery {
  readonly size: number;
  readonly #store: ExemplarStore;
  readonly #source: LabelSource;
  readonly #labels = new Map<number, Promise<Labels>>();

  constructor(store: ExemplarStore, source: LabelSource) {
    this.size = Math.min(LARGEST_SIZE, store.height, store.width);
    this.#store = store;
    this.#source = source;
  }

  /** @param image a number from `ExemplarLayer.images`. Errors: `UserError` when the store does not know its file, or the source not the picture. */
  async #labelsOf(image: number): Promise<Labels> {
    let labels = this.#labels.get(image);
    if (labels) this.#labels.delete(image);
    else {
      const file = this.#store.imageName(image);
      if (file === undefined) {
        throw new UserError(
          `annotating ${this.#store.folder}: it does not say which files its images are; expected a run on images, make one with milan dissect`,
        );
      }
      labels = this.#source.labels(file, this.size);
    }
    this.#labels.set(image, labels); // the last is the latest used
    if (this.#labels.size > KEPT) this.#labels.delete(this.#labels.keys().next().value!);
    return labels;
  }

  /** The exemplars of a unit that have a mask. @param row the unit's row in the layer. */
  async views(layer: ExemplarLayer, row: number): Promise<View[]> {
    const { k, height, width } = this.#store;
    const ranks = Array.from({ length: k }, (_, rank) => rank);
    const views = ranks.map(async (rank): Promise<View | undefined> => {
      const image = layer.images[row * k + rank];
      if (image < 0) return undefined;
      const whole = await this.#store.mask(layer, row, rank);
      const mask = shrinkMask(whole, height, width, this.size);
      const area = mask.reduce((sum, value) => sum + value, 0);
      if (area * 64 * 64 < LEAST_MASK * mask.length) return undefined;
      return { picture: remembering(await this.#labelsOf(image)), mask, area, image, whole };
    });
    return (await Promise.all(views)).filter((view) => view !== undefined);
  }

  /** Some of the pictures that are exemplars of any unit. Of a thousand, planes for all questions would not fit into memory; how often the answer is yes is remembered elsewhere (`Yardstick`). */
  async sample(count: number, seed: number): Promise<Picture[]> {
    const ids = [...new Set(this.#store.layers.flatMap(({ images }) => [...images]))].filter((id) => id >= 0);
    ids.sort((a, b) => a - b);
    const order = new Random(seed).permutation(ids.length).subarray(0, count);
    return Promise.all(Array.from(order, async (i) => pictureOf(await this.#labelsOf(ids[i]))));
  }
}

function pictureOf(labels: Labels): Picture {
  const there = thingsIn(labels);
  return { labels, covers: (query) => (mayHold(query, there) ? evaluate(query, labels) : undefined) };
}

/** A picture that remembers its answers. */
function remembering(labels: Labels): Picture {
  const picture = pictureOf(labels);
  const answers = new Map<string, Uint8Array | undefined>();
  return {
    labels,
    covers(query) {
      const key = keyOf(query);
      if (!answers.has(key)) answers.set(key, picture.covers(query));
      return answers.get(key);
    },
  };
}

const KEYS = new WeakMap<Query, string>();

/** Equal queries have equal keys. */
export function keyOf(query: Query): string {
  let key = KEYS.get(query);
  if (key === undefined) KEYS.set(query, (key = JSON.stringify(query)));
  return key;
}

/** A mask at a smaller size: 1 where half of what a pixel stands for is; where that leaves nothing, where any of it is. */
function shrinkMask(mask: Uint8Array, height: number, width: number, size: number): Uint8Array {
  if (height === size && width === size) return mask;
  const covered = new Uint16Array(size * size);
  const all = new Uint16Array(size * size);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = Math.floor((y * size) / height) * size + Math.floor((x * size) / width);
      covered[at] += mask[y * width + x];
      all[at]++;
    }
  }
  const half = Uint8Array.from(covered, (value, i) => (2 * value >= all[i] && value > 0 ? 1 : 0));
  return half.includes(1) ? half : Uint8Array.from(covered, (value) => (value > 0 ? 1 : 0));
}
