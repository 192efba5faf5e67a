/** Which units of a site's run a query finds, and in which order: as the server has it, but for forms of words that only it knows. */
import MiniSearch from "minisearch";
import type { z } from "zod";
import type { SiteUnitLine } from "../../explorer/api/site.js";
import type { UnitQuery } from "./client.js";
import { layersOf, USUAL } from "./filters.js";

export type Line = z.infer<typeof SiteUnitLine>;

/** The lines that pass all filters, in order; what has no value for an order comes last, whichever way it goes. */
export function found(lines: readonly Line[], query: UnitQuery): readonly Line[] {
  const asked = { ...USUAL, ...query };
  const scores = scoresOf(lines, asked.q);
  const tests = testsOf(asked);
  const among = lines.filter((line, place) => (!scores || scores.has(place)) && tests.every((fits) => fits(line)));
  const places = new Map(lines.map((line, place) => [line, place]));
  const sign = asked.descending === "1" ? -1 : 1;
  const value = sortValue(asked.sort, (line) => scores?.get(places.get(line)!) ?? 0);
  return among.sort((a, b) => {
    const inRun = places.get(a)! - places.get(b)!;
    if (!value) return sign * inRun;
    const [x, y] = [value(a), value(b)];
    if (x === y) return inRun;
    if (x === null || y === null) return x === null ? 1 : -1;
    return sign * (x < y ? -1 : 1);
  });
}

const indices = new WeakMap<readonly Line[], MiniSearch>();

/** How well lines fit, by place; undefined where nothing is asked for. */
function scoresOf(lines: readonly Line[], words: string): Map<number, number> | undefined {
  if (words.trim() === "") return undefined;
  let index = indices.get(lines);
  if (!index) {
    index = new MiniSearch({ fields: ["text"], processTerm: singular });
    index.addAll(lines.map(({ text }, id) => ({ id, text })));
    indices.set(lines, index);
  }
  const hits = index.search(words, { prefix: true, combineWith: "AND", weights: { prefix: 0.4, fuzzy: 0 } });
  return new Map(hits.map(({ id, score }) => [id as number, score]));
}

/** Lower case, and the regular plural's singular. */
const singular = (term: string): string => {
  const word = term.toLowerCase();
  if (word.length < 4 || !/[^su]s$/.test(word)) return word;
  return word.replace(/(?<=(?:ss|x|ch|sh))es$|s$/, "");
};

type Asked = Record<keyof typeof USUAL, string>;

function testsOf(asked: Asked): ((line: Line) => boolean)[] {
  const tests: ((line: Line) => boolean)[] = [];
  const { doubt, verdict, speech, cluster } = asked;
  const least = Number(asked.minConfidence);
  const layers = new Set(layersOf(asked.layers));
  if (layers.size > 0) tests.push(({ layer }) => layers.has(layer));
  if (doubt === "certain") tests.push(({ doubts }) => doubts.length === 0);
  else if (doubt === "doubted") tests.push(({ doubts }) => doubts.length > 0);
  else if (doubt !== "any") tests.push(({ doubts }) => (doubts as string[]).includes(doubt));
  if (verdict !== "any") tests.push((line) => (line.verdict ?? "none") === verdict);
  if (least > 0) tests.push(({ confidence }) => (confidence ?? 0) >= least);
  if (speech !== "any") tests.push((line) => (line.speech as string[]).includes(speech));
  if (Number(cluster) >= 0) tests.push((line) => line.cluster === Number(cluster));
  return tests;
}

type Value = (line: Line) => number | string | null;

function sortValue(sort: string, score: (line: Line) => number): Value | undefined {
  const values: Record<string, Value> = {
    relevance: (line) => -score(line),
    pmi: ({ pmi }) => pmi,
    confidence: ({ confidence }) => confidence,
    logp: ({ logp }) => logp,
    text: ({ text }) => text.toLowerCase() || null,
    length: ({ text }) => (text ? text.split(/\s+/).length : null),
  };
  return Object.hasOwn(values, sort) ? values[sort] : undefined;
}
