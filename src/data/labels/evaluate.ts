/**
 * The answer of a picture's labels to a query: the pixels of which it is true. Atoms cost one look at each pixel; regions and
 * relations cost finding connected areas beside that (`areas.ts`), and their geometry is written down in `regions.ts` and
 * `relations.ts`. Measured at 64 pixels: see docs/world.md.
 *
 * Areas of things end where another thing begins, though both are covered: of two dogs side by side each has a top. Areas of anything
 * else (colours, textures, the background, scenes) go on across things.
 */
import { areasOf } from "./areas.js";
import { COLOUR_NAMES, type ColourName, type LabelledThing, type Labels, TEXTURE_NAMES } from "./labels.js";
import type { Query, Relation } from "./query.js";
import { isInPlace, regionMask } from "./regions.js";
import { relationMask } from "./relations.js";

/** Colours that are lighter and darker than usual. Planes know no shades, so this is all that is known of brightness. */
export const LIGHT_COLOURS: readonly ColourName[] = ["white", "yellow", "pink"];
export const DARK_COLOURS: readonly ColourName[] = ["black", "brown"];

/** Share of a thing that `of` must cover for the thing's parts to count as parts of it: the wheels of a car that is mostly red. */
const OWNED = 1 / 4;

/** uint8 [y, x]: 1 where the query is true of the picture, 0 elsewhere. A new array. */
export function evaluate(query: Query, labels: Labels): Uint8Array {
  switch (query.is) {
    case "colour":
      return planeMask(labels.colour, [COLOUR_NAMES.indexOf(query.name as ColourName)]);
    case "light":
      return planeMask(labels.colour, LIGHT_COLOURS.map(colourNumber));
    case "dark":
      return planeMask(labels.colour, DARK_COLOURS.map(colourNumber));
    case "texture":
      return textureMask(query.name, labels);
    case "scene":
      return new Uint8Array(labels.thing.length).fill(labels.scene.includes(query.name) ? 1 : 0);
    case "thing":
      return thingMask(labels, (thing) => thing?.names.includes(query.name));
    case "material":
      return thingMask(labels, (thing) => thing?.material === query.name);
    case "shape":
      return thingMask(labels, (thing) => thing?.shape === query.name);
    case "object":
      return thingMask(labels, (thing) => thing?.kind === "object" || thing?.kind === "person");
    case "person":
      return thingMask(labels, (thing) => thing?.kind === "person");
    case "text":
      return thingMask(labels, (thing) => thing?.kind === "lettering");
    case "background":
      return thingMask(labels, (thing) => thing === undefined || thing.kind === "surface");
    case "part":
      return partMask(query.name, query.of, labels);
    case "and":
    case "or":
      return combine(query.is, query.of, labels);
    case "not":
      return evaluate(query.of, labels).map((value) => 1 - value);
    case "region":
      return regionMask(areas(query.of, labels), query.region, labels.size);
    case "place":
      return placeMask(labels.size, query.place);
    default:
      return related(query.what, query.is, query.to, labels);
  }
}

const colourNumber = (name: ColourName) => COLOUR_NAMES.indexOf(name);

/** 1 where the plane has 1 + one of the positions; a position of -1 is a name that does not exist. */
function planeMask(plane: Uint8Array, positions: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const position of positions) table[position + 1] = 1;
  table[0] = 0;
  return through(plane, table);
}

function textureMask(name: string, { texture, textures = [] }: Labels): Uint8Array {
  const mask = planeMask(texture, [(TEXTURE_NAMES as readonly string[]).indexOf(name)]);
  for (const [own, plane] of textures) {
    if (own === name) for (let at = 0; at < mask.length; at++) if (plane[at] !== 0) mask[at] = 1;
  }
  return mask;
}

function through(plane: Uint8Array, table: Uint8Array): Uint8Array {
  const mask = new Uint8Array(plane.length);
  for (let i = 0; i < mask.length; i++) mask[i] = table[plane[i]];
  return mask;
}

