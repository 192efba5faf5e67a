/** Pixels in planes, as networks want them, as a picture that can be resized, drawn over and written. */
import sharp, { type Sharp } from "sharp";

/** @param pixels uint8 [3, height, width], RGB. */
export function interleaved(pixels: Uint8Array, width: number, height: number): Sharp {
  const area = width * height;
  const data = Buffer.alloc(3 * area);
  for (let at = 0; at < area; at++)
    for (let channel = 0; channel < 3; channel++) data[3 * at + channel] = pixels[channel * area + at];
  return sharp(data, { raw: { width, height, channels: 3 } });
}
