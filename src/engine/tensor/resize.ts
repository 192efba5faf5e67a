/**
 * Bilinear resizing of single maps on half-pixel centres (PyTorch's `align_corners=false`, no antialiasing), in the two
 * forms the reference uses. Products are accumulated in float64.
 *
 * What lies outside the map is where they differ: `clamp` repeats the border (`torch.nn.functional.interpolate`); `zero`
 * lets values fade over the outer half cell (the reference's mask upsampling). A plain clamped resize gets up to 5 % of
 * the reference's mask pixels wrong.
 */
export type Border = "clamp" | "zero";

/** For each output position along one axis: the two source positions and their weights. */
export interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Float64Array;
  readonly highWeight: Float64Array;
}

/**
 * Interpolation along one axis: `source = (target + 0.5) * from / to - 0.5`.
 * With border `zero` a map of one cell is constant, as in the reference.
 */
export function bilinearTaps(from: number, to: number, border: Border): Taps {
  const taps: Taps = {
    low: new Int32Array(to),
    high: new Int32Array(to),
    lowWeight: new Float64Array(to),
    highWeight: new Float64Array(to),
  };
  for (let target = 0; target < to; target++) {
    const centre = ((target + 0.5) * from) / to - 0.5;
    const source = border === "clamp" || from === 1 ? Math.min(Math.max(centre, 0), from - 1) : centre;
    const low = Math.floor(source);
    const fraction = source - low;
    taps.low[target] = Math.max(low, 0);
    taps.high[target] = Math.min(low + 1, from - 1);
    taps.lowWeight[target] = low >= 0 ? 1 - fraction : 0;
    taps.highWeight[target] = low + 1 < from ? fraction : 0;
  }
  return taps;
}

/**
 * Resizes a map.
 * @param map float32 [height, width], any range.
 * @param into [toHeight, toWidth]; filled and returned.
 */
export function resizeBilinear<Into extends Float32Array | Float64Array>(
  map: ArrayLike<number>,
  [height, width]: readonly [number, number],
  into: Into,
  [toHeight, toWidth]: readonly [number, number],
  border: Border,
): Into {
  const rows = bilinearTaps(height, toHeight, border);
  const columns = bilinearTaps(width, toWidth, border);
  for (let y = 0; y < toHeight; y++) {
    const top = rows.low[y] * width;
    const bottom = rows.high[y] * width;
    const topWeight = rows.lowWeight[y];
    const bottomWeight = rows.highWeight[y];
    for (let x = 0; x < toWidth; x++) {
      const left = columns.low[x];
      const right = columns.high[x];
      into[y * toWidth + x] =
        topWeight * (columns.lowWeight[x] * map[top + left] + columns.highWeight[x] * map[top + right]) +
        bottomWeight * (columns.lowWeight[x] * map[bottom + left] + columns.highWeight[x] * map[bottom + right]);
    }
  }
  return into;
}
