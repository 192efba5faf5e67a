/** The filters of a list of units, as the address has them. What is as usual is not in the address. */
import type { Query } from "../shared/router.js";
import type { Run, UnitQuery } from "./client.js";

export const USUAL = {
  q: "",
  meaning: "0",
  layers: "",
  doubt: "any",
  verdict: "any",
  speech: "any",
  cluster: "-1",
  minConfidence: "0",
  sort: "layer",
  descending: "0",
} as const satisfies UnitQuery;
export type Filter = keyof typeof USUAL;

const NAMES = Object.keys(USUAL) as Filter[];

/** The filters of an address, and nothing else of it. */
export function filtersOf(query: Query): UnitQuery {
  const said = NAMES.filter((name) => query[name] !== undefined && query[name] !== "" && query[name] !== USUAL[name]);
  return Object.fromEntries(said.map((name) => [name, query[name]]));
}

/** One name for one list. */
export const listKey = (run: string, filters: UnitQuery): string => JSON.stringify([run, filters]);

const ORDER: readonly Filter[] = ["sort", "descending"];

/** How many filters are set, not counting words and order. */
export const filterCount = (filters: UnitQuery): number =>
  NAMES.filter((name) => !ORDER.includes(name) && name !== "q" && name !== "meaning" && filters[name] !== undefined)
    .length;

export const SORTS = [
  ["layer", "layer and number"],
  ["relevance", "relevance"],
  ["confidence", "confidence"],
  ["pmi", "PMI"],
  ["logp", "log p(d|E)"],
  ["text", "alphabet"],
  ["length", "length"],
] as const;

/** What is best or longest comes first when one asks for it first. */
export const FALLING: ReadonlySet<string> = new Set(["confidence", "pmi", "logp", "length"]);

export const SPEECH = [
  ["any", "any words"],
  ["noun", "a noun"],
  ["verb", "a verb"],
  ["adjective", "an adjective"],
  ["adposition", "a preposition"],
] as const;

/** Places of layers in the address. */
export const layersOf = (text: string | undefined): number[] => (text ? text.split(",").map(Number) : []);

/** All layers, or none, is the same as no filter. */
export function layersText(layers: readonly number[], run: Run): string {
  const sorted = [...new Set(layers)].sort((a, b) => a - b);
  return sorted.length === run.layers.length ? "" : sorted.join(",");
}
