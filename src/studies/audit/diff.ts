/**
 * What the units of one network are described by that those of another are not: words by the share of units whose descriptions have them, in both
 * runs. Differences are judged by Fisher's exact test, and since there are as many tests as words, by the rate of false ones among those that
 * are called different (Benjamini and Hochberg, 1995).
 */
import { UserError } from "../../base/errors.js";
import { singularsOf } from "../../data/labels/plurals.js";
import type { Syntax } from "../../language/syntax/open.js";
import { readDescriptions } from "../../run/descriptions.js";
import { wordsOf } from "../analysis/criteria.js";

export interface WordDifference {
  /** In the singular, where both forms occur. */
  readonly word: string;
  /** Described units of each run that have it. */
  readonly first: number;
  readonly second: number;
  /** Share in the first less that in the second. */
  readonly difference: number;
  /** Least rate of false differences at which it would be called one. */
  readonly q: number;
  /** Some descriptions with it, of the run that has it more often. */
  readonly examples: readonly string[];
}

export interface RunDifference {
  readonly described: readonly [first: number, second: number];
  /** Those least likely to be chance first. */
  readonly words: readonly WordDifference[];
}

/** Kinds of words that say what is seen. */
const TELLING = new Set(["NOUN", "PROPN", "ADJ", "VERB", "NUM"]);
const EXAMPLES = 3;

/** Compares two runs. Errors: `UserError` when one has no descriptions. */
export async function diffRuns(first: string, second: string, syntax: Syntax): Promise<RunDifference> {
  const [one, other] = await Promise.all([first, second].map(describedIn));
  return wordDifferences([one, other], (text) => tellingWords(text, syntax));
}

/**
 * Compares the descriptions of two runs, at least one each.
 * @param wordsIn the words of a description that say what is seen; see `tellingWords`.
 */
export function wordDifferences(
  lists: readonly [first: readonly string[], second: readonly string[]],
  wordsIn: (text: string) => readonly string[],
): RunDifference {
  const said = lists.map((list) => list.map(wordsIn));
  const all = new Set(said.flat(2));
  const plainOf = (word: string) => singularsOf(word).find((form) => form !== word && all.has(form)) ?? word;
  const units = said.map((list) => {
    const byWord = new Map<string, number[]>();
    for (const [unit, words] of list.entries()) {
      for (const word of new Set(words.map(plainOf))) {
        const own = byWord.get(word);
        if (own) own.push(unit);
        else byWord.set(word, [unit]);
      }
    }
    return byWord;
  });
  const described = [lists[0].length, lists[1].length] as const;
  const found = [...new Set([...units[0].keys(), ...units[1].keys()])].map((word) => {
    const own = units.map((byWord) => byWord.get(word) ?? []);
    const counts = [own[0].length, own[1].length] as const;
    const difference = counts[0] / described[0] - counts[1] / described[1];
    const most = difference >= 0 ? 0 : 1;
    const examples = [...new Set(own[most].map((unit) => lists[most][unit]))].slice(0, EXAMPLES);
    return { word, first: counts[0], second: counts[1], difference, examples, p: fisher(counts, described) };
  });
  found.sort((a, b) => a.p - b.p || Math.abs(b.difference) - Math.abs(a.difference) || (a.word < b.word ? -1 : 1));
  const qs = falseRates(found.map(({ p }) => p));
  return { described, words: found.map(({ p: _, ...rest }, i) => ({ ...rest, q: qs[i] })) };
}

async function describedIn(folder: string): Promise<string[]> {
  const texts = (await readDescriptions(folder)).flatMap(({ description }) =>
    description === "" ? [] : [description],
  );
  if (texts.length > 0) return texts;
  throw new UserError(`comparing ${folder}: it has no descriptions; expected some, make them with milan describe`);
}

/** The words of a description that say what is seen, in their order. */
export function tellingWords(text: string, syntax: Syntax): string[] {
  const words = wordsOf(text);
  const tags = syntax.tag(words);
  return words.filter((_, i) => TELLING.has(tags[i]));
}

/** Two-sided: of all tables with the same margins, the probability of those no likelier than this one. */
export function fisher([a, b]: readonly [number, number], [n, m]: readonly [number, number]): number {
  const k = a + b;
  const logs = logFactorials(n + m);
  const choose = (of: number, some: number) => logs[of] - logs[some] - logs[of - some];
  const chance = (x: number) => Math.exp(choose(n, x) + choose(m, k - x) - choose(n + m, k));
  const own = chance(a) * (1 + 1e-7);
  let p = 0;
  for (let x = Math.max(0, k - m); x <= Math.min(k, n); x++) if (chance(x) <= own) p += chance(x);
  return Math.min(1, p);
}

let factorials = new Float64Array(1);

/** log n! for n from 0 to `most`, and beyond. */
function logFactorials(most: number): Float64Array {
  if (factorials.length > most) return factorials;
  const logs = new Float64Array(2 * most + 2);
  for (let i = 1; i < logs.length; i++) logs[i] = logs[i - 1] + Math.log(i);
  return (factorials = logs);
}

/** Of rising p-values: the least rate of false discoveries at which each is one. */
export function falseRates(sorted: readonly number[]): number[] {
  const rates = new Array<number>(sorted.length);
  let least = 1;
  for (let i = sorted.length - 1; i >= 0; i--) {
    least = Math.min(least, (sorted[i] * sorted.length) / (i + 1));
    rates[i] = least;
  }
  return rates;
}
