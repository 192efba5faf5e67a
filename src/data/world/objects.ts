/** `world-objects`: one thing large in the picture, before something plain, patterned or natural, sometimes not alone. */
import { COLOUR_NAMES } from "../labels/labels.js";
import type { Art } from "./art.js";
import { NOUNS } from "./catalogue.js";
import { colourNamed } from "./colours.js";
import { Dice } from "./dice.js";
import { PEOPLE } from "./people.js";
import { type Plan, Sketch } from "./plan.js";
import { below, ellipse, everywhere, polygon, rectangle } from "./regions.js";
import { addSolid } from "./solids.js";
import type { SurfaceKind } from "./surface-kinds.js";
import { surfaceOf } from "./surfaces.js";

export const OBJECT_CLASSES = [
  ...["dog", "cat", "horse", "elephant", "bear", "bird", "fish", "butterfly", "car", "bus", "bicycle", "airplane"],
  ...["boat", "tree", "flower", "apple", "banana", "chair", "guitar", "clock", "house", "shirt", "ball", "umbrella"],
] as const;
type ObjectClass = (typeof OBJECT_CLASSES)[number];

/** Where things of a class are often met: what is below and what is above. Any other place is possible too. */
const OUTDOORS = [
  ["grass", "sky"],
  ["meadow", "cloudy sky"],
  ["grass", "hedge"],
  ["field", "sky"],
  ["soil", "foliage"],
] as const;
const STREET = [
  ["asphalt", "brick wall"],
  ["asphalt", "sky"],
  ["pavement", "day front"],
  ["pavement", "cloudy sky"],
] as const;
const INDOORS = [
  ["wooden floor", "wallpaper"],
  ["carpet", "painted wall"],
  ["tiled floor", "tiles"],
  ["wooden floor", "brick wall"],
  ["wood", "painted wall"],
] as const;
const AIR = [
  ["cloudy sky", "sky"],
  ["sky", "sky"],
  ["sea", "cloudy sky"],
  ["grass", "sky"],
] as const;
const WATER = [
  ["sea", "sky"],
  ["sea", "cloudy sky"],
  ["river", "foliage"],
] as const;
const DEEP = [
  ["deep water", "deep water"],
  ["sand", "deep water"],
] as const;
const SNOW = [
  ["snow", "sky"],
  ["snow", "mountain"],
] as const;
type Place = readonly [ground: SurfaceKind, above: SurfaceKind];

const HOMES: Readonly<Record<ObjectClass, readonly Place[]>> = {
  dog: [...OUTDOORS, ...INDOORS, ...STREET],
  cat: [...INDOORS, ...INDOORS, ...OUTDOORS],
  horse: OUTDOORS,
  elephant: [["desert sand", "sky"], ...OUTDOORS],
  bear: [["soil", "foliage"], ...SNOW, ...OUTDOORS],
  bird: [...AIR, ["foliage", "foliage"], ...OUTDOORS],
  fish: [...DEEP, ...DEEP, ...WATER],
  butterfly: [
    ["foliage", "foliage"],
    ["meadow", "sky"],
    ["hedge", "hedge"],
  ],
  car: STREET,
  bus: STREET,
  bicycle: [...STREET, ["grass", "hedge"], ["pavement", "brick wall"]],
  airplane: AIR,
  boat: WATER,
  tree: [...OUTDOORS, ...SNOW],
  flower: [
    ["foliage", "foliage"],
    ["grass", "sky"],
    ["wood", "wallpaper"],
    ["hedge", "hedge"],
  ],
  apple: [
    ["wood", "painted wall"],
    ["cloth", "wallpaper"],
    ["foliage", "foliage"],
    ["tiled floor", "tiles"],
  ],
  banana: [
    ["wood", "painted wall"],
    ["cloth", "wallpaper"],
    ["foliage", "foliage"],
    ["tiled floor", "tiles"],
  ],
  chair: INDOORS,
  guitar: [...INDOORS, ["cloth", "cloth"], ["curtain", "curtain"]],
  clock: [...INDOORS, ["wood", "brick wall"]],
  house: [...OUTDOORS, ...SNOW, ...STREET],
  shirt: [
    ["cloth", "cloth"],
    ["wood", "wooden wall"],
    ["carpet", "curtain"],
    ["painted wall", "painted wall"],
  ],
  ball: [
    ["pitch", "crowd"],
    ["grass", "sky"],
    ["sand", "sea"],
    ["wooden floor", "painted wall"],
    ["asphalt", "brick wall"],
  ],
  umbrella: [...STREET, ["sand", "sea"], ["sand", "sky"]],
};

