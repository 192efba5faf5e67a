/**
 * Masks as the page carries them: at the size of the thumbnails, one bit a pixel, those of a unit deflated together. That
 * is about 100 bytes a mask, and never more than an eighth of its pixels.
 */
import { deflateRawSync } from "node:zlib";

/** [height, width] in pixels. */
export type Size = readonly [number, number];

/**
 * Makes masks smaller: a pixel is set when at least half of what it covers is. A mask too thin for that keeps the pixels it
 * covers most, because an exemplar must not look as if nothing exceeded the level.
 * @returns from uint8 [height, width], 0 or 1, to uint8 of the smaller size, 0 or 1.
 */
export function maskShrinker([height, width]: Size, [toHeight, toWidth]: Size): (mask: Uint8Array) => Uint8Array {
  const cells = Int32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return Math.floor((y * toHeight) / height) * toWidth + Math.floor((x * toWidth) / width);
  });
  const total = new Int32Array(toHeight * toWidth);
  for (const cell of cells) total[cell]++;
  return (mask) => {
    const covered = new Float64Array(total.length);
    let most = 0;
    for (let i = 0; i < mask.length; i++) covered[cells[i]] += mask[i];
    for (let cell = 0; cell < total.length; cell++) most = Math.max(most, (covered[cell] /= total[cell]));
    const bar = Math.min(0.5, most);
    const small = new Uint8Array(total.length);
    if (most > 0) for (let cell = 0; cell < total.length; cell++) small[cell] = covered[cell] >= bar ? 1 : 0;
    return small;
  };
}

/** The masks of a unit as text: bit `i % 8` of byte `i / 8` is pixel `i`, every mask begins a byte; deflated, in base 64. */
export function packMasks(masks: readonly Uint8Array[]): string {
  const bytes = masks.map((mask) => {
    const packed = new Uint8Array(Math.ceil(mask.length / 8));
    for (let i = 0; i < mask.length; i++) packed[i >> 3] |= mask[i] << (i & 7);
    return packed;
  });
  return pack(Buffer.concat(bytes));
}

/** Anything as text without markup: deflated, in base 64. */
export function pack(bytes: string | Uint8Array): string {
  return deflateRawSync(bytes, { level: 9 }).toString("base64");
}
