/**
 * A picture while it is painted, together with what is known of it: every brush stroke changes colours and label planes at once, so that they
 * cannot disagree. A pixel belongs to the last thing that covers more than half of it. All coordinates are in sides of the picture.
 */
import type { Dye, Rgb } from "./colours.js";
import type { Pattern } from "./patterns.js";
import { type Sprite, sample } from "./sprite.js";
import type { Surface } from "./surfaces.js";

/** Signed distance to the boundary, negative inside, and a box outside of which nothing is painted. */
export interface Region {
  readonly distance: (x: number, y: number) => number;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** Where a drawing lies. */
export interface Pose {
  /** Its centre. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Radians, clockwise. */
  readonly turn: number;
  readonly mirror: boolean;
}

/** A texture over a drawing. */
export interface Cover {
  /** As `Labels.texture`. */
  readonly texture: number;
  readonly pattern: Pattern;
  /** What is painted where the pattern is 1; without it, the pattern only lightens and darkens. */
  readonly colour?: Rgb | undefined;
  readonly strength: number;
}

export class Canvas {
  readonly size: number;
  /** float32 [y, x, 3], 0..255: what there is, without light and shadow. */
  readonly rgb: Float32Array;
  /** float32 [y, x]: the share of light that shadows leave. */
  readonly shade: Float32Array;
  /** As in `Labels`. */
  readonly thing: Uint8Array;
  readonly texture: Uint8Array;
  /** [thing, name, plane] */
  readonly parts: [thing: number, name: string, plane: Uint8Array][] = [];

  constructor(size: number) {
    this.size = size;
    this.rgb = new Float32Array(3 * size * size);
    this.shade = new Float32Array(size * size).fill(1);
    this.thing = new Uint8Array(size * size);
    this.texture = new Uint8Array(size * size);
  }

  /** What is painted, uint8 [y, x, 3]. */
  pixels(): Uint8Array {
    const { rgb } = this;
    const pixels = new Uint8Array(rgb.length);
    for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(Math.max(Math.round(rgb[i]), 0), 255);
    return pixels;
  }