/** Classes that need not stand on the ground. */
const FREE: readonly ObjectClass[] = [
  "bird",
  "fish",
  "butterfly",
  "airplane",
  "flower",
  "apple",
  "banana",
  "guitar",
  "clock",
  "shirt",
  "ball",
  "umbrella",
];

/** Things that may lie about. */
const BYSTANDERS = Object.values(NOUNS).filter(
  ({ names }) => !["building", "natural object", "fixture"].includes(names.at(-1)!),
);

export function planObjects(seed: number, index: number, art: Art): Plan {
  const dice = Dice.of("world-objects", seed, index);
  const sketch = new Sketch(dice, art);
  const label = OBJECT_CLASSES[index % OBJECT_CLASSES.length];
  const stood = background(sketch, label);
  const size = 0.45 + 0.5 * Math.sqrt(dice.range(0, 1)); // rather large than small
  if (dice.chance(0.3)) bystander(sketch, stood);
  if (dice.chance(0.15)) person(sketch, stood);
  if (dice.chance(0.14)) sign(sketch);
  const standing = stood !== undefined && !(FREE.includes(label) && dice.chance(0.6));
  const x = 0.5 + (1 - 0.7 * size) * dice.range(-0.32, 0.32);
  const y = standing
    ? Math.min(Math.max(stood + dice.range(0.1, 0.4), 0.35 + 0.55 * size), 1.02)
    : 0.5 + (1 - 0.8 * size) * dice.range(-0.3, 0.3);
  sketch.noun(NOUNS[label], { x, y, size, stands: standing }, { patterned: 0.25 });
  if (dice.chance(0.08)) occluder(sketch, x, y, size);
  return sketch.finish(label, []);
}

/** Paints what is behind; returns the height of the horizon, if there is one. */
function background(sketch: Sketch, label: ObjectClass): number | undefined {
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
  const places = dice.chance(0.85) ? HOMES[label] : [...OUTDOORS, ...INDOORS, ...STREET, ...SNOW];
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

function bystander(sketch: Sketch, horizon: number | undefined): void {
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

function person(sketch: Sketch, horizon: number | undefined): void {
  const { dice } = sketch;
  const noun = dice.pick(PEOPLE);
  const x = dice.pick([dice.range(0.05, 0.3), dice.range(0.7, 0.95)]);
  const size = noun.whole ? dice.range(0.4, 0.8) : dice.range(0.25, 0.45);
  const y = horizon === undefined || !noun.whole ? dice.range(0.25, 0.7) : horizon + dice.range(0.1, 0.3);
  sketch.person(noun, { x, y, size, stands: horizon !== undefined && noun.whole });
}

/** A board with lettering, or lettering alone. */
function sign(sketch: Sketch): void {
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

/** Something small before the object: a leaf, a post, a ball. */
function occluder(sketch: Sketch, x: number, y: number, size: number): void {
  const { dice } = sketch;
  if (dice.chance(0.4)) {
    const post = rectangle(x + size * dice.range(-0.4, 0.4), 0.5, dice.range(0.03, 0.08), 1.1, dice.range(-0.15, 0.15));
    sketch.surface(post, surfaceOf(dice, dice.pick(["wood", "metal", "bark"])), { kind: "object", names: ["post"] });
    return;
  }
  const noun = NOUNS[dice.pick(["leaf", "flower", "ball", "apple", "cup", "clover", "book", "mushroom"])];
  sketch.noun(noun, { x: x + size * dice.range(-0.35, 0.35), y: y - size * dice.range(0, 0.25), size: 0.3 * size });
}
