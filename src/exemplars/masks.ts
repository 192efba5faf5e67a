/**
 * Masks: the pixels of an exemplar where the unit's upsampled activation exceeds its level (paper, section 3.1).
 * As in the reference: half-pixel bilinear upsampling with zeros outside the map, then strictly greater.
 */
import { bilinearTaps, resizeBilinear } from "../engine/tensor/resize.js";

/**
 * The mask of one activation map.
 * @param map float32 [height, width].
 * @param level the unit's quantile level; NaN (a unit that cannot be judged) gives an empty mask.
 * @param into uint8 [toHeight, toWidth], filled with 0 or 1 and returned.
 */
export function maskOf(
  map: Float32Array,
  shape: readonly [number, number],
  level: number,
  into: Uint8Array,
  toShape: readonly [number, number],
): Uint8Array {
  const upsampled = resizeBilinear(finite(map), shape, new Float64Array(into.length), toShape, "zero");
  for (let i = 0; i < into.length; i++) into[i] = upsampled[i] > level ? 1 : 0;
  return into;
}

/** The largest float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** Infinite activations as the largest finite ones: nothing times infinity would be NaN, and spoil the cells beside them. */
function finite(map: Float32Array): Float32Array {
  return map.every(Number.isFinite) ? map : map.map((value) => Math.min(Math.max(value, -LARGEST), LARGEST));
}

const NOTHING = new Uint32Array(0);

/**
 * The masks of many maps of one shape, as positions: most units are quiet in most pictures, and where they are active it is in a few rows, so
 * that only those rows are upsampled.
 */
export class Masker {
  readonly #width: number;
  readonly #toWidth: number;
  readonly #rows;
  readonly #columns;
  readonly #rowMaxima: Float64Array;
  readonly #found: Uint32Array;

  /** @param shape height and width of the maps. @param toShape those of the masks. */
  constructor([height, width]: readonly [number, number], [toHeight, toWidth]: readonly [number, number]) {
    this.#width = width;
    this.#toWidth = toWidth;
    this.#rows = bilinearTaps(height, toHeight, "zero");
    this.#columns = bilinearTaps(width, toWidth, "zero");
    this.#rowMaxima = new Float64Array(height);
    this.#found = new Uint32Array(toHeight * toWidth);
  }

  /**
   * Where `maskOf` is 1: y * width + x of the mask, ascending.
   * @param map float32 [height, width].
   */
  positions(map: Float32Array, level: number): Uint32Array {
    if (Number.isNaN(level)) return NOTHING;
    const values = finite(map);
    const maxima = this.#rowMaxima;
    for (let y = 0; y < maxima.length; y++) {
      let most = Number.NEGATIVE_INFINITY;
      for (let at = y * this.#width; at < (y + 1) * this.#width; at++) if (values[at] > most) most = values[at];
      maxima[y] = most;
    }
    const { low, high, lowWeight, highWeight } = this.#rows;
    let count = 0;
    for (let y = 0; y < low.length; y++) {
      const [top, bottom] = [low[y], high[y]];
      // a mean of values below the level is below it; but the zeros outside the map may exceed a negative one
      if (level >= 0 && maxima[top] < level && maxima[bottom] < level) continue;
      count = this.#row(
        values,
        level,
        y,
        [top * this.#width, bottom * this.#width, lowWeight[y], highWeight[y]],
        count,
      );
    }
    return count === 0 ? NOTHING : this.#found.slice(0, count);
  }

  #row(
    values: Float32Array,
    level: number,
    y: number,
    [top, bottom, topWeight, bottomWeight]: readonly [number, number, number, number],
    count: number,
  ): number {
    const { low, high, lowWeight, highWeight } = this.#columns;
    for (let x = 0; x < low.length; x++) {
      const value =
        topWeight * (lowWeight[x] * values[top + low[x]] + highWeight[x] * values[top + high[x]]) +
        bottomWeight * (lowWeight[x] * values[bottom + low[x]] + highWeight[x] * values[bottom + high[x]]);
      if (value > level) this.#found[count++] = y * this.#toWidth + x;
    }
    return count;
  }
}
