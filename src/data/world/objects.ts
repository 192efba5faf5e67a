/** `world-objects`: one thing large in the picture, before something plain, patterned or natural, sometimes not alone. */
import type { Art } from "./art.js";
import { NOUNS } from "./catalogue.js";
import { Dice } from "./dice.js";
import { PEOPLE } from "./people.js";
import { type Plan, Sketch } from "./plan.js";
import { rectangle } from "./regions.js";
import { surfaceOf } from "./surfaces.js";
import {
  AIR,
  background,
  bystander,
  DEEP,
  INDOORS,
  OUTDOORS,
  type Place,
  SNOW,
  STREET,
  sign,
  WATER,
} from "./surroundings.js";

export const OBJECT_CLASSES = [
  ...["dog", "cat", "horse", "elephant", "bear", "bird", "fish", "butterfly", "car", "bus", "bicycle", "airplane"],
  ...["boat", "tree", "flower", "apple", "banana", "chair", "guitar", "clock", "house", "shirt", "ball", "umbrella"],
] as const;
type ObjectClass = (typeof OBJECT_CLASSES)[number];

/** Where things of a class are often met. */
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

export function planObjects(seed: number, index: number, art: Art): Plan {
  const dice = Dice.of("world-objects", seed, index);
  const sketch = new Sketch(dice, art);
  const label = OBJECT_CLASSES[index % OBJECT_CLASSES.length];
  const stood = background(sketch, HOMES[label]);
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

function person(sketch: Sketch, horizon: number | undefined): void {
  const { dice } = sketch;
  const noun = dice.pick(PEOPLE);
  const x = dice.pick([dice.range(0.05, 0.3), dice.range(0.7, 0.95)]);
  const size = noun.whole ? dice.range(0.4, 0.8) : dice.range(0.25, 0.45);
  const y = horizon === undefined || !noun.whole ? dice.range(0.25, 0.7) : horizon + dice.range(0.1, 0.3);
  sketch.person(noun, { x, y, size, stands: horizon !== undefined && noun.whole });
}

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
