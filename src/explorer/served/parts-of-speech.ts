/** Which parts of speech descriptions have, by the tagger: some 0.3 ms a description, each different one once. */
import { openSyntax, type Syntax } from "../../language/syntax/open.js";
import { tokenize } from "../../language/tokens.js";

export const SPEECH = ["noun", "verb", "adjective", "adposition"] as const;
export type PartOfSpeech = (typeof SPEECH)[number];

const TAGS: Readonly<Record<string, PartOfSpeech>> = {
  NOUN: "noun",
  PROPN: "noun",
  VERB: "verb",
  AUX: "verb",
  ADJ: "adjective",
  ADP: "adposition",
};

/** A word of a description, in lower case, and what it is there. */
export interface TaggedWord {
  readonly word: string;
  readonly speech: PartOfSpeech | undefined;
}

const SLICE_MS = 12;
let syntax: Promise<Syntax> | undefined;

/** The shipped tagger, opened once. */
export const sharedSyntax = (): Promise<Syntax> => (syntax ??= openSyntax());

/** The words of texts, by text, with what they are there. Punctuation is left out. */
export async function tagTexts(texts: Iterable<string>): Promise<Map<string, readonly TaggedWord[]>> {
  const { tag } = await sharedSyntax();
  return inSlices(texts, (text) => {
    const tokens = tokenize(text);
    const tags = tag(tokens);
    const words = tokens.map((word, i): TaggedWord => ({ word, speech: TAGS[tags[i]] }));
    return words.filter(({ word }) => /[\p{L}\p{N}]/u.test(word));
  });
}

/** The results of some work on texts, by text. Every now and then, others have their turn. */
export async function inSlices<T>(texts: Iterable<string>, work: (text: string) => T): Promise<Map<string, T>> {
  const results = new Map<string, T>();
  let began = performance.now();
  for (const text of texts) {
    results.set(text, work(text));
    if (performance.now() - began < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  }
  return results;
}
