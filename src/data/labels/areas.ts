/** Connected areas of a mask: what regions and relations are of. Costs one visit of each covered pixel. */

/** One connected area. Bounds are inclusive, pixels. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Pixels covered. */
  pixels: number;
  /** Sums over the pixels, for the centre of gravity. */
  sumX: number;
  sumY: number;
  /** What `split` says of its pixels. */
  readonly kind: number;
}

export interface Areas {
  readonly areas: readonly Area[];
  /** [y, x]: 1 + the position in `areas`, 0 where nothing is covered. */
  readonly of: Uint16Array;
}

/**
 * The areas of a mask, in the order of their first pixels. Pixels hang together when they touch, at corners too.
 * @param mask uint8 [y, x], not 0 where covered.
 * @param split uint8 [y, x]: pixels with different values do not hang together, though they touch.
 */
export function areasOf(mask: Uint8Array, size: number, split?: Uint8Array): Areas {
  const of = new Uint16Array(mask.length);
  const areas: Area[] = [];
  const stack = new Int32Array(mask.length);
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || of[start] !== 0 || areas.length === 0xffff) continue;
    const kind = split?.[start] ?? 0;
    const area = { left: size, right: 0, top: size, bottom: 0, pixels: 0, sumX: 0, sumY: 0, kind };
    const id = areas.push(area);
    let depth = 0;
    stack[depth++] = start;
    of[start] = id;
    while (depth > 0) {
      const at = stack[--depth];
      const y = Math.floor(at / size);
      const x = at - y * size;
      grow(area, x, y);
      const [x0, x1] = [x > 0 ? -1 : 0, x < size - 1 ? 1 : 0];
      for (let dy = y > 0 ? -1 : 0; dy <= (y < size - 1 ? 1 : 0); dy++) {
        for (let dx = x0; dx <= x1; dx++) {
          const next = at + dy * size + dx;
          if (mask[next] === 0 || of[next] !== 0 || (split !== undefined && split[next] !== kind)) continue;
          of[next] = id;
          stack[depth++] = next;
        }
      }
    }
  }
  return { areas, of };
}

function grow(area: Area, x: number, y: number): void {
  if (x < area.left) area.left = x;
  if (x > area.right) area.right = x;
  if (y < area.top) area.top = y;
  if (y > area.bottom) area.bottom = y;
  area.pixels++;
  area.sumX += x;
  area.sumY += y;
}
