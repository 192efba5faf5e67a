/**
 * What things stand on, hang on and are seen against: grass, sand, walls, skies. A table of kinds; each surface made from it has its own
 * pattern, colours and light. What a surface is called, what it is made of and what texture it has is known with it.
 */
import { TEXTURE_NAMES, type TextureName } from "../labels/labels.js";
import { fromHex, near, type Rgb } from "./colours.js";
import type { Dice } from "./dice.js";
import { cell, fractal, noise } from "./noise.js";
import { cloudy, type Pattern, patternOf } from "./patterns.js";
import { KINDS, type Kind, type Look, type SurfaceKind } from "./surface-kinds.js";

export interface Surface {
  readonly names: readonly string[];
  readonly material: string | undefined;
  /** As `Labels.texture`; 0 has no name. */
  readonly texture: number;
  /** Whether its pattern is finer than a pixel may be. */
  readonly fine: boolean;
  /** How much of its second colour it has at (x, y), in sides of the picture: 0..1. */
  level(x: number, y: number): number;
  /** Its colour there, into `out`: sRGB, 0..255. @param level a mean of `level` around. */
  colour(x: number, y: number, level: number, out: Float32Array): void;
}

interface Wishes {
  /** Height of the horizon; patterns of lying surfaces shrink towards it. */
  readonly horizon?: number | undefined;
  readonly look?: TextureName | undefined;
  readonly colours?: readonly [Rgb, Rgb] | undefined;
}

export function surfaceOf(dice: Dice, kind: SurfaceKind, { horizon, look, colours }: Wishes = {}): Surface {
  const { names, material, looks, colours: table, lies, stray = 0.14, rough = 0.16, motley }: Kind = KINDS[kind];
  const chosen = look ?? dice.pick(looks);
  const pair =
    colours ??
    dice
      .pick(table.split(" "))
      .split("-")
      .map((hex) => near(dice, fromHex(hex), stray));
  const [first, second] = pair as [Rgb, Rgb];
  const pattern = PICTORIAL[chosen as keyof typeof PICTORIAL]?.(dice) ?? patternOf(chosen as TextureName, dice);
  const [grain, unevenness, shift] = [dice.range(0, rough), dice.range(0, 0.25), dice.whole(0, 999)];
  const texture = chosen === "depth" || chosen === "grain" ? 1 : TEXTURE_NAMES.indexOf(chosen as TextureName) + 1;
  return {
    names: names.split(","),
    material,
    texture,
    fine: texture > 1 || chosen === "crowd" || chosen === "stars",
    level: horizon === undefined || !lies ? pattern : (x, y) => pattern(across(x, y, horizon), along(y, horizon)),
    colour(x, y, t, out) {
      const light =
        1 + unevenness * (fractal(2 * x, 2 * y, shift, 2) - 0.5) + grain * (noise(70 * x, 70 * y, shift + 5) - 0.5);
      const other = motley
        ? CLOTHES[Math.floor(CLOTHES.length * cell(Math.floor(24 * x), Math.floor(30 * y), shift))]
        : second;
      for (let c = 0; c < 3; c++) out[c] = Math.min(Math.max((first[c] + t * (other[c] - first[c])) * light, 0), 255);
    },
  };
}

/** Where a point of lying ground is on it: things get smaller towards the horizon. */
const across = (x: number, y: number, horizon: number) => 0.5 + (0.6 * (x - 0.5)) / (Math.max(y - horizon, 0) + 0.25);
const along = (y: number, horizon: number) => 0.9 * Math.log(Math.max(y - horizon, 0) + 0.25);

const CLOTHES = [
  "e8c8a8",
  "a87850",
  "6c4830",
  "e04040",
  "4060d0",
  "f0f0f0",
  "e8c030",
  "48a050",
  "f0d0b0",
  "303040",
].map(fromHex);

/** Looks that are no regular texture. */
const PICTORIAL: Readonly<Partial<Record<Look, (dice: Dice) => Pattern>>> = {
  clouds: (dice) => cloudy(dice, dice.range(2, 5), 4, 1.8),
  stone: (dice) => cloudy(dice, dice.range(5, 10), 4),
  grain: (dice) => cloudy(dice, dice.range(24, 34), 2),
  dunes: (dice) => cloudy(dice, dice.range(1.5, 3), 3, 3),
  depth(dice) {
    const [steep, shift] = [dice.range(0.7, 1), dice.whole(0, 999)];
    return (x, y) => Math.min(Math.max(steep * y + 0.25 * (fractal(3 * x + y, 2 * y, shift, 3) - 0.5), 0), 1);
  },
  stars(dice) {
    const sky = patternOf("speckles", dice);
    return (x, y) => (sky(1.7 * x, 1.7 * y) > 0.85 ? 1 : 0.1 * y);
  },
  crowd(dice) {
    const [across, down, shift] = [dice.range(18, 26), dice.range(18, 26), dice.whole(0, 999)];
    return (x, y) => {
      const row = Math.floor(y * down);
      const [u, v] = [x * across + 0.5 * (row & 1), y * down];
      return Math.hypot(u - Math.floor(u) - 0.5, v - row - 0.5) < 0.3 + 0.15 * cell(Math.floor(u), row, shift) ? 1 : 0;
    };
  },
};
