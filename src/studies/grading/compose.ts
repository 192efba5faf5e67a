/** How the meanings of words make the meaning of a phrase. Each rule stands alone and says what it takes for granted. */
import type { Query, Relation } from "../../data/labels/query.js";

/** True of every pixel. */
export const EVERYTHING: Query = { is: "and", of: [] };
export const OBJECT: Query = { is: "object" };

/** True of both. Everything adds nothing. */
export function both(...queries: readonly (Query | undefined)[]): Query | undefined {
  return joined("and", queries);
}

/** True of either. */
export function either(...queries: readonly (Query | undefined)[]): Query | undefined {
  return joined("or", queries);
}

function joined(is: "and" | "or", queries: readonly (Query | undefined)[]): Query | undefined {
  const given = queries.filter((query) => query !== undefined);
  // nested ones of the same kind are one list, and nobody says the same twice
  const flat = given.flatMap((query) => (query.is === is && query.of.length > 0 ? query.of : [query]));
  const kinds = new Map(flat.map((query) => [JSON.stringify(query), query]));
  if (is === "and" && kinds.size > 1) kinds.delete(JSON.stringify(EVERYTHING));
  const of = [...kinds.values()];
  return of.length > 1 ? { is, of } : of[0];
}

/** The plane of the labels that decides an adjective; undefined when several do. */
function dimensionOf(query: Query): string | undefined {
  if (query.is === "light" || query.is === "dark") return "colour";
  if (query.is !== "or" && query.is !== "and") return query.is;
  const dimensions = new Set(query.of.map(dimensionOf));
  return dimensions.size === 1 ? [...dimensions][0] : undefined;
}

/** "red and green things" are either, "red and striped things" are both: no surface has two colours. */
export function alongside(a: Query | undefined, b: Query | undefined): Query | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [first, second] = [dimensionOf(a), dimensionOf(b)];
  return first !== undefined && second !== undefined && first !== second ? both(a, b) : either(a, b);
}

/** Adjectives one after the other are both true, but "dark red" is a red: planes know no shades. */
export function oneAfterTheOther(first: Query | undefined, second: Query): Query | undefined {
  const isShade = (query?: Query) => query?.is === "light" || query?.is === "dark";
  if (isShade(first) && dimensionOf(second) === "colour") return second;
  return both(first, second);
}

/** Whether it says what a surface is like, and not which thing it is of. */
export function isQuality(query: Query): boolean {
  switch (query.is) {
    case "colour":
    case "texture":
    case "material":
    case "light":
    case "dark":
    case "shape":
      return true;
    case "and":
    case "or":
      return query.of.length > 0 && query.of.every(isQuality);
    case "not":
      return isQuality(query.of);
    default:
      return false;
  }
}

/** Whether it does so in one of its senses: "fur" may be a texture and the name of a thing. */
export const mayBeQuality = (query: Query): boolean =>
  isQuality(query) || (query.is === "or" && query.of.some(isQuality));

/** Whether it says where: a scene or a place, which things are not beside or above, but in. */
export function isWhere(query: Query): boolean {
  if (query.is === "scene" || query.is === "place") return true;
  return (query.is === "and" || query.is === "or") && query.of.length > 0 && query.of.every(isWhere);
}

/** The union without what only says where: of "street", a thing and a scene, only one can be meant after "in". */
export function whereOf(query: Query): Query | undefined {
  if (isWhere(query)) return query;
  return query.is === "or" ? query.of.find(isWhere) : undefined;
}

/** `what` in that relation to `to`. In scenes and places things simply are. */
export function relate(what: Query, relation: Relation, to: Query): Query {
  if ((relation === "inside" || relation === "in front of") && isWhere(to)) return both(what, to)!;
  return { is: relation, what, to };
}

/** "on": above it, or painted on it. */
export const onTop = (what: Query, to: Query): Query =>
  isWhere(to) ? both(what, to)! : { is: "or", of: [relate(what, "above", to), relate(what, "in front of", to)] };

/** "in": in a scene or place, else inside a thing. */
export function within(what: Query, to: Query): Query {
  const where = whereOf(to);
  return where ? both(what, where)! : isQuality(to) ? both(what, to)! : relate(what, "inside", to);
}

/** Parts of things called so, when the query is of parts; the union's part when it is several. */
export function partOf(part: Query, of: Query): Query | undefined {
  if (part.is === "part") return { is: "part", name: part.name, of };
  if (part.is !== "or" && part.is !== "and") return undefined;
  const parts = part.of.map((each) => partOf(each, of));
  if (part.is === "or") return either(...parts);
  // an adjective says how the part is: "black wheels of cars"
  return parts.some((each) => each) ? both(...part.of.map((each, i) => parts[i] ?? each)) : undefined;
}
