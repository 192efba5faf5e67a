/** What is around the main thing of a picture: ground and what is above it, or a plain or patterned surface; things beside; signs. */
import { COLOUR_NAMES } from "../labels/labels.js";
import { NOUNS } from "./catalogue.js";
import { colourNamed } from "./colours.js";
import type { Sketch } from "./plan.js";
import { below, ellipse, everywhere, polygon, rectangle } from "./regions.js";
import { addSolid } from "./solids.js";
import type { SurfaceKind } from "./surface-kinds.js";
import { surfaceOf } from "./surfaces.js";

/** What is below, and what is above. */
export type Place = readonly [ground: SurfaceKind, above: SurfaceKind];

export const OUTDOORS = [
  ["grass", "sky"],
  ["meadow", "cloudy sky"],
  ["grass", "hedge"],
  ["field", "sky"],
  ["soil", "foliage"],
] as const;
export const STREET = [
  ["asphalt", "brick wall"],
  ["asphalt", "sky"],
  ["pavement", "day front"],
  ["pavement", "cloudy sky"],
] as const;
export const INDOORS = [
  ["wooden floor", "wallpaper"],
  ["carpet", "painted wall"],
  ["tiled floor", "tiles"],
  ["wooden floor", "brick wall"],
  ["wood", "painted wall"],
] as const;
export const AIR = [
  ["cloudy sky", "sky"],
  ["sky", "sky"],
  ["sea", "cloudy sky"],
  ["grass", "sky"],
] as const;
export const WATER = [
  ["sea", "sky"],
  ["sea", "cloudy sky"],
  ["river", "foliage"],
] as const;
export const DEEP = [
  ["deep water", "deep water"],
  ["sand", "deep water"],
] as const;
export const SNOW = [
  ["snow", "sky"],
  ["snow", "mountain"],
] as const;

/** Things that may lie about. */
const BYSTANDERS = Object.values(NOUNS).filter(
  ({ names }) => !["building", "natural object", "fixture"].includes(names.at(-1)!),
);

/**
 * Paints what is behind; returns the height of the horizon, if there is one.
 * @param homes where the main thing is often met; any other place is possible too.
 */
export function background(sketch: Sketch, homes: readonly Place[]): number | undefined {
  const { dice } = sketch;
  const chance = dice.range(0, 1);
  if (chance < 0.34) {
    const name = dice.pick(COLOUR_NAMES);
    const wall = dice.pick([
      "backdrop",
      "backdrop",
      "cloth",
      "cloth",
      "speckled",
      "wallpaper",
      "painted wall",
      "paper",
    ] as const);
    const colours = dice.chance(0.5)
      ? ([colourNamed(dice, name), colourNamed(dice, dice.chance(0.4) ? name : dice.pick(COLOUR_NAMES))] as const)
      : undefined;
    sketch.surface(everywhere, surfaceOf(dice, wall, { colours }));
    return undefined;
  }
  const places = dice.chance(0.85) ? homes : [...OUTDOORS, ...INDOORS, ...STREET, ...SNOW];
  const [ground, above] = dice.pick<Place>(places);
  const horizon = dice.range(0.35, 0.72);
  sketch.surface(everywhere, surfaceOf(dice, above));
  if (ground === above) return undefined;
  const uneven = ["grass", "meadow", "snow", "soil", "sand", "desert sand", "field"].includes(ground)
    ? dice.range(0, 0.08)
    : 0;
  sketch.surface(below(dice, horizon, uneven), surfaceOf(dice, ground, { horizon }));
  return horizon;
}

/** One or two small things at a side. */
export function bystander(sketch: Sketch, horizon: number | undefined): void {
  const { dice } = sketch;
  const side = dice.pick([-1, 1]);
  for (let count = dice.whole(1, 2); count > 0; count--) {
    const stands = horizon !== undefined;
    const y = stands ? horizon + dice.range(0.04, 0.3) : dice.range(0.1, 0.9);
    const spot = { x: 0.5 + side * dice.range(0.25, 0.48), y, size: dice.range(0.18, 0.36), stands };
    if (dice.chance(0.4)) addSolid(sketch, spot);
    else sketch.noun(dice.pick(BYSTANDERS), spot);
  }
}

/** A board with lettering, or lettering alone. */
export function sign(sketch: Sketch): void {
  const { dice } = sketch;
  const [x, y, size, turn] = [
    dice.range(0.25, 0.75),
    dice.pick([dice.range(0.1, 0.25), dice.range(0.78, 0.92)]),
    dice.range(0.25, 0.5),
    dice.range(-0.25, 0.25),
  ];
  const shape = dice.pick(["none", "none", "circle", "square", "rectangle", "triangle"] as const);
  if (shape !== "none") {
    const regions = {
      circle: ellipse(x, y, size, size),
      square: rectangle(x, y, size, size, turn),
      rectangle: rectangle(x, y, 1.5 * size, 0.6 * size, turn),
      triangle: polygon(x, y, 1.2 * size, 3, turn + Math.PI),
    };
    const surface = surfaceOf(dice, "paper", {
      look: "smooth",
      colours: twice(colourNamed(dice, dice.pick(COLOUR_NAMES))),
    });
    sketch.surface(regions[shape], surface, { kind: "object", names: ["sign"], shape, material: undefined });
  }
  const room = { none: 1.6, circle: 0.8, square: 0.85, rectangle: 1.35, triangle: 0.5 }[shape];
  sketch.line([x, y, room * size, 0.4 * size], undefined, turn);
}

const twice = <T>(value: T) => [value, value] as const;
