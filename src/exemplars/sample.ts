/**
 * A small uniform sample of every unit's activations, for what the tail does not hold: levels below the tail, histograms.
 * About 2,000 values a unit, so the quantile it gives is within about 0.025 (two standard errors) of the wanted rank.
 *
 * Which values are taken depends only on the image's id, so shards of one probe set add up to the sample of the whole.
 */

/** Values a unit, at most. */
export const WANTED = 2048;

/** Uniformly sampled activations of one layer: float32 [taken, unit], one row per sampled position. */
export class Sample {
  readonly units: number;
  /** One in this many positions is taken. */
  readonly every: number;
  readonly #rows: Float32Array[] = [];

  /** @param total number of positions each unit will show in the whole sweep, all shards together. */
  constructor(units: number, total: number) {
    this.units = units;
    this.every = Math.max(1, Math.ceil(total / WANTED));
  }

  /** The positions taken of an image's maps, ascending. @param positions how many positions a map has. */
  positionsOf(image: number, positions: number): number[] {
    const taken: number[] = [];
    for (let at = scramble(image) % this.every; at < positions; at += this.every) taken.push(at);
    return taken;
  }

  /**
   * Takes one position of one image.
   * @param values float32 [unit, column], beginning at `start`, `columns` wide; this position's column is `column`.
   */
  add(values: Float32Array, start: number, columns: number, column: number): void {
    const row = new Float32Array(this.units);
    for (let unit = 0; unit < this.units; unit++) row[unit] = values[start + unit * columns + column];
    this.#rows.push(row);
  }

  /** Adds rows another part of the same sweep took. */
  merge(rows: Float32Array): void {
    for (let at = 0; at < rows.length; at += this.units) this.#rows.push(rows.slice(at, at + this.units));
  }

  /** How many rows have been taken. */
  get taken(): number {
    return this.#rows.length;
  }

  /** All rows, float32 [taken, unit]. */
  save(): Float32Array {
    const all = new Float32Array(this.#rows.length * this.units);
    this.#rows.forEach((row, i) => {
      all.set(row, i * this.units);
    });
    return all;
  }
}

/** A well-mixed 32-bit number for an image id (the finaliser of MurmurHash3). */
export function scramble(image: number): number {
  let h = (image + 1) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
