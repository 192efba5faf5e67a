/** `world-scenes`: places with their surfaces, things and people, far ones small and high in the picture, near ones large and low. */
import { COLOUR_NAMES } from "../labels/labels.js";
import type { Art } from "./art.js";
import type { Region } from "./canvas.js";
import { NOUNS } from "./catalogue.js";
import { colourNamed } from "./colours.js";
import { Dice } from "./dice.js";
import { ACTORS, PEOPLE } from "./people.js";
import type { Cast, Layer, PlaceSpec, Zone } from "./place.js";
import { type Plan, Sketch } from "./plan.js";
import { below, everywhere, peaks, rectangle } from "./regions.js";
import { PLACES_OF_WORLD, type PlaceName } from "./scene-table.js";
import { addSolid } from "./solids.js";
import { surfaceOf } from "./surfaces.js";

export const SCENE_CLASSES = Object.keys(PLACES_OF_WORLD) as PlaceName[];

export function planScene(seed: number, index: number, art: Art): Plan {
  const dice = Dice.of("world-scenes", seed, index);
  const sketch = new Sketch(dice, art);
  const label = SCENE_CLASSES[index % SCENE_CLASSES.length];
  const place: PlaceSpec = PLACES_OF_WORLD[label];
  const horizon = dice.range(...place.horizon);
  for (const layer of place.layers) if (dice.chance(layer.chance ?? 1)) addLayer(sketch, layer, horizon);
  if (place.lettering !== undefined && dice.chance(place.lettering)) addSign(sketch, horizon);
  const placed = place.cast.flatMap((cast) => placesFor(dice, cast, horizon));
  if (place.people) placed.push(...passers(dice, place.people, horizon));
  // From far to near, so that near things hide far ones.
  for (const one of placed.sort((a, b) => a.depth - b.depth)) one.add(sketch);
  return sketch.finish(label, [label, ...place.kinds]);
}

function addLayer(sketch: Sketch, layer: Layer, horizon: number): void {
  const { dice } = sketch;
  const put = (region: Region) => sketch.surface(region, surfaceOf(dice, dice.pick(layer.of), { horizon }));
  if (layer.as === "all") put(everywhere);
  else if (layer.as === "ground") put(below(dice, horizon, layer.uneven ?? 0));
  else if (layer.as === "peaks") put(peaks(dice, horizon, horizon - dice.range(...layer.height)));
  else if (layer.as === "band") {
    const band = below(dice, horizon + dice.range(...layer.from), layer.uneven ?? 0);
    if (layer.to === undefined) put(band);
    else {
      const end = horizon + dice.range(...layer.to);
      put({ distance: (x, y) => Math.max(band.distance(x, y), y - end), box: band.box });
    }
  } else addPanels(sketch, layer, horizon);
}

function addPanels(sketch: Sketch, layer: Layer & { as: "panels" }, horizon: number): void {
  const { dice } = sketch;
  const count = dice.whole(...layer.count);
  for (let i = 0; i < count; i++) {
    const [width, height] = [dice.range(...layer.width), dice.range(...layer.height)];
    let x = count > 1 ? (i + 0.5 + dice.range(-0.3, 0.3)) / count : dice.range(0.3, 0.7);
    let y = horizon - height / 2 + 0.01; // a row along the horizon
    if (layer.at === "wall") {
      const shelf = width > 0.6;
      if (shelf) x = 0.5;
      y = shelf ? ((i + 0.8) / (count + 0.6)) * horizon : Math.max(dice.range(0.35, 0.6) * horizon, height / 2 - 0.05);
    }
    if (layer.at === "floor") y = Math.min(horizon + dice.range(0.04, 0.3), 1.02) - height / 2 + 0.04;
    const surface = surfaceOf(dice, dice.pick(layer.of));
    sketch.surface(rectangle(x, y, width, height), surface, {
      ...layer.known,
      material: layer.known.material ?? surface.material,
    });
    if (layer.lettering !== undefined && dice.chance(layer.lettering)) {
      const ink = layer.of.includes("blackboard green")
        ? colourNamed(dice, dice.pick(["white", "white", "yellow"]))
        : undefined;
      const lines = height > 0.2 && dice.chance(0.5) ? 2 : 1;
      for (let line = 0; line < lines; line++) {
        const top = y + height * ((line + 0.5) / lines - 0.5);
        sketch.line([x, top, 0.85 * width, (0.7 * height) / lines], ink);
      }
    }
  }
}

