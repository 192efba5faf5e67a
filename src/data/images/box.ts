/** Pixels; right and bottom are excluded. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The smallest box around what a mask covers; undefined when it covers nothing. @param mask uint8 [y, x]. */
export function boxOf(mask: Uint8Array, width: number): Box | undefined {
  let [left, top, right, bottom] = [width, -1, 0, 0];
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    if (top < 0) top = y;
    bottom = y + 1;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
  }
  return top < 0 ? undefined : { left, top, right, bottom };
}
