/**
 * The things that a description speaks of, with what WordNet knows of them: its nouns, told by the tagger from words that are none there ("orange" in
 * "orange areas"), and nouns of several words where there are such: a hot dog is no dog. What stands before the last word of them counts by itself
 * too: a tree trunk speaks of a tree.
 */
import { UserError } from "../../base/errors.js";
import { singularsOf } from "../../data/labels/plurals.js";
import { openSyntax, type Syntax } from "../../language/syntax/open.js";
import { tokenize } from "../../language/tokens.js";
import { type Nouns, openNouns } from "../../language/wordnet/nouns.js";
import { wordsOf } from "../analysis/criteria.js";
import type { Wanted } from "./match.js";

/** What matching by meaning needs. */
export interface Meanings {
  readonly nouns: Nouns;
  readonly syntax: Syntax;
}

/**
 * Opens what is needed for what is wanted; undefined where that is nothing.
 * Errors: `UserError` for a kind that WordNet has no noun for. @param doing the study's name, for messages.
 */
export async function openMeanings(doing: string, wanted: readonly Wanted[]): Promise<Meanings | undefined> {
  if (!wanted.some(({ synonyms, kinds }) => synonyms || kinds)) return undefined;
  const [nouns, syntax] = await Promise.all([openNouns(), openSyntax()]);
  const isKnown = (kind: string) =>
    singularsOf(wordsOf(kind).join(" ")).some((form) => nouns.meaningsOf(form).length > 0);
  const strange = wanted.flatMap(({ kinds = [] }) => kinds).find((kind) => !isKnown(kind));
  if (strange === undefined) return { nouns, syntax };
  throw new UserError(
    `${doing}: no kinds of "${strange}" are known; expected a common noun such as animal, vehicle, person, clothing, body part; choose another word`,
  );
}

export interface Thing {
  /** As the description has it. */
  readonly said: string;
  readonly meanings: readonly number[];
}

const LONGEST = 4;

/** The things, in the order of the description. */
export function thingsIn(description: string, { nouns, syntax }: Meanings): Thing[] {
  const tokens = tokenize(description); // the tagger wants punctuation, too
  const tagged = syntax.tag(tokens).map((tag, i) => ({ word: tokens[i], noun: tag === "NOUN" || tag === "PROPN" }));
  const kept = tagged.filter(({ word }) => wordsOf(word).length > 0);
  const [said, isNoun] = [kept.map(({ word }) => word), kept.map(({ noun }) => noun)];
  const meant = (text: string) => [...new Set(singularsOf(text).flatMap((form) => nouns.meaningsOf(form)))];
  const things: Thing[] = [];
  for (let at = 0; at < said.length; ) {
    let length = Math.min(LONGEST, said.length - at);
    let found: Thing | undefined;
    for (; length > 0 && !found; length--) {
      const text = said.slice(at, at + length).join(" ");
      const meanings = isNoun[at + length - 1] ? meant(text) : [];
      if (meanings.length > 0) found = { said: text, meanings };
    }
    const words = found?.said.split(" ") ?? [];
    if (found) things.push(found);
    if (words.length > 1 && !words.includes("of")) {
      for (const [i, word] of words.slice(0, -1).entries())
        if (isNoun[at + i]) things.push({ said: word, meanings: meant(word) });
    }
    at += Math.max(1, words.length);
  }
  return things;
}