/** A board with lettering above the ground, of any colour. */
function addSign(sketch: Sketch, horizon: number): void {
  const { dice } = sketch;
  const [width, height] = [dice.range(0.25, 0.55), dice.range(0.1, 0.18)];
  const [x, y, turn] = [dice.range(0.25, 0.75), dice.range(0.12, 0.75) * horizon, dice.range(-0.06, 0.06)];
  const colour = colourNamed(dice, dice.pick(COLOUR_NAMES));
  const surface = surfaceOf(dice, "paper", { look: "smooth", colours: [colour, colour] });
  sketch.surface(rectangle(x, y, width, height, turn), surface, {
    kind: "object",
    names: ["sign"],
    shape: "rectangle",
  });
  sketch.line([x, y, 0.85 * width, 0.75 * height], undefined, turn);
}

interface Placed {
  readonly depth: number;
  add(sketch: Sketch): void;
}

function placesFor(dice: Dice, [names, zone, chance, size, most]: Cast, horizon: number): Placed[] {
  if (!dice.chance(chance)) return [];
  const list = nounsIn(names);
  return Array.from({ length: dice.whole(1, most) }, () => {
    const name = dice.pick(list);
    const spot = spotIn(dice, zone, dice.range(...size), horizon);
    return {
      depth: spot.depth,
      add(sketch: Sketch) {
        if (name === "solid") addSolid(sketch, spot);
        else if (name in ACTORS) sketch.person(ACTORS[name], spot);
        else sketch.noun(NOUNS[name], spot);
      },
    };
  });
}

/** Names separated by spaces, some of which consist of two words. */
export function nounsIn(names: string): string[] {
  const list: string[] = [];
  let rest = names.split(" ");
  while (rest.length > 0) {
    const words = `${rest[0]} ${rest[1]}` in NOUNS ? 2 : 1;
    list.push(rest.slice(0, words).join(" "));
    rest = rest.slice(words);
  }
  return list;
}

/** A position in a zone. Things on the ground are as much smaller as they are farther. */
function spotIn(dice: Dice, zone: Zone, size: number, horizon: number) {
  const x = dice.range(0.06, 0.94);
  if (zone === "wall") return { x, y: dice.range(0.18, 0.85) * horizon, size, stands: false, depth: 0 };
  if (zone === "air") return { x, y: dice.range(0.1, 0.85) * Math.min(horizon, 1), size, stands: false, depth: 0.1 };
  if (zone === "anywhere") return { x, y: dice.range(0.08, 0.85), size, stands: false, depth: dice.range(0.1, 1) };
  if (zone === "far") return { x, y: horizon + dice.range(0.01, 0.05), size, stands: true, depth: horizon };
  if (zone === "counter") return { x, y: horizon + dice.range(0.02, 0.08), size, stands: true, depth: horizon + 0.1 };
  const near = zone === "front" ? dice.range(0.75, 1) : dice.range(0.15, 1);
  const y = horizon + 0.04 + near * (1.0 - horizon);
  return { x, y, size: size * (0.5 + 0.6 * near), stands: true, depth: y };
}

function passers(dice: Dice, [chance, most, size]: NonNullable<PlaceSpec["people"]>, horizon: number): Placed[] {
  if (!dice.chance(chance)) return [];
  return Array.from({ length: dice.whole(1, most) }, () => {
    const person = dice.pick(PEOPLE);
    const spot = spotIn(
      dice,
      person.whole ? "ground" : "front",
      dice.range(...size) * (person.whole ? 1 : 0.8),
      horizon,
    );
    // Heads are people who stand nearer than the picture reaches down.
    const at = person.whole ? spot : { ...spot, y: Math.max(spot.y, 0.86), depth: 1.1 };
    return { depth: at.depth, add: (sketch: Sketch) => sketch.person(person, at) };
  });
}
