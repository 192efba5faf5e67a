/** The second control of a description: what it scores for units of its layer that are described otherwise. */
import type { Firing, Trial } from "./agreement.js";

/** Share of the scores, one's own among them, that are at least as high: a p of grain 1 / (1 + n). Ties count against. */
export function rankAmong(score: number, others: ArrayLike<number>): number {
  let higher = 0;
  for (let i = 0; i < others.length; i++) if (others[i] >= score) higher++;
  return (1 + higher) / (1 + others.length);
}

/**
 * The defined scores of a description for units that do not say the same.
 * @param rows of the units, in an order drawn at random, so that the first ones are a fair sample. @param most as many scores at most.
 */
export function scoresElsewhere(
  trial: Trial,
  rows: Iterable<number>,
  firing: readonly Firing[],
  most: number,
): number[] {
  const scores: number[] = [];
  for (const row of rows) {
    if (scores.length === most) break;
    const score = trial.score(firing[row]);
    if (!Number.isNaN(score)) scores.push(score);
  }
  return scores;
}
