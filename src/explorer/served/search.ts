/**
 * Search as one types: every word of a query must begin a word of a description, or be a form of one (singular and plural alike). Descriptions that
 * are the same are looked at once.
 */
import { singularsOf } from "../../data/labels/plurals.js";
import { wordsOf } from "../../studies/analysis/criteria.js";
import type { ServedUnit } from "./served-run.js";

/** Words of the descriptions that mean the same as a word of the query, or are near to it; 0 to 1: how near. */
export type Nearness = (word: string) => ReadonlyMap<string, number>;

/** Of words that begin with what was typed, against those that are it. */
const BEGINNING_WEIGHT = 0.4;

/**
 * Descriptions are short and have few different words, so a query is answered by weighing every word there is, then looking at every description's:
 * the same for a single letter, which begins half of all words, as for a rare name (`bench/explorer.js`).
 */
export class Search {
  /** Places of the units of every different text. */
  readonly #units: readonly (readonly number[])[];
  /** Of every text, the numbers of its words' forms, from `#starts[text]` up to `#starts[text + 1]`. */
  readonly #starts: Uint32Array;
  readonly #terms: Uint32Array;
  /** All forms of words, sorted, with how telling each is. */
  readonly #forms: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #telling: Float64Array;
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
    const texts = [...places.keys()].map(wordsOf);
    this.vocabulary = new Set(texts.flat());
    const formsByWord = new Map([...this.vocabulary].map((word) => [word, formsOf(word)]));
    this.#units = [...places.values()];
    this.#forms = [...new Set([...formsByWord.values()].flat())].sort();
    this.#numbers = new Map(this.#forms.map((form, number) => [form, number]));
    const terms = texts.map((words) => [
      ...new Set(words.flatMap((word) => formsByWord.get(word)!.map((form) => this.#numbers.get(form)!))),
    ]);
    this.#starts = new Uint32Array(texts.length + 1);
    for (const [text, own] of terms.entries()) this.#starts[text + 1] = this.#starts[text] + own.length;
    this.#terms = Uint32Array.from(terms.flat());
    const counts = new Uint32Array(this.#forms.length);
    for (const term of this.#terms) counts[term]++;
    this.#telling = Float64Array.from(counts, (count) => Math.log(1 + texts.length / count));
  }

  /** How well units fit, by place, larger is better; those that do not are not among them. Undefined where nothing is asked for. */
  find(query: string, nearness?: Nearness): Map<number, number> | undefined {
    const words = wordsOf(query);
    if (words.length === 0) return query.trim() === "" ? undefined : new Map();
    const weights = [...new Set(words)].map((word) => this.#weightsOf(word, nearness));
    const scores = new Map<number, number>();
    for (const [text, units] of this.#units.entries()) {
      const score = this.#scoreOf(text, weights);
      if (score > 0) for (const at of units) scores.set(at, score);
    }
    return scores;
  }

  /** How well a text fits all words of a query; 0 when it lacks one. In short texts a word counts for more. */
  #scoreOf(text: number, weights: readonly Float64Array[]): number {
    const [start, end] = [this.#starts[text], this.#starts[text + 1]];
    let sum = 0;
    for (const own of weights) {
      let best = 0;
      for (let i = start; i < end; i++) if (own[this.#terms[i]] > best) best = own[this.#terms[i]];
      if (best === 0) return 0;
      sum += best;
    }
    return sum / Math.sqrt(end - start);
  }

  /** [form]: how well each fits a word of the query; 0: not at all. */
  #weightsOf(word: string, nearness: Nearness | undefined): Float64Array {
    const weights = new Float64Array(this.#forms.length);
    const offer = (number: number | undefined, weight: number) => {
      if (number === undefined) return;
      weights[number] = Math.max(weights[number], weight * this.#telling[number]);
    };
    for (let at = this.#firstFrom(word); this.#forms[at]?.startsWith(word); at++) offer(at, BEGINNING_WEIGHT);
    for (const [other, weight] of nearness?.(word) ?? []) {
      for (const form of formsOf(other)) offer(this.#numbers.get(form), weight);
    }
    for (const form of formsOf(word)) offer(this.#numbers.get(form), 1);
    return weights;
  }

  /** Place of the first form that is not before a word. */
  #firstFrom(word: string): number {
    let [low, high] = [0, this.#forms.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#forms[middle] < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The word and what it may be the plural of. */
export const formsOf = (word: string): readonly string[] => [...new Set(singularsOf(word))];

/** The description and those of its meanings. */
const searchedText = ({ described }: ServedUnit): string =>
  [described?.description ?? "", ...(described?.meanings ?? []).map(({ description }) => description)]
    .filter(Boolean)
    .join(" \n ");
