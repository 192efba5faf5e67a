/** How sure shares are that were counted, and differences between two of them. */
import type { Interval } from "./bootstrap.js";

const Z = 1.96;

/**
 * A share with its 95 % interval by Wilson (1927), which is right for few cases and for shares near 0 and 1, too. NaN of none, anything between 0 and 1.
 * @param count how many of `of` it holds for.
 */
export function wilson(count: number, of: number): Interval {
  if (of === 0) return { value: Number.NaN, low: 0, high: 1 };
  const value = count / of;
  const middle = (value + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const margin = (Z / (1 + Z ** 2 / of)) * Math.sqrt((value * (1 - value)) / of + Z ** 2 / (4 * of * of));
  return { value, low: Math.max(0, middle - margin), high: Math.min(1, middle + margin) };
}

/** Cases that were tried in two ways, such as the same pictures with a change and without. */
export interface Pairs {
  readonly pictures: number;
  /** That succeeded in the first way only, in the second only. */
  readonly first: number;
  readonly second: number;
}

/**
 * Share of successes in the first way less that in the second, -1 to 1, with its 95 % interval: Wald's for matched pairs with half a pair added to
 * each of the four counts (Agresti and Min, 2005), which holds its level where few or none succeed.
 */
export function pairedDifference({ pictures, first, second }: Pairs): Interval {
  const [n, a, b] = [pictures + 2, first + 0.5, second + 0.5];
  const middle = (a - b) / n;
  const margin = (Z * Math.sqrt(a + b - (a - b) ** 2 / n)) / n;
  return {
    value: pictures === 0 ? 0 : (first - second) / pictures,
    low: Math.max(-1, middle - margin),
    high: Math.min(1, middle + margin),
  };
}
