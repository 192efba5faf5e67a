/** Outlines of painted areas as signed distances (negative inside), in sides of the picture. */
import type { Region } from "./canvas.js";
import type { Dice } from "./dice.js";
import { fractal } from "./noise.js";

export const everywhere: Region = { distance: () => -1, box: [0, 0, 1, 1] };

export function rectangle(x: number, y: number, width: number, height: number, turn = 0): Region {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const reach = Math.hypot(width, height) / 2 + 0.02;
  return {
    distance(px, py) {
      const [dx, dy] = [px - x, py - y];
      return Math.max(Math.abs(dx * c + dy * s) - width / 2, Math.abs(dy * c - dx * s) - height / 2);
    },
    box:
      turn === 0
        ? [x - width / 2 - 0.02, y - height / 2 - 0.02, x + width / 2 + 0.02, y + height / 2 + 0.02]
        : [x - reach, y - reach, x + reach, y + reach],
  };
}

export function ellipse(x: number, y: number, width: number, height: number): Region {
  const radius = Math.min(width, height) / 2;
  return {
    distance: (px, py) => (Math.hypot((2 * (px - x)) / width, (2 * (py - y)) / height) - 1) * radius,
    box: [x - width / 2 - 0.02, y - height / 2 - 0.02, x + width / 2 + 0.02, y + height / 2 + 0.02],
  };
}

/** A polygon with equal sides, standing on one of them. @param turn radians. */
export function polygon(x: number, y: number, size: number, corners: number, turn: number): Region {
  const inner = (size / 2) * Math.cos(Math.PI / corners);
  return {
    distance(px, py) {
      const sector = (2 * Math.PI) / corners;
      const angle = Math.atan2(py - y, px - x) - turn - Math.PI / 2;
      const folded = angle - sector * Math.round(angle / sector);
      return Math.hypot(px - x, py - y) * Math.cos(folded) - inner;
    },
    box: [x - size / 2 - 0.02, y - size / 2 - 0.02, x + size / 2 + 0.02, y + size / 2 + 0.02],
  };
}

/** Everything below a line that is level, or wavy by `height` with bumps of width `1 / frequency`. */
export function below(dice: Dice, y: number, height = 0, frequency = 2): Region {
  const [shift, tilt] = [dice.whole(0, 999), height === 0 ? 0 : dice.range(-0.3, 0.3) * height];
  const edge = (px: number) => y + tilt * (px - 0.5) + 2 * height * (fractal(px * frequency, 0.5, shift, 3) - 0.5);
  return { distance: (px, py) => edge(px) - py, box: [0, Math.max(y - 1.6 * height - 0.02, 0), 1, 1] };
}

/** Mountains: peaks with straight flanks above a foot. */
export function peaks(dice: Dice, foot: number, top: number): Region {
  const tips = Array.from({ length: dice.whole(1, 3) }, () => ({
    x: dice.range(0.05, 0.95),
    y: top + dice.range(0, 0.35) * (foot - top),
    steep: dice.range(0.7, 1.6),
  }));
  const shift = dice.whole(0, 999);
  return {
    distance(px, py) {
      const rough = 0.06 * (fractal(px * 9, 0.5, shift, 3) - 0.5);
      const edge = Math.min(...tips.map((tip) => tip.y + tip.steep * Math.abs(px - tip.x)), foot) + rough;
      return Math.max(edge - py, py - foot - 0.04);
    },
    box: [0, Math.max(top - 0.06, 0), 1, Math.min(foot + 0.06, 1)],
  };
}
