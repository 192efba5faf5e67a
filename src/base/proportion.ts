/** How sure a share is that was counted. */
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
