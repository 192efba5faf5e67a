/**
 * Activation levels, exactly: a unit's 0.99 quantile over all its activations (paper, section 3.1) is decided by the
 * largest one per cent of them, so that is what is kept, whatever order they arrive in.
 *
 * When `total` activations are to come and the lowest quantile asked for is q, only the `(1 - q) * total` largest can
 * matter. A value not above the smallest of that many already seen is counted and dropped, which is safe for any order:
 * sorted, constant, sparse. Two halves of a stream merge into exactly the tail of the whole. Cost: one comparison a value,
 * plus a selection whenever a unit's buffer, three times as large as its tail, is full.
 */
import { selectLargest } from "./select.js";

/** What a `Tails` leaves on disk and passes between shards. */
export interface TailState {
  /** Number of activations each unit's tail was chosen from: float64 [unit]. */
  readonly counts: Float64Array;
  /** float32 [unit, capacity], the largest first; unused places are -infinity. */
  readonly values: Float32Array;
}

/** Size of a unit's buffer in tails: the larger, the fewer selections. */
export const ROOM = 3;

/** Values that a unit's buffer has room for. @param largestAdd the most that come at once. */
export const roomOf = (capacity: number, largestAdd: number): number =>
  Math.max(ROOM * capacity, capacity + (capacity >> 2) + largestAdd);

/** The largest activations of every unit of one layer. */
export class Tails {
  readonly units: number;
  /** How many of a unit's largest activations are kept. */
  readonly capacity: number;
  readonly #room: number;
  readonly #buffer: Float32Array;
  readonly #used: Int32Array;
  readonly #floor: Float32Array;
  readonly #counts: Float64Array;

  /**
   * @param capacity see `tailCapacity`.
   * @param largestAdd the most values one `add` brings a unit.
   */
  constructor(units: number, capacity: number, largestAdd: number) {
    this.units = units;
    this.capacity = capacity;
    this.#room = roomOf(capacity, largestAdd);
    this.#buffer = new Float32Array(units * this.#room);
    this.#used = new Int32Array(units);
    this.#floor = new Float32Array(units).fill(Number.NEGATIVE_INFINITY);
    this.#counts = new Float64Array(units);
  }

