/** Levels of a unit by quantile. Quantiles near 1 are told apart by how little is above them, so that is what the slider moves along. */
import type { UnitPage } from "./client.js";

const HIGHEST = 0.9999;

/** Where a quantile is on the slider: powers of ten of what is above it, 2 for 0.99. */
export const positionOf = (quantile: number): number => -Math.log10(1 - Math.min(quantile, HIGHEST));

export function quantileAt(position: number): number {
  const quantile = Math.min(HIGHEST, 1 - 10 ** -position);
  return Number(quantile.toFixed(quantile > 0.99 ? 4 : 3));
}

/** As many digits as matter there. */
export const quantileText = (quantile: number): string => quantile.toFixed(quantile > 0.99 ? 4 : 3).replace(/0$/, "");

/** The level at a quantile, between those that are known; null outside. */
export function levelAt(quantiles: UnitPage["quantiles"], quantile: number): number | null {
  const above = quantiles.findIndex(([known]) => known >= quantile);
  if (above < 0) return null;
  const [high, level] = quantiles[above];
  if (high === quantile || above === 0) return high === quantile ? level : null;
  const [low, lower] = quantiles[above - 1];
  return lower + ((level - lower) * (quantile - low)) / (high - low);
}

/** The quantiles that the slider offers, as positions. */
export const rangeOf = (quantiles: UnitPage["quantiles"]): readonly [from: number, to: number] => [
  positionOf(quantiles[0]?.[0] ?? 0.5),
  positionOf(HIGHEST),
];
