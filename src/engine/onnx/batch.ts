/**
 * The batch dimension in shapes. It is a symbol, and other dimensions may be multiples of it (the windows of a Swin
 * transformer are `64*batch`). To compute with such shapes the symbol is a prime that no network has for a dimension.
 */

/** The name of the batch dimension in the shapes of a probe. */
export const BATCH = "batch";

/** The number that stands for it. */
export const BATCH_PRIME = 1009;

/** A dimension with the batch as a number; -1 when nothing is known. */
export function toNumber(dimension: number | string): number {
  if (typeof dimension === "number") return dimension;
  const factor = dimension === BATCH ? "1" : /^(\d+)\*batch$/.exec(dimension)?.[1];
  return factor === undefined ? -1 : Number(factor) * BATCH_PRIME;
}

/** A dimension with the batch as a symbol. */
export function toSymbol(dimension: number): number | string {
  if (dimension <= 0 || dimension % BATCH_PRIME !== 0) return dimension;
  return dimension === BATCH_PRIME ? BATCH : `${dimension / BATCH_PRIME}*${BATCH}`;
}
