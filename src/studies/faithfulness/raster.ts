/**
 * Known regions as the network sees them: painted onto a raster over its view of the picture, which may be a window of a resized
 * picture. All regions, whatever their kind, then answer alike: which part of a cell do they cover?
 */
import type { Axis } from "../../data/images/geometry.js";
import type { Region } from "./concepts-file.js";

/** Points of the raster along each side of the view. A thing smaller than one may go unseen. */
export const RASTER = 112;

/** What the network sees of a picture. */
export interface Window {
  readonly x: Axis;
  readonly y: Axis;
  /** Size of the view, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** A mask of known size, uint8 [height, width]. */
export interface Mask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A mask's values at the points of the raster, int16 [RASTER, RASTER], -1 beyond the picture: a picture may have many large masks. */
export type SampledMask = Int16Array;

/** Paints a region: sets the points whose centres lie in it. @param into uint8 [RASTER, RASTER]. */
export function paint(region: Region, window: Window, masks: ReadonlyMap<string, SampledMask>, into: Uint8Array): void {
  if ("mask" in region) {
    const values = masks.get(region.mask)!;
    const { value } = region;
    for (let i = 0; i < values.length; i++) if (value === undefined ? values[i] > 0 : values[i] === value) into[i] = 1;
    return;
  }
  const corners = "box" in region ? cornersOf(region.box) : region.polygon;
  const toRaster = (fraction: number, axis: Axis, size: number) =>
    ((fraction * axis.resized - axis.offset) / size) * RASTER;
  paintPolygon(
    corners.map(([x, y]) => [toRaster(x, window.x, window.width), toRaster(y, window.y, window.height)] as const),
    into,
  );
}

const cornersOf = ([left, top, right, bottom]: readonly [number, number, number, number]) =>
  [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ] as const;

/** Row by row, between pairs of crossings (even-odd). */
function paintPolygon(points: readonly (readonly [number, number])[], into: Uint8Array): void {
  for (let row = 0; row < RASTER; row++) {
    const y = row + 0.5;
    const crossings: number[] = [];
    for (const [i, [x1, y1]] of points.entries()) {
      const [x2, y2] = points[(i + 1) % points.length];
      if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const first = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const end = Math.min(RASTER, Math.ceil(crossings[i + 1] - 0.5));
      if (end > first) into.fill(1, row * RASTER + first, row * RASTER + end);
    }
  }
}

/** What the network sees of a mask. */
export function sampleMask({ data, width, height }: Mask, window: Window): SampledMask {
  const pixelOf = (point: number, axis: Axis, size: number, pixels: number) =>
    Math.floor(((((point + 0.5) / RASTER) * size + axis.offset) / axis.resized) * pixels);
  const sampled = new Int16Array(RASTER * RASTER).fill(-1);
  for (let row = 0; row < RASTER; row++) {
    const y = pixelOf(row, window.y, window.height, height);
    if (y < 0 || y >= height) continue;
    for (let column = 0; column < RASTER; column++) {
      const x = pixelOf(column, window.x, window.width, width);
      if (x >= 0 && x < width) sampled[row * RASTER + column] = data[y * width + x];
    }
  }
  return sampled;
}

/**
 * The share of a cell that is covered, 0 to 1.
 * @param raster uint8 [RASTER, RASTER]. @param grid rows and columns of cells over the view. @param cell y * columns + x.
 */
export function coverage(raster: Uint8Array, [rows, columns]: readonly [number, number], cell: number): number {
  const [top, bottom] = span(Math.floor(cell / columns), rows);
  const [left, right] = span(cell % columns, columns);
  let covered = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) covered += raster[y * RASTER + x];
  return covered / ((bottom - top) * (right - left));
}

/** The points of the raster in a cell: those whose centres lie in it, or the one that holds the middle of a smaller cell. */
function span(index: number, cells: number): [number, number] {
  const first = Math.ceil((index * RASTER) / cells - 0.5);
  const end = Math.ceil(((index + 1) * RASTER) / cells - 0.5);
  if (end > first) return [first, end];
  const middle = Math.floor(((index + 0.5) * RASTER) / cells);
  return [middle, middle + 1];
}
