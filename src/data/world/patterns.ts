/**
 * Regular and irregular textures as functions of the plane: for each name in `TEXTURE_NAMES` a family whose frequency, direction and
 * proportions are drawn for every surface anew. A value of 0 or 1 is the first or second colour of the surface, between them a mixture.
 */
import type { TextureName } from "../labels/labels.js";
import type { Dice } from "./dice.js";
import { cell, fractal, noise } from "./noise.js";

/** (x, y) in sides of the picture -> 0..1 */
export type Pattern = (x: number, y: number) => number;

const { floor, sin, cos, PI } = Math;
const part = (value: number) => value - floor(value);
const smooth = (low: number, high: number, value: number) => {
  const t = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
};

/** Stripes that run in the direction of `turn` (radians, 0 horizontal), as hard bands or as a wave of light. */
function stripes(dice: Dice, turn: number): Pattern {
  const [frequency, phase, share] = [dice.range(3.5, 13), dice.range(0, 1), dice.range(0.35, 0.65)];
  const [dx, dy] = [-sin(turn) * frequency, cos(turn) * frequency];
  if (dice.chance(0.3)) return (x, y) => 0.5 + 0.5 * sin(2 * PI * (x * dx + y * dy + phase));
  return (x, y) => (part(x * dx + y * dy + phase) < share ? 1 : 0);
}

