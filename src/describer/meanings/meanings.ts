/**
 * The descriptions of a unit's clusters of exemplars, each with what it explains. What says the same is one meaning, and a unit with
 * one meaning has no list of them.
 */
import { UserError } from "../../base/errors.js";
import type { ExemplarLayer } from "../../exemplars/store.js";
import type { Candidate, Meaning } from "../../run/descriptions.js";

/** How many descriptions a unit may get: `one`, as many as it has meanings (`auto`), or at most so many. */
export type Meanings = "one" | "auto" | number;

/** The number behind it. Errors: `UserError` for anything else. */
export function mostMeanings(meanings: Meanings): number {
  if (meanings === "one") return 1;
  if (meanings === "auto") return Number.POSITIVE_INFINITY;
  if (Number.isInteger(meanings) && meanings > 0) return meanings;
  throw new UserError(`describing: meanings ${meanings}; expected one, auto or a whole number from 1`);
}

/** A cluster and what is said of it. */
export interface Told {
  readonly ranks: readonly number[];
  readonly best: Candidate;
}

/**
 * Puts clusters in the order of their shares.
 * @param weights of the unit's exemplars by rank, as `weightsOf` gives them.
 * @returns undefined when fewer than two different things are said.
 */
export function meaningsOf(told: readonly Told[], weights: ReadonlyMap<number, number>): Meaning[] | undefined {
  const byText = new Map<string, Told>();
  for (const { ranks, best } of told) {
    if (best.description === "") continue;
    const before = byText.get(best.description);
    const likelier = before && before.best.logp > best.logp ? before.best : best;
    byText.set(best.description, { ranks: [...(before?.ranks ?? []), ...ranks], best: likelier });
  }
  if (byText.size < 2) return undefined;
  const sumOf = (ranks: Iterable<number>) => [...ranks].reduce((sum, rank) => sum + weights.get(rank)!, 0);
  const all = sumOf(weights.keys());
  return [...byText.values()]
    .map(({ ranks, best }) => ({
      ...best,
      share: sumOf(ranks) / all,
      exemplars: [...ranks].sort((a, b) => a - b),
    }))
    .sort((a, b) => b.share - a.share || a.exemplars[0] - b.exemplars[0]);
}

/**
 * What each exemplar counts for: by how much its greatest activation exceeds the unit's level; the activation itself where the level
 * is not known; and all the same where neither is, or none exceeds it.
 * @param ranks that have an image.
 */
export function weightsOf(
  { activations, levels }: ExemplarLayer,
  row: number,
  k: number,
  ranks: readonly number[],
): Map<number, number> {
  const weights = ranks.map((rank): [number, number] => [
    rank,
    activations ? Math.max(0, activations[row * k + rank] - (levels?.[row] ?? 0)) : 1,
  ]);
  const isKnown = weights.some(([, weight]) => weight > 0) && weights.every(([, weight]) => Number.isFinite(weight));
  return new Map(isKnown ? weights : ranks.map((rank) => [rank, 1]));
}
