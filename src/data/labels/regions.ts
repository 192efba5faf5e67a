/**
 * Regions of areas, and of the picture. All are fractions of an area's bounding box or of the picture, so they mean the same at every
 * size.
 *
 * - top, bottom, left side, right side: the third of the box that is there, at least one row or column.
 * - centre: the middle third of the box both ways.
 * - edges: a line along the boundary to whatever is beside the area, `rimOf(size)` pixels to either side of it. Where an area is cut off by the
 *   picture's border there is no edge.
 * - places: halves; the middle, half the picture's side both ways; the border, an eighth of the side wide.
 */
import type { Area, Areas } from "./areas.js";
import type { Place, Region } from "./query.js";

/** Half the width of an edge, pixels: the edge of a thing is 1/16 of the picture wide, or two pixels. */
export const rimOf = (size: number): number => Math.max(1, Math.round(size / 32));

/** uint8 [y, x]: 1 in that region of any of the areas. */
export function regionMask({ areas, of }: Areas, region: Region, size: number): Uint8Array {
  if (region === "edges") return edgesMask(of, size);
  const mask = new Uint8Array(of.length);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      if (of[at] !== 0 && isIn(areas[of[at] - 1], region, x, y)) mask[at] = 1;
    }
  }
  return mask;
}

function isIn({ left, right, top, bottom }: Area, region: Exclude<Region, "edges">, x: number, y: number): boolean {
  const [width, height] = [right - left + 1, bottom - top + 1];
  switch (region) {
    case "top":
      return 3 * (y - top) < height;
    case "bottom":
      return 3 * (bottom - y) < height;
    case "left side":
      return 3 * (x - left) < width;
    case "right side":
      return 3 * (right - x) < width;
    case "centre": {
      const inset = (extent: number) => Math.floor(extent / 3);
      const [dx, dy] = [inset(width), inset(height)];
      return x >= left + dx && x <= right - dx && y >= top + dy && y <= bottom - dy;
    }
  }
}

/** Pixels within `rimOf` of a pixel that belongs to something else, where at least one of the two is covered. */
function edgesMask(of: Uint16Array, size: number): Uint8Array {
  const rim = rimOf(size);
  const mask = new Uint8Array(of.length);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      // a boundary runs between this pixel and the one to the right of it, or below it
      if (x + 1 < size && of[at] !== of[at + 1]) mark(mask, size, x - rim + 1, x + rim, y, y);
      if (y + 1 < size && of[at] !== of[at + size]) mark(mask, size, x, x, y - rim + 1, y + rim);
    }
  }
  return mask;
}

function mark(mask: Uint8Array, size: number, left: number, right: number, top: number, bottom: number): void {
  for (let y = Math.max(0, top); y <= Math.min(size - 1, bottom); y++) {
    for (let x = Math.max(0, left); x <= Math.min(size - 1, right); x++) mask[y * size + x] = 1;
  }
}

/** Whether the pixel is in that place of the picture. */
export function isInPlace(place: Place, x: number, y: number, size: number): boolean {
  const inner = (value: number, margin: number) => value >= margin * size && value < (1 - margin) * size;
  switch (place) {
    case "upper half":
      return 2 * y < size;
    case "lower half":
      return 2 * y >= size;
    case "left half":
      return 2 * x < size;
    case "right half":
      return 2 * x >= size;
    case "middle":
      return inner(x, 1 / 4) && inner(y, 1 / 4);
    case "border":
      return !(inner(x, 1 / 8) && inner(y, 1 / 8));
  }
}
