/** What units are described from: their exemplars' features, and the candidates that come of those. */
import type { Progress } from "../base/progress.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import type { ExemplarLayer, ExemplarStore } from "../exemplars/store.js";
import {
  type Decoded,
  type DecodingOptions,
  describeFeatures,
  scoreTokens,
  type UnitBeam,
} from "./describe-features.js";
import type { Describer } from "./describer.js";
import type { KeptFeatures } from "./kept-features.js";

/** A unit to be described: a row of a layer. */
export interface Task {
  readonly layer: ExemplarLayer;
  readonly row: number;
  /** Ranks that have an image. */
  readonly ranks: readonly number[];
}

/** What is known of a unit, or of some of its exemplars, before it is described. */
export interface Evidence {
  readonly task: Task;
  /** float32 [exemplar, place, feature] of the ranks that have an image; of a part, of its own. */
  readonly features: Float32Array;
  /** Which of them have a mask that is not empty: 1 or 0. */
  readonly masked: Uint8Array;
}

export async function encode(
  store: ExemplarStore,
  describer: Describer,
  tasks: readonly Task[],
  progress: Progress,
  kept?: KeptFeatures,
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
    kept,
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
export async function decodeSome(
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

/** What the describer thinks of a sequence of tokens as a description of a unit. */
export function scoreOne(
  { decoder, encoder }: Describer,
  { features }: Evidence,
  tokens: readonly number[],
  lambda: number,
): Promise<Decoded> {
  const shape = [1, features.length / encoder.featureSize, encoder.featureSize];
  return scoreTokens(decoder, ndarray("float32", shape, features), tokens, lambda);
}
