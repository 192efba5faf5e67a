/** A unit with several meanings as parts that are described like units: the clusters of its exemplars, with their features. */
import type { Progress } from "../../base/progress.js";
import type { Describer } from "../describer.js";
import type { Evidence } from "../evidence.js";
import { Clusters } from "./clusters.js";
import { LEAST_UNITS } from "./view.js";

/** Some of a unit's exemplars that belong together. */
export interface Part extends Evidence {
  readonly ranks: readonly number[];
}

/** @param before those of the group before, for a last group that is too small. */
export function clustersOf(
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
export function partsOf(item: Evidence, clusters: Clusters | undefined, { encoder }: Describer, most: number): Part[] {
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
