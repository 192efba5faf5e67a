/**
 * Descriptions that belong together: those that share their most telling word. The word that most descriptions have makes the first cluster, of the
 * descriptions that are left the one that most of those have makes the second, and so on.
 */
import { isVague } from "../../language/vague.js";
import type { TaggedWord } from "./parts-of-speech.js";
import { formsOf } from "./search.js";

export interface Cluster {
  /** The word, in the singular where both forms occur. */
  readonly name: string;
  readonly units: number;
}

export interface Clusters {
  readonly clusters: readonly Cluster[];
  /** int32 [unit], the place of its cluster; -1 where it has none. */
  readonly of: Int32Array;
}

const LEAST_UNITS = 3;
const MOST_CLUSTERS = 100;
/** What a description shows counts for more than what it is like. */
const WEIGHT_OF_OTHERS = 0.5;

/** @param said the words of every unit's description; empty where there is none. */
export function clustersOf(said: readonly (readonly TaggedWord[])[]): Clusters {
  const members = new Map<string, { readonly weight: number[]; readonly units: Set<number> }>();
  const plain = singularIn(new Set(said.flatMap((words) => words.map(({ word }) => word))));
  for (const [at, words] of said.entries()) {
    for (const { word, speech } of words) {
      if (speech === undefined || speech === "adposition" || isVague(word)) continue;
      const name = plain(word);
      if (isVague(name)) continue;
      const own = members.get(name) ?? { weight: [0], units: new Set() };
      members.set(name, own);
      if (!own.units.has(at)) own.weight[0] += speech === "noun" ? 1 : WEIGHT_OF_OTHERS;
      own.units.add(at);
    }
  }
  const of = new Int32Array(said.length).fill(-1);
  const clusters: Cluster[] = [];
  const shareOf = ({ weight, units }: { weight: number[]; units: Set<number> }) => weight[0] / units.size;
  const left = new Map(
    [...members].map(([name, { weight, units }]) => [name, { share: shareOf({ weight, units }), units }]),
  );
  while (clusters.length < MOST_CLUSTERS) {
    let best: { name: string; worth: number } | undefined;
    for (const [name, { share, units }] of left) {
      if (units.size < LEAST_UNITS) {
        left.delete(name);
        continue;
      }
      const worth = share * units.size;
      if (!best || worth > best.worth || (worth === best.worth && name < best.name)) best = { name, worth };
    }
    if (!best) break;
    const taken = [...left.get(best.name)!.units];
    for (const at of taken) {
      of[at] = clusters.length;
      for (const name of new Set(said[at].map(({ word }) => plain(word)))) left.get(name)?.units.delete(at);
    }
    left.delete(best.name);
    clusters.push({ name: best.name, units: taken.length });
  }
  return largestFirst(clusters, of);
}

function largestFirst(clusters: readonly Cluster[], of: Int32Array): Clusters {
  const order = clusters.map((_, i) => i).sort((a, b) => clusters[b].units - clusters[a].units || a - b);
  const placeOf = Int32Array.from(order, (_, place) => place);
  order.forEach((cluster, place) => {
    placeOf[cluster] = place;
  });
  return {
    clusters: order.map((cluster) => clusters[cluster]),
    of: of.map((cluster) => (cluster < 0 ? -1 : placeOf[cluster])),
  };
}

/** The singular of a word where that occurs as well, else the word. */
export function singularIn(all: ReadonlySet<string>): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    let plain = known.get(word);
    if (plain === undefined) {
      plain = formsOf(word).find((form) => form !== word && all.has(form)) ?? word;
      known.set(word, plain);
    }
    return plain;
  };
}
