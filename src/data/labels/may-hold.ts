/** Which queries a picture need not be asked: what it needs is not there. Most are ruled out so, without looking at a pixel. */
import type { Labels } from "./labels.js";
import type { Query } from "./query.js";

/** Names of the things and parts of a picture. */
export const thingsIn = (labels: Labels): ReadonlySet<string> =>
  new Set(labels.things.flatMap(({ names, parts = [] }) => [...names, ...parts.map(([name]) => name)]));

/** False where a query needs a thing that is not there. @param there of `thingsIn`. */
export function mayHold(query: Query, there: ReadonlySet<string>): boolean {
  switch (query.is) {
    case "thing":
    case "part":
      return there.has(query.name);
    case "and":
      return query.of.every((part) => mayHold(part, there));
    case "or":
      return query.of.some((part) => mayHold(part, there));
    case "region":
      return mayHold(query.of, there);
    default:
      return !("what" in query) || (mayHold(query.what, there) && mayHold(query.to, there));
  }
}
