/** What of a claim can be seen in plain pixels, whatever they show: colours, light and dark, lines, where in the picture. */
import { TEXTURE_NAMES, type TextureName } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";

/** Lines and edges of a direction, as `annotators/edges.ts` measures them. */
export const LINES: readonly TextureName[] = TEXTURE_NAMES.filter((name) => name.endsWith("stripes"));

/**
 * A query that is true wherever the given one is, and that needs no labels of things: "red" for "red cars", "the tops of red cars" and "red things above cars".
 * Undefined where nothing of it can be seen so.
 */
export function visible(query: Query): Query | undefined {
  switch (query.is) {
    case "colour":
    case "light":
    case "dark":
    case "place":
      return query;
    case "texture":
      return LINES.includes(query.name as TextureName) ? query : undefined;
    case "and": {
      const seen = query.of.flatMap((part) => visible(part) ?? []);
      return seen.length === 0 ? undefined : seen.length === 1 ? seen[0] : { is: "and", of: seen };
    }
    case "or": {
      const seen = query.of.flatMap((part) => visible(part) ?? []);
      // what cannot be seen might be there
      return seen.length === 0 || seen.length < query.of.length ? undefined : { is: "or", of: seen };
    }
    case "region":
      return visible(query.of);
    default:
      return "what" in query ? visible(query.what) : undefined;
  }
}
