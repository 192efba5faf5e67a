/** What follows from what, of queries: without a picture, from what they say alone. */
import { DARK_COLOURS, LIGHT_COLOURS } from "./evaluate.js";
import type { ColourName } from "./labels.js";
import type { Query } from "./query.js";

/** Whether whatever is called by a name is also called by another: "dog", "animal"; or is an "object". Every name is a kind of itself. */
export type IsKindOf = (name: string, kind: string) => boolean;

/** True of every pixel. */
const ANYTHING: Query = { is: "and", of: [] };

/**
 * Whether the general query is true wherever the special one is, as words are meant: the tops of red dogs are tops of dogs, though the third of a box that
 * "top" is (`regions.ts`) is another one for a dog and for what is red of it. Not complete: `not` implies itself only, and nothing is known of how
 * places overlap regions.
 */
export function implies(special: Query, general: Query, isKindOf: IsKindOf): boolean {
  const does = (a: Query, b: Query) => implies(a, b, isKindOf);
  if (general.is === "and") return general.of.every((part) => does(special, part));
  if (special.is === "or") return special.of.length > 0 && special.of.every((part) => does(part, general));
  if (general.is === "or" && general.of.some((part) => does(special, part))) return true;
  if (special.is === "and") return special.of.some((part) => does(part, general));
  if (special.is === "region") {
    const isSame = general.is === "region" && general.region === special.region;
    if (isSame && does(special.of, general.of)) return true;
    return special.region !== "edges" && does(special.of, general); // half of an edge lies outside
  }
  if ("what" in special) {
    const isSame = "what" in general && general.is === special.is;
    return (isSame && does(special.what, general.what) && does(special.to, general.to)) || does(special.what, general);
  }
  if (special.is === "part" && special.of && does(special.of, general)) return true;
  switch (general.is) {
    case "part":
      if (special.is !== "part" || special.name !== general.name) return false;
      return !general.of || (special.of !== undefined && does(special.of, general.of));
    case "thing":
      return special.is === "thing" && isKindOf(special.name, general.name);
    case "object":
      if (special.is === "thing") return isKindOf(special.name, "object");
      return special.is === "object" || special.is === "person";
    case "light":
      return special.is === "light" || isOneOf(special, LIGHT_COLOURS);
    case "dark":
      return special.is === "dark" || isOneOf(special, DARK_COLOURS);
    default:
      return JSON.stringify(special) === JSON.stringify(general);
  }
}

const isOneOf = (query: Query, colours: readonly ColourName[]): boolean =>
  query.is === "colour" && (colours as readonly string[]).includes(query.name);

/**
 * Queries of which each says one thing, and which all hold where the given one does: of "the tops of red cars", tops of anything, red, and cars. What is
 * said of alternatives is one thing.
 */
export function facetsOf(query: Query): readonly Query[] {
  if (query.is === "and" && query.of.length > 0) return query.of.flatMap(facetsOf);
  if (query.is === "region") return [{ ...query, of: ANYTHING }, ...facetsOf(query.of)].filter(says);
  if (query.is === "part" && query.of) return [{ is: "part", name: query.name }, ...facetsOf(query.of)];
  if ("what" in query) return [{ ...query, what: ANYTHING, to: ANYTHING }, ...facetsOf(query.what)].filter(says);
  return [query];
}

const says = (query: Query): boolean => query.is !== "and" || query.of.length > 0;

/** The names of things that a query says its pixels are of. */
export function namesIn(query: Query): readonly string[] {
  if (query.is === "thing") return [query.name];
  if (query.is === "and" || query.is === "or") return query.of.flatMap(namesIn);
  if (query.is === "region") return namesIn(query.of);
  return "what" in query ? namesIn(query.what) : query.is === "part" && query.of ? namesIn(query.of) : [];
}
