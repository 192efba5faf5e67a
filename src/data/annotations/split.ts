/**
 * Which units are held out (paper, appendix B): by unit, never by annotation, and each by a hash of its own name, so that the
 * answer is the same whatever other units there are, in whatever order, in this set or beside it.
 */
import { UserError } from "../../base/errors.js";
import { Random } from "../../base/random.js";

/** A unit by name. */
export interface UnitName {
  readonly layer: string;
  readonly unit: number;
}

/**
 * Whether each unit is held out, so that about `share` of many units are: each with this probability, independently. Of a few
 * units it may be none.
 */
export function splitUnits(units: readonly UnitName[], share: number, seed: number): boolean[] {
  if (!(share > 0 && share < 1)) throw new UserError(`splitting: share ${share}; expected between 0 and 1`);
  return units.map(({ layer, unit }) => new Random(hashOf(`${unit} ${layer}`, seed)).uniform() < share);
}

/** FNV-1a over UTF-16 units, begun from the seed. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
