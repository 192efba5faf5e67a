/**
 * What annotations are made of (paper, Tables 1 and 5): units, distinct words, length, and the shares of nouns, adjectives and
 * prepositions among their words, for each layer and in all. Punctuation marks are no words.
 */
import type { Annotation } from "./annotations.js";

/** Universal part of speech of each token, such as NOUN; tokens in lower case. */
export type Tagger = (tokens: readonly string[]) => readonly string[];

export interface AnnotationStatistics {
  /** "" for all layers together; or another group, when asked for. */
  readonly layer: string;
  readonly units: number;
  readonly annotations: number;
  /** Annotations a unit, fewest and most. */
  readonly annotators: readonly [number, number];
  /** Distinct words. */
  readonly vocabulary: number;
  /** Mean number of words of an annotation. */
  readonly length: number;
  /** Shares of all words: nouns (proper ones too), adjectives, prepositions. */
  readonly nouns: number;
  readonly adjectives: number;
  readonly prepositions: number;
}

export interface StatisticsOptions {
  readonly tokenize: (text: string) => string[];
  readonly tag: Tagger;
  /** What annotations are grouped by; default their layer. */
  readonly by?: (annotation: Annotation) => string;
}

/** Statistics of all annotations, then of each layer in the order of the table. */
export function annotationStatistics(
  list: readonly Annotation[],
  { tokenize, tag, by = ({ layer }) => layer }: StatisticsOptions,
): AnnotationStatistics[] {
  const tallies = new Map<string, Tally>([["", new Tally()]]);
  for (const annotation of list) {
    const { layer, unit, summary } = annotation;
    const group = `/${by(annotation)}`;
    const tokens = tokenize(summary);
    const tags = tag(tokens);
    let own = tallies.get(group);
    if (!own) tallies.set(group, (own = new Tally()));
    for (const tally of [tallies.get("")!, own]) tally.add(`${unit} ${layer}`, tokens, tags);
  }
  const all = [...tallies].map(([key, tally]) => tally.statistics(key.slice(1)));
  return all.length === 2 ? all.slice(0, 1) : all;
}

const isWord = (token: string) => /[\p{L}\p{N}]/u.test(token);

class Tally {
  readonly #perUnit = new Map<string, number>();
  readonly #words = new Set<string>();
  readonly #tags = new Map<string, number>();
  #annotations = 0;
  #count = 0;

  add(unit: string, tokens: readonly string[], tags: readonly string[]): void {
    this.#perUnit.set(unit, (this.#perUnit.get(unit) ?? 0) + 1);
    this.#annotations++;
    for (const [i, token] of tokens.entries()) {
      if (!isWord(token)) continue;
      this.#count++;
      this.#words.add(token);
      this.#tags.set(tags[i], (this.#tags.get(tags[i]) ?? 0) + 1);
    }
  }

  statistics(layer: string): AnnotationStatistics {
    const each = [...this.#perUnit.values()];
    const share = (...tags: string[]) =>
      tags.reduce((sum, tag) => sum + (this.#tags.get(tag) ?? 0), 0) / Math.max(1, this.#count);
    return {
      ...{ layer, units: each.length, annotations: this.#annotations },
      annotators: each.reduce(([low, high], n) => [Math.min(low, n), Math.max(high, n)], [each[0], each[0]]),
      vocabulary: this.#words.size,
      length: this.#count / this.#annotations,
      nouns: share("NOUN", "PROPN"),
      adjectives: share("ADJ"),
      prepositions: share("ADP"),
    };
  }
}
