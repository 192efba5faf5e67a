/**
 * A drawing as pixels that can be sampled at any size: premultiplied RGBA with its halved copies, so that a small rendering averages over all
 * pixels of the drawing instead of picking some.
 */

/** Premultiplied RGBA, 0..255, uint8 [height, width, 4]. */
export interface Level {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export class Sprite {
  /** Largest first, each half of the one before. */
  readonly levels: readonly Level[];

  constructor(level: Level) {
    const levels = [level];
    while (Math.min(levels[levels.length - 1].width, levels[levels.length - 1].height) > 4) {
      levels.push(halved(levels[levels.length - 1]));
    }
    this.levels = levels;
  }

  /** From what decoders give: uint8 [height, width, 4], colour not multiplied by alpha. */
  static fromStraight(rgba: Uint8Array, width: number, height: number): Sprite {
    const data = new Uint8Array(rgba.length);
    for (let i = 0; i < rgba.length; i += 4) {
      const alpha = rgba[i + 3];
      for (let c = 0; c < 3; c++) data[i + c] = Math.round((rgba[i + c] * alpha) / 255);
      data[i + 3] = alpha;
    }
    return new Sprite({ width, height, data });
  }

  get width(): number {
    return this.levels[0].width;
  }

  get height(): number {
    return this.levels[0].height;
  }

  /** Whether a pixel of the largest level belongs to the thing. */
  covers(x: number, y: number): boolean {
    const { width, data } = this.levels[0];
    return data[4 * (y * width + x) + 3] > 127;
  }

  /** The rectangle that is not empty: [left, top, right, bottom], right and bottom excluded. */
  bounds(): readonly [number, number, number, number] {
    const { width, height, data } = this.levels[0];
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (data[4 * (y * width + x) + 3] < 24) continue;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = y + 1;
      }
    }
    return right > left ? [left, top, right, bottom] : [0, 0, width, height];
  }

  trimmed(): Sprite {
    return this.cropped(this.bounds());
  }

  cropped([left, top, right, bottom]: readonly [number, number, number, number]): Sprite {
    const level = this.levels[0];
    const [width, height] = [right - left, bottom - top];
    const data = new Uint8Array(4 * width * height);
    for (let y = 0; y < height; y++) {
      const from = 4 * ((y + top) * level.width + left);
      data.set(level.data.subarray(from, from + 4 * width), 4 * y * width);
    }
    return new Sprite({ width, height, data });
  }

  /** The level whose pixels are nearest to, and not much larger than, `step` pixels of the largest. */
  levelFor(step: number): Level {
    const at = Math.round(Math.log2(Math.max(step, 1)));
    return this.levels[Math.min(at, this.levels.length - 1)];
  }
}

function halved({ width, height, data }: Level): Level {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Uint8Array(4 * w * h);
  for (let y = 0; y < h; y++) {
    const y1 = Math.min(2 * y + 1, height - 1);
    for (let x = 0; x < w; x++) {
      const x1 = Math.min(2 * x + 1, width - 1);
      const [a, b] = [4 * (2 * y * width + 2 * x), 4 * (2 * y * width + x1)];
      const [c, d] = [4 * (y1 * width + 2 * x), 4 * (y1 * width + x1)];
      for (let k = 0; k < 4; k++) {
        half[4 * (y * w + x) + k] = (data[a + k] + data[b + k] + data[c + k] + data[d + k] + 2) >> 2;
      }
    }
  }
  return { width: w, height: h, data: half };
}

/** Reads a level bilinearly at (x, y), in its pixels with centres at halves; outside is empty. */
export function sample({ width, height, data }: Level, x: number, y: number, out: Float32Array): void {
  const [fx, fy] = [x - 0.5, y - 0.5];
  const [x0, y0] = [Math.floor(fx), Math.floor(fy)];
  const [tx, ty] = [fx - x0, fy - y0];
  out[0] = out[1] = out[2] = out[3] = 0;
  for (let j = 0; j < 2; j++) {
    const yy = y0 + j;
    if (yy < 0 || yy >= height) continue;
    const wy = j === 0 ? 1 - ty : ty;
    for (let i = 0; i < 2; i++) {
      const xx = x0 + i;
      if (xx < 0 || xx >= width) continue;
      const weight = wy * (i === 0 ? 1 - tx : tx);
      const at = 4 * (yy * width + xx);
      out[0] += weight * data[at];
      out[1] += weight * data[at + 1];
      out[2] += weight * data[at + 2];
      out[3] += weight * data[at + 3];
    }
  }
}
