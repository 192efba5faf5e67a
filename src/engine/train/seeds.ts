/** Seeds for places in a training, so that resuming needs no state of any generator. */
import { Random } from "../../base/random.js";

/**
 * A seed for a place: uint32, well mixed.
 * @param place whole numbers from 0, such as epoch and batch; other places have other seeds.
 */
export const seedAt = (seed: number, ...place: readonly number[]): number =>
  place.reduce((mixed, n) => new Random(mixed ^ Math.imul(n + 1, 0x9e3779b1)).bits(), seed >>> 0);
