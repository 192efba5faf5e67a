/**
 * `world-people`: somebody's head, so large that the face can be seen well, before anything, sometimes with things, lettering or passers-by beside; or
 * nobody, but a thing or an animal. What a classifier does without faces is tried on it (docs/analysis.md).
 */
import type { Art } from "./art.js";
import { NOUNS } from "./catalogue.js";
import { Dice } from "./dice.js";
import { PEOPLE, PORTRAITS } from "./people.js";
import { type Plan, Sketch } from "./plan.js";
import { background, bystander, INDOORS, OUTDOORS, SNOW, STREET, sign } from "./surroundings.js";

export const PORTRAIT_CLASSES = [...(Object.keys(PORTRAITS) as (keyof typeof PORTRAITS)[]), "nobody"] as const;

const PLACES = [...OUTDOORS, ...INDOORS, ...STREET, ...SNOW];

/** What is in pictures of nobody: nothing that somebody would take for a person. */
const THINGS = Object.entries(NOUNS).flatMap(([name, noun]) =>
  ["snowman", "teddy bear"].includes(name) ? [] : [noun],
);

/** Drawn down to their chests: their faces are smaller in the drawing. */
const BUSTS: readonly string[] = ["police officer", "construction worker", "farmer", "cook", "teacher"];

const FIGURES = PEOPLE.filter(({ whole }) => whole);

export function planPortrait(seed: number, index: number, art: Art): Plan {
  const dice = Dice.of("world-people", seed, index);
  const sketch = new Sketch(dice, art);
  const label = PORTRAIT_CLASSES[index % PORTRAIT_CLASSES.length];
  const horizon = background(sketch, PLACES);
  if (dice.chance(0.35)) bystander(sketch, horizon);
  if (dice.chance(0.2)) sign(sketch);
  const size = (BUSTS.includes(label) ? 1.35 : 1) * dice.range(0.3, 0.64);
  const free = 1 - 0.7 * size;
  const [x, y] = [0.5 + free * dice.range(-0.4, 0.4), 0.5 + free * dice.range(-0.3, 0.35)];
  if (label === "nobody") sketch.noun(dice.pick(THINGS), { x, y, size });
  else {
    if (dice.chance(0.15)) passer(sketch, horizon);
    sketch.person(PORTRAITS[label], { x, y, size });
  }
  return sketch.finish(label, []);
}

/** A figure at a side. */
function passer(sketch: Sketch, horizon: number | undefined): void {
  const { dice } = sketch;
  const stands = horizon !== undefined;
  const y = stands ? horizon + dice.range(0.1, 0.3) : dice.range(0.4, 0.7);
  sketch.person(dice.pick(FIGURES), {
    ...{ x: dice.pick([dice.range(0.03, 0.2), dice.range(0.8, 0.97)]), y, size: dice.range(0.35, 0.6), stands },
  });
}
