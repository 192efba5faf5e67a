/** Queries in short, for tables and tests: `top(dog & red)`, `face of animal`, `text | (background behind dog)`. */
import type { Query } from "../../data/labels/query.js";

/** One line that says what a query asks. Kinds of names are told where a word alone would not do: `material:glass`. */
export function notation(query: Query): string {
  switch (query.is) {
    case "thing":
    case "colour":
    case "texture":
      return query.name;
    case "scene":
    case "material":
    case "shape":
      return `${query.is}:${query.name}`;
    case "part":
      return query.of ? `part:${query.name} of ${inner(query.of)}` : `part:${query.name}`;
    case "and":
    case "or": {
      if (query.of.length === 0) return query.is === "and" ? "everything" : "nothing";
      return query.of.map(inner).join(query.is === "and" ? " & " : " | ");
    }
    case "not":
      return `not ${inner(query.of)}`;
    case "region":
      return `${query.region}(${notation(query.of)})`;
    case "place":
      return query.place;
    case "object":
    case "person":
    case "text":
    case "background":
    case "light":
    case "dark":
      return query.is;
    default:
      return `${inner(query.what)} ${query.is} ${inner(query.to)}`;
  }
}

/** In brackets where it is composed. */
function inner(query: Query): string {
  const isComposed = ("what" in query || query.is === "and" || query.is === "or") && notation(query).includes(" ");
  return isComposed ? `(${notation(query)})` : notation(query);
}
