/**
 * Which exemplars of a unit belong together, and whether they fall apart at all. A unit is split in two while its best split is
 * better than splits of units that have one meaning by construction: sets of exemplars of which each departs from its
 * unit's mean as an exemplar of another unit does. That keeps how exemplars scatter, and takes away what is common to those of one unit.
 */
import { Random } from "../../base/random.js";
import { isEmpty } from "../familiarity.js";
import { bestSplit, LEAST_MEMBERS } from "./split.js";
import { centred, seen, type View, viewOf } from "./view.js";

/** Sets drawn for comparison, for each number of exemplars. */
const DRAWS = 300;
/** A split must be better than this share of theirs. */
const BETTER_THAN = 0.99;
/** And no silhouette below this splits a unit: exemplars of a unit with one meaning still are of kinds (a dog from the side, dogs' heads). */
const LEAST_SILHOUETTE = 0.38;

/** Finds the meanings of units that are described together. */
export class Clusters {
  readonly #view: View;
  readonly #size: number;
  /** What exemplars depart by from their unit's mean, for each unit. */
  readonly #departures: readonly (readonly Float64Array[])[];
  /** By number of exemplars: the silhouette a split must exceed. */
  readonly #limits = new Map<number, number>();

  private constructor(view: View, size: number, departures: readonly (readonly Float64Array[])[]) {
    this.#view = view;
    this.#size = size;
    this.#departures = departures;
  }

  /**
   * @param units features of each unit's exemplars, float32 [exemplar, feature]; those that are not finite do not count.
   * @param size features of an exemplar.
   * @returns undefined where the units are too few, or too much alike, to tell what meanings differ in.
   */
  static of(units: readonly Float32Array[], size: number): Clusters | undefined {
    const readable = units.filter((features) => features.every(Number.isFinite));
    const view = viewOf(readable, size);
    if (!view) return undefined;
    const departures = readable
      .map((features) => pointsOf(view, features, size).map(({ point }) => point))
      .filter((points) => points.length > 1)
      .map((points) => {
        const whole = Math.sqrt(points.length / (points.length - 1)); // departures from an estimated mean are too small
        return centred(points).map((row) => row.map((value) => whole * value));
      });
    return new Clusters(view, size, departures);
  }

  /**
   * Groups of exemplars, as their indices in ascending order, that of the first exemplar first; together those whose mask is not empty.
   * @param features float32 [exemplar, feature], finite.
   * @param most groups, at most.
   */
  split(features: Float32Array, most: number): number[][] {
    const all = pointsOf(this.#view, features, this.#size);
    let groups = [all];
    for (let searching = true; searching && groups.length < most; ) {
      const halves = groups.map((group) => this.#halved(group));
      const clearest = halves.reduce(
        (best, half, i) => ((half?.excess ?? 0) > (halves[best]?.excess ?? 0) ? i : best),
        0,
      );
      const found = halves[clearest];
      searching = found !== undefined;
      if (found) groups = groups.flatMap((group, i) => (i === clearest ? found.groups : [group]));
    }
    return groups.map((group) => group.map(({ index }) => index)).sort(([a], [b]) => a - b);
  }

  /** The two groups of one, when it is two; and by how much more than it must be. */
  #halved(group: readonly Point[]): { excess: number; groups: Point[][] } | undefined {
    if (group.length < 2 * LEAST_MEMBERS) return undefined;
    const { silhouette, side } = bestSplit(group.map(({ point }) => point));
    const excess = silhouette - this.#limit(group.length);
    if (!(excess > 0)) return undefined;
    return { excess, groups: [0, 1].map((which) => group.filter((_, i) => side[i] === which)) };
  }

  #limit(count: number): number {
    const known = this.#limits.get(count);
    if (known !== undefined) return known;
    const random = new Random(count); // the same for a number of exemplars, whatever was split before
    const any = <T>(items: readonly T[]) => items[random.integer(items.length)];
    const silhouettes = Float64Array.from({ length: DRAWS }, () => {
      const points = Array.from({ length: count }, () => any(any(this.#departures)));
      return bestSplit(points).silhouette;
    }).sort();
    const limit = Math.max(LEAST_SILHOUETTE, silhouettes[Math.floor(BETTER_THAN * DRAWS)]);
    this.#limits.set(count, limit);
    return limit;
  }
}

/** An exemplar whose mask is not empty. */
interface Point {
  readonly index: number;
  readonly point: Float64Array;
}

function pointsOf(view: View, features: Float32Array, size: number): Point[] {
  return Array.from({ length: features.length / size }, (_, index) => index).flatMap((index) => {
    const vector = features.subarray(index * size, (index + 1) * size);
    return isEmpty(vector) ? [] : [{ index, point: seen(view, vector) }];
  });
}
