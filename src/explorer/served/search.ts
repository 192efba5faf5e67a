/**
 * Search as one types: every word of a query must begin a word of a description, or be a form of one (singular and plural alike). Descriptions that
 * are the same are looked at once.
 */
import MiniSearch, { type Query } from "minisearch";
import { singularsOf } from "../../data/labels/plurals.js";
import { wordsOf } from "../../studies/analysis/criteria.js";
import type { ServedUnit } from "./served-run.js";

/** Words of the descriptions that mean the same as a word of the query, or are near to it; 0 to 1: how near. */
export type Nearness = (word: string) => ReadonlyMap<string, number>;

/** Of words that begin with what was typed, against those that are it. */
const BEGINNING_WEIGHT = 0.4;

export class Search {
  readonly #index: MiniSearch<{ id: number; text: string }>;
  /** Places of the units of every different text. */
  readonly #units: readonly (readonly number[])[];
  /** All words of the descriptions, in lower case. */
  readonly vocabulary: ReadonlySet<string>;

  constructor(units: readonly ServedUnit[]) {
    const places = new Map<string, number[]>();
    for (const unit of units) {
      const text = searchedText(unit);
      const own = places.get(text);
      if (own) own.push(unit.at);
      else if (text !== "") places.set(text, [unit.at]);
    }
    this.#units = [...places.values()];
    this.#index = new MiniSearch({ fields: ["text"], tokenize: wordsOf, processTerm: (word) => [...formsOf(word)] });
    this.#index.addAll([...places.keys()].map((text, id) => ({ id, text })));
    this.vocabulary = new Set([...places.keys()].flatMap(wordsOf));
  }

  /** How well units fit, by place, larger is better; those that do not are not among them. Undefined where nothing is asked for. */
  find(query: string, nearness?: Nearness): Map<number, number> | undefined {
    const words = wordsOf(query);
    if (words.length === 0) return query.trim() === "" ? undefined : new Map();
    const asked: Query = { combineWith: "AND", queries: words.map((word) => alternatives(word, nearness)) };
    const scores = new Map<number, number>();
    for (const { id, score } of this.#index.search(asked)) for (const at of this.#units[id]) scores.set(at, score);
    return scores;
  }
}

/** What a word of the query may stand for. */
function alternatives(word: string, nearness: Nearness | undefined): Query {
  const exact = { processTerm: (term: string) => term, tokenize: (term: string) => [term] };
  const forms = formsOf(word).map((form): Query => ({ queries: [form], ...exact }));
  const beginning: Query = { queries: [word], prefix: true, boostTerm: () => BEGINNING_WEIGHT, ...exact };
  const near = [...(nearness?.(word) ?? [])].map(
    ([other, weight]): Query => ({ queries: [other], boostTerm: () => weight, ...exact }),
  );
  return { combineWith: "OR", queries: [...forms, beginning, ...near] };
}

/** The word and what it may be the plural of. */
export const formsOf = (word: string): readonly string[] => [...new Set(singularsOf(word))];

/** The description and those of its meanings. */
const searchedText = ({ described }: ServedUnit): string =>
  [described?.description ?? "", ...(described?.meanings ?? []).map(({ description }) => description)]
    .filter(Boolean)
    .join(" \n ");