  /** Paints a surface. Its pattern is averaged over four points a pixel where pixels are coarse. */
  region({ distance, box }: Region, surface: Surface, thing: number, round = false): void {
    const { size } = this;
    const out = new Float32Array(3);
    const roundness = 1.6 / (box[2] - box[0]);
    const step = surface.fine && size <= 160 ? 0.25 / size : 0;
    const { rgb } = this;
    this.#each(box, (at, x, y) => {
      const cover = Math.min(Math.max(0.5 - distance(x, y) * size, 0), 1);
      if (cover === 0) return;
      const level =
        step === 0
          ? surface.level(x, y)
          : 0.25 *
            (surface.level(x - step, y - step) +
              surface.level(x + step, y - step) +
              surface.level(x - step, y + step) +
              surface.level(x + step, y + step));
      surface.colour(x, y, level, out);
      for (let c = 0; c < 3; c++) rgb[3 * at + c] += (out[c] - rgb[3 * at + c]) * cover;
      this.#own(at, cover, thing, surface.texture);
      if (round) this.shade[at] *= 1 - cover * (0.5 - Math.min(-distance(x, y) * roundness, 0.5));
    });
  }

  /** Says that a region belongs to a thing, without painting. */
  claim({ distance, box }: Region, thing: number): void {
    this.#each(box, (at, x, y) => {
      if (distance(x, y) < 0) this.thing[at] = thing;
    });
  }

  /**
   * Paints a drawing.
   * @param parts sprites of the same frame; where they are opaque, the part is.
   */
  sprite(
    sprite: Sprite,
    pose: Pose,
    dye: Dye,
    thing: number,
    options: { cover?: Cover | undefined; parts?: readonly (readonly [string, Sprite])[]; texture?: number } = {},
  ): void {
    const { cover, parts = [], texture = 1 } = options;
    const level = sprite.levelFor(sprite.width / (pose.width * this.size));
    const planes = parts.map(([name, part]) => {
      const plane = new Uint8Array(this.size ** 2);
      this.parts.push([thing, name, plane]);
      return [part.levelFor(sprite.width / (pose.width * this.size)), plane] as const;
    });
    const [p, q] = [new Float32Array(4), new Float32Array(4)];
    const { rgb } = this;
    this.#posed(pose, (at, u, v, x, y) => {
      sample(level, u * level.width, v * level.height, p);
      const alpha = p[3] / 255;
      if (alpha < 1 / 255) return;
      let r = Math.min(Math.max(dye[0] * p[0] + dye[1] * p[1] + dye[2] * p[2], 0), p[3]);
      let g = Math.min(Math.max(dye[3] * p[0] + dye[4] * p[1] + dye[5] * p[2], 0), p[3]);
      let b = Math.min(Math.max(dye[6] * p[0] + dye[7] * p[1] + dye[8] * p[2], 0), p[3]);
      if (cover) {
        const amount = cover.strength * cover.pattern(x, y);
        if (cover.colour) {
          const light = (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / 255 / Math.max(alpha, 0.01);
          const weight = amount * (0.4 + 0.6 * light);
          r += (cover.colour[0] * alpha - r) * weight;
          g += (cover.colour[1] * alpha - g) * weight;
          b += (cover.colour[2] * alpha - b) * weight;
        } else {
          const gain = 1 + 0.5 * cover.strength - amount;
          [r, g, b] = [r * gain, g * gain, b * gain];
        }
      }
      rgb[3 * at] = rgb[3 * at] * (1 - alpha) + r;
      rgb[3 * at + 1] = rgb[3 * at + 1] * (1 - alpha) + g;
      rgb[3 * at + 2] = rgb[3 * at + 2] * (1 - alpha) + b;
      this.#own(at, alpha, thing, cover?.texture ?? texture);
      for (const [part, plane] of planes) {
        sample(part, u * part.width, v * part.height, q);
        if (q[3] > 127) plane[at] = 255;
      }
    });
  }

  /** Takes light away where a drawing stands between. @param softness 0 sharp, 3 very soft. */
  shadow(sprite: Sprite, pose: Pose, strength: number, softness: number): void {
    const level = sprite.levelFor((2 ** softness * sprite.width) / (pose.width * this.size));
    const p = new Float32Array(4);
    this.#posed(pose, (at, u, v) => {
      sample(level, u * level.width, v * level.height, p);
      this.shade[at] *= 1 - (strength * p[3]) / 255;
    });
  }

  /** A soft dark spot on the ground. */
  spot(x: number, y: number, width: number, height: number, strength: number): void {
    this.#each([x - width, y - height, x + width, y + height], (at, px, py) => {
      const distance = ((px - x) / width) ** 2 + ((py - y) / height) ** 2;
      if (distance < 1) this.shade[at] *= 1 - strength * (1 - distance) ** 1.5;
    });
  }

  /** A new thing lies in the light, whatever shadow was behind it. */
  #own(at: number, cover: number, thing: number, texture: number): void {
    this.shade[at] += (1 - this.shade[at]) * cover;
    if (cover > 0.5) {
      this.thing[at] = thing;
      this.texture[at] = texture;
    }
  }

  #each(box: Region["box"], visit: (at: number, x: number, y: number) => void): void {
    const { size } = this;
    const [left, top] = [Math.max(Math.floor(box[0] * size), 0), Math.max(Math.floor(box[1] * size), 0)];
    const [right, bottom] = [Math.min(Math.ceil(box[2] * size), size), Math.min(Math.ceil(box[3] * size), size)];
    for (let j = top; j < bottom; j++) {
      for (let i = left; i < right; i++) visit(j * size + i, (i + 0.5) / size, (j + 0.5) / size);
    }
  }

  /** Visits the pixels around a posed drawing with their position in it, 0..1. */
  #posed(pose: Pose, visit: (at: number, u: number, v: number, x: number, y: number) => void): void {
    const [c, s] = [Math.cos(pose.turn), Math.sin(pose.turn)];
    const reach = 1 / this.size;
    const halfWidth = (Math.abs(c) * pose.width + Math.abs(s) * pose.height) / 2 + reach;
    const halfHeight = (Math.abs(s) * pose.width + Math.abs(c) * pose.height) / 2 + reach;
    const box = [pose.x - halfWidth, pose.y - halfHeight, pose.x + halfWidth, pose.y + halfHeight] as const;
    this.#each(box, (at, x, y) => {
      const [dx, dy] = [x - pose.x, y - pose.y];
      const u = (dx * c + dy * s) / pose.width;
      const v = (dy * c - dx * s) / pose.height + 0.5;
      if (Math.abs(u) < 0.6 && v > -0.1 && v < 1.1) visit(at, pose.mirror ? 0.5 - u : 0.5 + u, v, x, y);
    });
  }
}