/** 1 where a thing is seen of which this holds; undefined stands for pixels without a thing. */
function thingMask({ thing, things }: Labels, holds: (thing?: LabelledThing) => boolean | undefined): Uint8Array {
  const table = new Uint8Array(256);
  table[0] = holds() ? 1 : 0;
  for (const [i, one] of things.entries()) table[i + 1] = holds(one) ? 1 : 0;
  return through(thing, table);
}

function partMask(name: string, of: Query | undefined, labels: Labels): Uint8Array {
  const mask = new Uint8Array(labels.thing.length);
  const owned = of && ownedThings(of, labels);
  for (const [i, { parts }] of labels.things.entries()) {
    if (owned && !owned.has(i)) continue;
    for (const [part, plane] of parts ?? []) {
      if (part === name) for (let at = 0; at < mask.length; at++) if (plane[at] !== 0) mask[at] = 1;
    }
  }
  return mask;
}

/** The things of which the query covers a quarter or more. */
function ownedThings(of: Query, labels: Labels): Set<number> {
  const covered = evaluate(of, labels);
  const counts = new Float64Array(256);
  const all = new Float64Array(256);
  for (let at = 0; at < covered.length; at++) {
    all[labels.thing[at]]++;
    counts[labels.thing[at]] += covered[at];
  }
  const found = new Set<number>();
  for (let i = 0; i < labels.things.length; i++) {
    if (counts[i + 1] > 0 && counts[i + 1] >= OWNED * all[i + 1]) found.add(i);
  }
  return found;
}

function combine(is: "and" | "or", of: readonly Query[], labels: Labels): Uint8Array {
  const mask = new Uint8Array(labels.thing.length).fill(is === "and" ? 1 : 0);
  for (const part of of) {
    const other = evaluate(part, labels);
    if (is === "and") for (let at = 0; at < mask.length; at++) mask[at] &= other[at];
    else for (let at = 0; at < mask.length; at++) mask[at] |= other[at];
  }
  return mask;
}

const areas = (query: Query, labels: Labels) =>
  areasOf(evaluate(query, labels), labels.size, isOfThings(query) ? labels.thing : undefined);

function related(what: Query, relation: Relation, to: Query, labels: Labels): Uint8Array {
  const isLayered = relation === "in front of" || relation === "behind";
  const areasIn = (query: Query) =>
    isLayered ? areasOf(evaluate(query, labels), labels.size, labels.thing) : areas(query, labels);
  const other = areasIn(to);
  if (other.areas.length === 0) return new Uint8Array(labels.thing.length); // nothing lies so to nothing
  const own = areasIn(what);
  return relationMask(own, relation, other, !isOfThings(what), labels.size);
}

/** Whether a query picks out things, whose areas are theirs. */
function isOfThings(query: Query): boolean {
  switch (query.is) {
    case "thing":
    case "material":
    case "shape":
    case "part":
    case "object":
    case "person":
    case "text":
      return true;
    case "and":
      return query.of.some(isOfThings);
    case "or":
      return query.of.length > 0 && query.of.every(isOfThings);
    case "region":
      return query.region !== "edges" && isOfThings(query.of);
    case "colour":
    case "texture":
    case "scene":
    case "background":
    case "light":
    case "dark":
    case "not":
    case "place":
      return false;
    default:
      return isOfThings(query.what);
  }
}

const PLACES = new Map<string, Uint8Array>();

/** Places depend on nothing but the size, so each is made once. */
function placeMask(size: number, place: Extract<Query, { is: "place" }>["place"]): Uint8Array {
  const key = `${place} ${size}`;
  let mask = PLACES.get(key);
  if (mask === undefined) {
    mask = Uint8Array.from({ length: size * size }, (_, at) =>
      isInPlace(place, at % size, Math.floor(at / size), size) ? 1 : 0,
    );
    if (PLACES.size < 64) PLACES.set(key, mask);
  }
  return mask.slice();
}
