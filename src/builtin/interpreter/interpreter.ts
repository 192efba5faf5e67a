/**
 * Understands descriptions by the words of the made world and of ImageNet's classes, as grading does, and knows what their things are kinds of: by the
 * world's catalogue, by the table of ImageNet's classes, and by WordNet. What it does not know, it does not understand, and nothing is hedged there.
 */

import { facetsOf, type IsKindOf, implies, namesIn } from "../../data/labels/implies.js";
import { allImagenetNames, chainsOfKinds, kindOf } from "../../data/labels/kinds.js";
import { article, vocabularyOf, wordsFor } from "../../data/labels/lexicon.js";
import type { Query } from "../../data/labels/query.js";
import { NOUNS } from "../../data/world/catalogue.js";
import { namesOfWorld } from "../../data/world/names.js";
import { namesOfSurface, SURFACE_KINDS } from "../../data/world/surface-kinds.js";
import type { Claim, Interpreter } from "../../describer/hedge.js";
import { type Nouns, openNouns } from "../../language/wordnet/nouns.js";
import { readDescription } from "../../studies/grading/read.js";

/** Claims that are remembered, with what they imply: those of some hundred units. */
const REMEMBERED = 2000;

/** What the world calls what is written. */
const LETTERING = ["word", "number", "text"];

/** Frequent meanings of a name that count; a kind is meant in its most frequent one. */
const MEANINGS = 2;

interface QueryClaim extends Claim {
  readonly query: Query;
}

export async function openInterpreter(): Promise<Interpreter> {
  const kinds = kindsByName();
  const isKindOf = knowing(kinds, await openNouns());
  const vocabulary = vocabularyOf({ names: new Set([...namesOfWorld(), ...allImagenetNames()]) });
  const claims = new Map<string, QueryClaim>();
  const queryOf = (description: string) => readDescription(description, vocabulary).query;
  const claimOfQuery = (query: Query): QueryClaim => {
    const key = JSON.stringify(query);
    const claim = claims.get(key) ?? asClaim(key, query, isKindOf, claimOfQuery);
    if (claims.size >= REMEMBERED) claims.clear();
    claims.set(key, claim);
    return claim;
  };
  return {
    claimOf(description) {
      const query = queryOf(description);
      return query && claimOfQuery(query);
    },
    moreGeneral(description) {
      const query = queryOf(description);
      const names = (query ? namesIn(query) : []).filter((name) => isKindOf(name, "object"));
      const found = names.flatMap((name) =>
        [...(kinds.get(name) ?? []), undefined].map((kind) => withKind(description, name, kind)),
      );
      return [...new Set(found)].filter((text) => text !== undefined && text !== description) as string[];
    },
  };
}

/** Alternatives tell no more than the least of them: "objects and beacons" are objects. */
const tells = (query: Query): boolean => {
  if (query.is === "or") return query.of.every(tells);
  return query.is === "and" ? query.of.some(tells) : query.is !== "object";
};

/** What a query claims. @param claimOf of its facets. */
function asClaim(key: string, query: Query, isKindOf: IsKindOf, claimOf: (query: Query) => QueryClaim): QueryClaim {
  const implied = new Map<string, boolean>();
  const claim: QueryClaim = {
    key,
    query,
    tells: tells(query),
    isEither: key.includes('"is":"or"'),
    get facets() {
      const facets = facetsOf(query);
      return facets.length === 1 ? [claim] : facets.map(claimOf);
    },
    implies(other) {
      const known = implied.get(other.key) ?? implies(query, (other as QueryClaim).query, isKindOf);
      implied.set(other.key, known);
      return known;
    },
  };
  return claim;
}

/** What things are called beside their names, nearest first, as people call them. */
function kindsByName(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const chain of [...Object.values(NOUNS).map(({ names }) => names), ...chainsOfKinds()]) {
    for (const [i, name] of chain.entries()) {
      const kinds = chain.slice(i + 1);
      if (kinds.length > (found.get(name)?.length ?? -1)) found.set(name, kinds);
    }
  }
  return found;
}

function knowing(kinds: ReadonlyMap<string, readonly string[]>, nouns: Nouns): IsKindOf {
  const known = new Map<string, boolean>();
  const byWordNet = (name: string, kind: string): boolean => {
    const [meant] = nouns.meaningsOf(kind);
    if (meant === undefined) return false;
    return nouns
      .meaningsOf(name)
      .slice(0, MEANINGS)
      .some((meaning) => nouns.kindsOf(meaning).has(meant));
  };
  const noObjects = new Set([...SURFACE_KINDS.flatMap(namesOfSurface), ...LETTERING]);
  return (name, kind) => {
    if (name === kind) return true;
    if (kind === "object") return !noObjects.has(name) && kindOf([name]) !== "surface";
    const key = `${name}\n${kind}`;
    const found = known.get(key) ?? (kinds.get(name)?.includes(kind) || byWordNet(name, kind));
    known.set(key, found);
    return found;
  };
}

/** A description that calls a thing by another name, in the same number. Undefined where the name is not to be found in it. @param kind undefined: an object. */
function withKind(description: string, name: string, kind: string | undefined): string | undefined {
  for (const form of ["plural", "singular"] as const) {
    const [word] = wordsFor(kind === undefined ? { is: "object" } : { is: "thing", name: kind }, form);
    for (const said of wordsFor({ is: "thing", name }, form)) {
      const place = new RegExp(`\\b(an? )?${said.replace(/[^\p{L}\p{N} -]/gu, ".")}\\b`, "iu");
      if (!word || !place.test(description)) continue;
      const text = description.replace(place, (_, before?: string) => (before ? article(word) + word : word));
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
  }
  return undefined;
}