  /** Adds activations `values[start..end)` of one unit; at most `largestAdd` of them. NaN is kept, and found by `tailQuantile`. */
  add(unit: number, values: Float32Array, start: number, end: number): void {
    const base = unit * this.#room;
    if (this.#used[unit] + (end - start) > this.#room) this.#compact(unit);
    this.#used[unit] = keepAbove(this.#floor[unit], values, start, end, this.#buffer, base + this.#used[unit]) - base;
    this.#counts[unit] += end - start;
  }

  /** Counts `count` activations known not to be above the unit's floor: they cannot matter. */
  skip(unit: number, count: number): void {
    this.#counts[unit] += count;
  }

  /** float32 [unit], a copy: only activations above it, or NaN, can still change the unit's tail. */
  floors(): Float32Array {
    return this.#floor.slice();
  }

  /** Number of activations this unit has shown. */
  count(unit: number): number {
    return this.#counts[unit];
  }

  /** The unit's largest activations, largest first, float32; NaN first. */
  largest(unit: number): Float32Array {
    const base = unit * this.#room;
    // typed arrays sort NaN to the end, so reversing puts it first
    const descending = this.#buffer
      .slice(base, base + this.#used[unit])
      .sort()
      .reverse();
    return descending.slice(0, this.capacity);
  }

  /** Adds what another part of the same stream left. */
  merge(other: TailState): void {
    const width = other.values.length / this.units;
    for (let unit = 0; unit < this.units; unit++) {
      const row = other.values.subarray(unit * width, (unit + 1) * width);
      const unused = row.indexOf(Number.NEGATIVE_INFINITY);
      const used = unused < 0 ? width : Math.min(width, other.counts[unit]);
      const step = this.#room - this.capacity - (this.capacity >> 2);
      for (let at = 0; at < used; at += step) this.add(unit, row, at, Math.min(at + step, used));
      this.#counts[unit] += other.counts[unit] - used;
    }
  }

  /** The most places of its tail that any unit uses, at least one: a shard of a hundred needs a hundredth of them. */
  get width(): number {
    return Math.max(
      1,
      Math.min(
        this.capacity,
        this.#used.reduce((a, b) => Math.max(a, b), 0),
      ),
    );
  }

  /**
   * A copy of the state, for the run directory or a checkpoint. `merge` takes it back into an empty `Tails`.
   * @param width places of each unit's row, at least those it uses.
   */
  save(width = this.capacity): TailState {
    const values = new Float32Array(this.units * width).fill(Number.NEGATIVE_INFINITY);
    for (let unit = 0; unit < this.units; unit++) values.set(this.largest(unit), unit * width);
    return { counts: this.#counts.slice(), values };
  }

  #compact(unit: number): void {
    const base = unit * this.#room;
    const used = this.#used[unit];
    if (used <= this.capacity) return;
    const { kept, floor } = selectLargest(this.#buffer.subarray(base, base + used), this.capacity);
    this.#used[unit] = kept;
    this.#floor[unit] = floor;
  }
}

/**
 * Appends to `into`, from `at` on, the values that are not at most `floor` (NaN among them); returns the next free place.
 * Every value is written and the place moved on or not: there is no guessing which, and half of them may be kept.
 */
function keepAbove(
  floor: number,
  values: Float32Array,
  start: number,
  end: number,
  into: Float32Array,
  at: number,
): number {
  for (let i = start; i < end; i++) {
    const value = values[i];
    into[at] = value;
    at += value <= floor ? 0 : 1;
  }
  return at;
}

/**
 * How many of the largest activations decide every quantile from `lowestQuantile` up.
 * @param total number of activations a unit will show in the whole sweep, all shards together.
 */
export function tailCapacity(total: number, lowestQuantile: number): number {
  return Math.min(total, Math.ceil((1 - lowestQuantile) * total) + 2);
}

/**
 * The quantile `q` of `count` values of which only the largest are at hand, by the reference's rule: the i-th smallest
 * value (from 0) stands at (i + 0.5) / count, linear between, clamped outside.
 * @param largest float32, largest first; NaN first.
 * @returns NaN when there are no values, when one is NaN, or when `q` lies below the tail.
 */
export function tailQuantile(largest: Float32Array, count: number, q: number): number {
  if (count === 0 || largest.length === 0 || Number.isNaN(largest[0])) return Number.NaN;
  const fromTop = count - 1 - Math.min(Math.max(Math.fround(q) * count - 0.5, 0), count - 1);
  const above = Math.floor(fromTop);
  const below = Math.min(above + 1, count - 1);
  if (below >= largest.length) return Number.NaN;
  const fraction = fromTop - above;
  if (fraction === 0 || largest[above] === largest[below]) return largest[above];
  return Math.fround(largest[above] * (1 - fraction) + largest[below] * fraction);
}

/**
 * The level that a unit's masks are made at: its quantile. Where activations end at a ceiling, and more of them reach it than the quantile leaves out, the
 * quantile is that ceiling and nothing exceeds it; then it is just below, so that what reaches the ceiling is masked.
 * @param largest the unit's activations, float32, largest first. @param varies whether some are smaller; where not, nothing is to be masked.
 */
export function maskLevel(quantile: number, largest: Float32Array, varies: boolean): number {
  const [first, second] = largest;
  return varies && quantile === first && first === second && Number.isFinite(first) ? justBelow(first) : quantile;
}

/** The largest float32 below a finite one. */
function justBelow(value: number): number {
  if (value === 0) return -(2 ** -149);
  const float = Float32Array.of(value);
  new Int32Array(float.buffer)[0] += value > 0 ? -1 : 1;
  return float[0];
}
