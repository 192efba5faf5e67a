/**
 * Ablation in order (paper, section 5; Figure 4): units are silenced a few at a time, those first that score highest by a criterion, and accuracy
 * is measured after each step; beside it, random orders. All steps of all orders are one sweep.
 */
import { Random } from "../../base/random.js";
import type { ClassPictures } from "../ablation/class-pictures.js";
import type { Classifier } from "../ablation/classifier.js";
import { type AblatableUnit, setOf } from "../ablation/described-classifier.js";
import { accuracyOf, type Sweep, type SweepOptions, sweep } from "../ablation/sweep.js";

/** An order of units: numbers of a list of them, those to be silenced first in front. */
export interface Order {
  readonly name: string;
  readonly units: Uint32Array;
}

export interface Point {
  /** Units silenced. */
  readonly ablated: number;
  /** Share of all pictures that are still recognised, 0 to 1, and of each class's (NaN for a class without pictures). */
  readonly accuracy: number;
  readonly byClass: readonly number[];
}

export interface Curve {
  readonly name: string;
  /** From no unit silenced on. */
  readonly points: readonly Point[];
  /** Mean accuracy over the share of units silenced: the area under the curve, 0 to 1. */
  readonly area: number;
}

/** By falling score; units of the same score in a random order, drawn by the seed. */
export function orderBy(name: string, scores: ArrayLike<number>, seed: number): Order {
  const order = new Random(seed).permutation(scores.length);
  return { name, units: order.sort((a, b) => scores[b] - scores[a]) };
}

export const randomOrder = (name: string, count: number, seed: number): Order => ({
  name,
  units: new Random(seed).permutation(count),
});

/**
 * A random order that takes at every step as many units of each layer as the given one: each unit's place goes to one of its layer, drawn at random.
 * @param layers the layer of each unit, anything that tells them apart.
 */
export function sameLayersOrder(name: string, like: Uint32Array, layers: readonly unknown[], seed: number): Order {
  const random = new Random(seed);
  const drawn = new Map<unknown, number[]>();
  for (const i of random.permutation(like.length)) drawn.set(layers[i], [...(drawn.get(layers[i]) ?? []), i]);
  return { name, units: like.map((i) => drawn.get(layers[i])!.pop()!) };
}

/**
 * Curves of some orders.
 * @param step share of the units silenced at each step; the paper takes 0.02.
 * @param until share at which to stop; default 1.
 */
export async function curvesOf(
  classifier: Classifier,
  pictures: ClassPictures,
  units: readonly AblatableUnit[],
  orders: readonly Order[],
  { step, until = 1, ...options }: SweepOptions & { readonly step: number; readonly until?: number },
): Promise<Curve[]> {
  const counts = countsOf(units.length, step, until);
  const sets = orders.flatMap(({ units: order }) =>
    counts.slice(1).map((count) => setOf(Array.from(order.subarray(0, count), (i) => units[i]))),
  );
  const found = await sweep(classifier, pictures, sets, options);
  return orders.map(({ name }, i) => {
    const own = found.sets.slice(i * (counts.length - 1), (i + 1) * (counts.length - 1));
    const points = [found.whole, ...own].map((right, at) => pointOf(counts[at], right, found));
    return { name, points, area: areaOf(points) };
  });
}

/** Numbers of units silenced: 0, then a step more each time, up to `until`. */
function countsOf(units: number, step: number, until: number): number[] {
  const counts = [0];
  for (let n = 1; ; n++) {
    const count = Math.min(Math.round(units * until), Math.round(n * step * units));
    if (count > counts[counts.length - 1]) counts.push(count);
    if (count >= Math.round(units * until)) return counts;
  }
}

const pointOf = (ablated: number, right: Uint32Array, { images }: Sweep): Point => ({
  ablated,
  accuracy: accuracyOf(right, images),
  byClass: Array.from(right, (count, i) => count / images[i]),
});

/** By trapezoids. */
function areaOf(points: readonly Point[]): number {
  const last = points[points.length - 1].ablated;
  let sum = 0;
  for (const [i, { ablated, accuracy }] of points.entries()) {
    if (i > 0) sum += ((accuracy + points[i - 1].accuracy) / 2) * (ablated - points[i - 1].ablated);
  }
  return sum / last;
}
