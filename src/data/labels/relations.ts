/**
 * How areas lie to each other in a picture: plain geometry of bounding boxes, and the order of painting for what is in front. `what` and
 * `to` never mean the same pixels: an area is not beside itself. Boxes are those of connected areas (`areas.ts`).
 *
 * An area of `what` lies
 * - above `to`: its centre of gravity is higher than the box of `to`, and the boxes overlap from left to right; below likewise.
 * - beside: its centre is to the left or right of that box, the boxes overlap in height, and the gap between them is at most a quarter of the side.
 * - inside: its box is within the other box, and they share no pixel (what is painted on `to` shares none: one hides the other).
 * - in front of, behind: painted later, or earlier, than a thing of `to` that it touches.
 * - with: it shares a pixel with `to`, touches it, or has it within its box.
 *
 * What is no thing (colours, the background, everything) may be one area across the picture, of which it makes no sense to ask where its centre is. Of
 * that, "above", "below", "beside" and "inside" take the pixels that lie so, each as an area of one pixel; the other relations take whole areas.
 */
import type { Area, Areas } from "./areas.js";
import type { Relation } from "./query.js";

/** Share of the side over which things are still beside each other. */
const NEAR = 1 / 4;

type Positional = "above" | "below" | "beside" | "inside";

const isPositional = (relation: Relation): relation is Positional =>
  ["above", "below", "beside", "inside"].includes(relation);

/** uint8 [y, x]: 1 where `what` lies so to one of `to`. @param byPixel for what is no thing. */
export function relationMask(what: Areas, relation: Relation, to: Areas, byPixel: boolean, size: number): Uint8Array {
  if (to.areas.length === 0 || what.areas.length === 0) return new Uint8Array(what.of.length);
  if (byPixel && isPositional(relation)) return pixelsThatLie(what, relation, to, size);
  const met = meetings(what, to, size, isPositional(relation) ? 0 : 1);
  const wide = to.areas.length + 1;
  const chosen = what.areas.map((a, i) =>
    to.areas.some((b, j) => {
      const pair = (i + 1) * wide + j + 1;
      if (isPositional(relation)) return !met.has(pair) && lies(a, relation, b, size);
      if (relation === "with") return met.has(pair) || isWithin(b, a);
      return met.has(pair) && (relation === "in front of" ? a.kind > b.kind : a.kind < b.kind);
    }),
  );
  return Uint8Array.from(what.of, (id) => (id !== 0 && chosen[id - 1] ? 1 : 0));
}

function pixelsThatLie(what: Areas, relation: Positional, to: Areas, size: number): Uint8Array {
  const mask = new Uint8Array(what.of.length);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      if (what.of[at] === 0 || to.of[at] !== 0) continue;
      const pixel = { left: x, right: x, top: y, bottom: y, sumX: x, sumY: y, pixels: 1, kind: 0 };
      if (to.areas.some((area) => lies(pixel, relation, area, size))) mask[at] = 1;
    }
  }
  return mask;
}

function lies(a: Area, relation: Positional, b: Area, size: number): boolean {
  const [x, y] = [a.sumX / a.pixels, a.sumY / a.pixels];
  const sameColumns = a.left <= b.right && b.left <= a.right;
  const sameRows = a.top <= b.bottom && b.top <= a.bottom;
  switch (relation) {
    case "above":
      return sameColumns && y < b.top;
    case "below":
      return sameColumns && y > b.bottom;
    case "beside": {
      const gap = Math.max(a.left - b.right, b.left - a.right) - 1;
      return sameRows && (x < b.left || x > b.right) && gap <= NEAR * size;
    }
    case "inside":
      return isWithin(a, b);
  }
}

const isWithin = (a: Area, b: Area) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;

/** Which areas come so near to which: the set of `a * (areas of b + 1) + b`. @param reach 0 for sharing a pixel, 1 for touching. */
function meetings(a: Areas, b: Areas, size: number, reach: 0 | 1): Set<number> {
  const found = new Set<number>();
  const wide = b.areas.length + 1;
  const count = ({ areas }: Areas) => areas.reduce((sum, { pixels }) => sum + pixels, 0);
  // whichever covers less is walked over, the other looked up
  const isSwapped = count(b) < count(a);
  const [walked, looked] = isSwapped ? [b.of, a.of] : [a.of, b.of];
  let last = -1;
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      const own = walked[at];
      if (own === 0) continue;
      for (let v = Math.max(0, y - reach); v <= Math.min(size - 1, y + reach); v++) {
        for (let u = Math.max(0, x - reach); u <= Math.min(size - 1, x + reach); u++) {
          const other = looked[v * size + u];
          if (other === 0) continue;
          const pair = isSwapped ? other * wide + own : own * wide + other;
          if (pair !== last) found.add((last = pair));
        }
      }
    }
  }
  return found;
}