const FAMILIES: Readonly<Record<TextureName, (dice: Dice) => Pattern>> = {
  smooth(dice) {
    const [dx, dy, shift] = [dice.range(-0.5, 0.5), dice.range(-0.7, 0.7), dice.whole(0, 999)];
    return (x, y) => 0.5 + dx * (x - 0.5) + dy * (y - 0.5) + 0.2 * (noise(2 * x, 2 * y, shift) - 0.5);
  },
  "horizontal stripes": (dice) => stripes(dice, dice.range(-0.08, 0.08)),
  "vertical stripes": (dice) => stripes(dice, PI / 2 + dice.range(-0.08, 0.08)),
  "diagonal stripes": (dice) => stripes(dice, dice.pick([-1, 1]) * (PI / 4 + dice.range(-0.2, 0.2))),
  dots(dice) {
    const [frequency, radius, px, py] = [dice.range(4, 10), dice.range(0.24, 0.4), dice.range(0, 1), dice.range(0, 1)];
    const staggered = dice.chance(0.5) ? 0.5 : 0;
    return (x, y) => {
      const v = y * frequency + py;
      const u = x * frequency + px + staggered * (floor(v) & 1);
      return Math.hypot(part(u) - 0.5, part(v) - 0.5) < radius ? 1 : 0;
    };
  },
  checks(dice) {
    const [frequency, px, py] = [dice.range(4, 12), dice.range(0, 1), dice.range(0, 1)];
    return (x, y) => (floor(x * frequency + px) + floor(y * frequency + py)) & 1;
  },
  grid(dice) {
    const [across, down, width] = [dice.range(4, 10), dice.range(0.8, 1.25), dice.range(0.12, 0.24)];
    const [px, py] = [dice.range(0, 1), dice.range(0, 1)];
    return (x, y) => (part(x * across + px) < width || part(y * across * down + py) < width ? 1 : 0);
  },
  speckles(dice) {
    const [frequency, share, shift] = [dice.range(12, 26), dice.range(0.35, 0.8), dice.whole(0, 999)];
    return (x, y) => {
      const u = x * frequency;
      const v = y * frequency;
      const i = floor(u);
      const j = floor(v);
      if (cell(i, j, shift) > share) return 0.12 * cell(i, j, shift + 4);
      const du = u - i - 0.3 - 0.4 * cell(i, j, shift + 1);
      const dv = v - j - 0.3 - 0.4 * cell(i, j, shift + 2);
      const radius = 0.2 + 0.25 * cell(i, j, shift + 3);
      return du * du + dv * dv < radius * radius ? 0.5 + 0.5 * cell(i, j, shift + 5) : 0;
    };
  },
  fur(dice) {
    const [turn, frequency, shift] = [PI / 2 + dice.range(-0.9, 0.9), dice.range(28, 44), dice.whole(0, 999)];
    return (x, y) => {
      // Hairs lie in tufts, which lean a little differently from place to place.
      const bend = turn + 0.3 * (noise(1.5 * x, 1.5 * y, shift + 9) - 0.5);
      const c = cos(bend);
      const s = sin(bend);
      const along = 10 * (x * c + y * s) + noise(6 * x, 6 * y, shift + 7);
      const across = (y * c - x * s) * frequency;
      return smooth(0.2, 0.8, noise(across, along, shift));
    };
  },
  leaves(dice) {
    const [frequency, shift] = [dice.range(8, 15), dice.whole(0, 999)];
    return (x, y) => {
      const u = x * frequency;
      const v = y * frequency;
      const i0 = floor(u);
      const j0 = floor(v);
      let least = 9;
      let shade = 0;
      for (let j = j0 - 1; j <= j0 + 1; j++) {
        for (let i = i0 - 1; i <= i0 + 1; i++) {
          const du = u - i - cell(i, j, shift);
          const dv = v - j - cell(i, j, shift + 1);
          const lean = 2 * cell(i, j, shift + 2) - 1;
          const long = du + lean * dv;
          const wide = dv - lean * du;
          const distance = (long * long + 3 * wide * wide) / (1 + lean * lean); // an oval, longer than wide
          if (distance < least) {
            least = distance;
            shade = cell(i, j, shift + 3);
          }
        }
      }
      return (1 - smooth(0.2, 0.75, least)) * (0.45 + 0.55 * shade);
    };
  },
  waves(dice) {
    const [down, across, height] = [dice.range(6, 13), dice.range(1.5, 4), dice.range(0.25, 0.5)];
    const [phase, shift] = [dice.range(0, 6), dice.whole(0, 999)];
    return (x, y) => {
      const bend = height * sin(2 * PI * across * x + phase + 2 * noise(2 * x, 3 * y, shift));
      return 0.5 + 0.5 * sin(2 * PI * (down * y + bend + 0.6 * noise(3 * x, 3 * y, shift + 1)));
    };
  },
  bricks(dice) {
    const [rows, mortar, shift] = [dice.range(6, 11), dice.range(0.12, 0.2), dice.whole(0, 999)];
    const [length, py] = [dice.range(1.8, 2.6), dice.range(0, 1)];
    return (x, y) => {
      const v = y * rows + py;
      const u = (x * rows) / length + 0.5 * (floor(v) & 1);
      if (part(v) < mortar || part(u) < mortar / length) return 1;
      return 0.3 * cell(floor(u), floor(v), shift);
    };
  },
  planks(dice) {
    const [boards, gap, shift] = [dice.range(4, 8), dice.range(0.08, 0.14), dice.whole(0, 999)];
    const [upright, length] = [dice.chance(0.5), dice.range(0.5, 0.9)];
    return (x, y) => {
      const [across, along] = upright ? [x, y] : [y, x];
      const board = floor(across * boards);
      const end = part(along / length + cell(board, 7, shift));
      if (part(across * boards) < gap || end < 0.03) return 1;
      return (
        0.35 * cell(board, floor(along / length + cell(board, 7, shift)), shift + 1) +
        0.25 * noise(across * 40, along * 4, shift + 2)
      );
    };
  },
  woven(dice) {
    const frequency = dice.range(7, 13);
    return (x, y) => {
      const [u, v] = [x * frequency, y * frequency];
      const over = (floor(u) + floor(v)) & 1;
      const strand = over === 0 ? part(v) : part(u);
      const along = over === 0 ? part(u) : part(v);
      return 1 - sin(PI * strand) * (0.5 + 0.5 * sin(PI * along));
    };
  },
};

/** A texture of this name. */
export const patternOf = (name: TextureName, dice: Dice): Pattern => FAMILIES[name](dice);

/** Stone, soil, clouds: no texture that has a name in our list. */
export function cloudy(dice: Dice, frequency: number, octaves: number, stretch = 1): Pattern {
  const shift = dice.whole(0, 999);
  return (x, y) => smooth(0.25, 0.75, fractal(frequency * x, frequency * stretch * y, shift, octaves));
}
