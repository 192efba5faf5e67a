/** Which units a picture activates beyond their levels, and where: as the masks of exemplars say it (paper, section 3.1). */
import { Masker } from "../../exemplars/masks.js";
import type { RunLayer } from "../../run/run.js";

export interface Fired {
  /** The layer's place in the run, and the unit's row in it. */
  readonly layer: number;
  readonly row: number;
  /** The unit's maximum on the picture, and its level. */
  readonly activation: number;
  readonly level: number;
  /** Of the picture, 0 to 1: where the unit's upsampled map exceeds the level. */
  readonly above: number;
  /** How many of the unit's exemplars are weaker. */
  readonly outranks: number;
}

/** Of the activations of exemplars; see `run/table.ts`. */
const WRITTEN_DIGITS = 6;

/**
 * Units whose mask on the picture is not empty: those first that outrank more of their exemplars, then by how far they exceed their level,
 * in shares of how far their strongest exemplar does. Shares, because levels may be zero or negative.
 * @param maps by layer, float32 [row, y, x].
 * @param size of the picture, [height, width] in pixels.
 * @param wanted which rows are looked at.
 */
export function firedUnits(
  layers: readonly RunLayer[],
  maps: readonly Float32Array[],
  size: readonly [number, number],
  wanted: (layer: number, row: number) => boolean,
): Fired[] {
  const found: (Fired & { excess: number })[] = [];
  for (const [place, layer] of layers.entries()) {
    const masker = new Masker([layer.height, layer.width], size);
    const cells = layer.height * layer.width;
    const k = layer.ids.length / Math.max(1, layer.unitNumbers.length);
    for (let row = 0; row < layer.unitNumbers.length; row++) {
      if (!wanted(place, row)) continue;
      const map = maps[place].subarray(row * cells, (row + 1) * cells);
      const level = layer.levels[row];
      const above = masker.positions(map, level).length;
      if (above === 0) continue;
      const activation = map.reduce((a, b) => Math.max(a, b));
      const own = layer.activations.subarray(row * k, (row + 1) * k);
      const exists = (rank: number) => layer.ids[row * k + rank] >= 0;
      const written = Number(activation.toPrecision(WRITTEN_DIGITS));
      const outranks = own.reduce((count, value, rank) => (exists(rank) && value < written ? count + 1 : count), 0);
      const range = Math.max(own[0] - level, Number.EPSILON);
      const excess = (activation - level) / range;
      found.push({
        ...{ layer: place, row, activation, level, outranks, excess },
        above: above / (size[0] * size[1]),
      });
    }
  }
  found.sort((a, b) => b.outranks - a.outranks || b.excess - a.excess);
  return found.map(({ excess: _, ...unit }) => unit);
}
