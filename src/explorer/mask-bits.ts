/**
 * Masks as the page carries them: at the size of the thumbnails, one bit a pixel, those of a unit deflated together. That
 * is about 100 bytes a mask, and never more than an eighth of its pixels.
 */
import { deflateRawSync } from "node:zlib";

/** [height, width] in pixels. */
export type Size = readonly [number, number];

/**
 * A mask at a smaller size: a pixel is set when at least half of what it covers is. A mask too thin for that keeps the
 * pixels it covers most, because an exemplar must not look as if nothing exceeded the level.
 * @param mask uint8 [height, width], 0 or 1.
 * @returns uint8 of the smaller size, 0 or 1.
 */
export function shrinkMask(mask: Uint8Array, [height, width]: Size, [toHeight, toWidth]: Size): Uint8Array {
  const covered = new Float64Array(toHeight * toWidth);
  const total = new Float64Array(toHeight * toWidth);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * toHeight) / height) * toWidth;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor((x * toWidth) / width);
      covered[at] += mask[y * width + x];
      total[at]++;
    }
  }
  const shares = covered.map((count, at) => count / total[at]);
  const most = shares.reduce((a, b) => Math.max(a, b), 0);
  const bar = Math.min(0.5, most);
  return Uint8Array.from(shares, (share) => (share > 0 && share >= bar ? 1 : 0));
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
