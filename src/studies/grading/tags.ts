/**
 * The words of a description, each with what it does in a sentence. Phrases are matched before words, the longest first. What is in no
 * list and no name of the vocabulary is unknown, whatever it looks like.
 */
import { type Senses, sensesOf, type Vocabulary } from "../../data/labels/lexicon.js";
import * as tables from "../../data/labels/lexicon-tables.js";
import { pluralOf } from "../../data/labels/plurals.js";
import type { Place, Region, Relation } from "../../data/labels/query.js";

/** What a word or phrase does. */
export type Role =
  /** Names something, or says how it is. */
  | "word"
  /** A noun that claims nothing: "things" stand for objects where something must be meant, "areas" for any pixels. */
  | "thing"
  | "area"
  | "picture"
  | "region"
  | "relation"
  | "and"
  | "or"
  | "not"
  | "without"
  | "of"
  /** "made of", "covered with", "such as": what follows is true of what comes before. */
  | "made"
  /** "'s" */
  | "possessive"
  | "in"
  | "on"
  /** "that contain": what follows is what is meant by a noun that claims nothing. */
  | "contain"
  /** "that are" */
  | "be"
  /** A full stop or semicolon. */
  | "stop"
  | "unknown";

export interface Tag {
  readonly role: Role;
  readonly text: string;
  readonly senses: Senses;
  readonly region?: Region | undefined;
  readonly place?: Place | undefined;
  readonly relation?: Relation | undefined;
}

/** Words that change nothing about what is meant. */
const NOISE = new Set(
  (
    "a an the this that which who whose these those its it their his her your very really quite rather mostly mainly mostly usually often sometimes " +
    "partly generally typically some any all many several various different multiple lots lot few every each both either certain other another more most " +
    "much such especially particularly just only also there here always two three four five six predominantly primarily largely coloured colored them they"
  ).split(" "),
);

const FUNCTION: Readonly<Record<Exclude<Role, "word" | "unknown" | "region" | "relation">, string>> = {
  thing: nouns(tables.THINGS, tables.THINGS_HEARD),
  area: nouns(tables.AREAS, tables.AREAS_HEARD),
  picture: nouns(tables.PICTURE, ["background of picture"]),
  and: "and|&|but|plus|as well as|,|along with|+",
  or: "or|/",
  not: "not|but not|except|except for|other than|excluding|rather than|no|non|everything but|everything except|anything but|isn't|aren't|never",
  without: "without|that have no|with no|lacking|that lack|that do not have|which do not have|that don't have",
  of: "of|from|belonging to|that belong to|on the part of",
  made: "made of|made from|made out of|covered with|covered in|covered by|filled with|full of|composed of|consisting of|that consist of|such as|like|that look like|that looks like|looking like|look like|looks like|resembling|that resemble",
  possessive: "'s|s'|'",
  in: "in|at|within|throughout|inside",
  on: "on|upon|onto|sitting on|standing on|lying on|resting on|placed on|printed on|written on|attached to",
  contain:
    "that contain|which contain|that contains|which contains|containing|contain|contains|that show|that shows|showing|show|shows|" +
    "depicting|depict|depicts|including|include|includes|that include|that includes|that depict|where there is|where there are|featuring|" +
    "about|of the kind|that display|displaying",
  be: "that are|which are|who are|that is|which is|who is|are|is|being|be|was|were|that look|that appear|appear|appears|looking|look|that were|it is|which look",
  stop: ".|;|:",
};

function nouns(...lists: readonly (readonly string[])[]): string {
  return lists
    .flat()
    .flatMap((noun) => [noun, pluralOf(noun)])
    .join("|");
}

const NO_SENSES: Senses = {};
const LONGEST = 5;
/** Words of a description that are read, so that no text can nest phrases without end. */
const MOST_WORDS = 200;

type Fixed = Omit<Tag, "text" | "senses">;
const PHRASES = fixedPhrases();

function fixedPhrases(): ReadonlyMap<string, Fixed> {
  const found = new Map<string, Fixed>();
  for (const [role, phrases] of Object.entries(FUNCTION)) {
    for (const phrase of phrases.split("|")) found.set(phrase, { role: role as Role });
  }
  const relations = [tables.RELATION_WORDS, tables.RELATION_HEARD];
  for (const table of relations) {
    for (const [relation, phrases] of Object.entries(table)) {
      for (const phrase of phrases) found.set(phrase, { role: "relation", relation: relation as Relation });
    }
  }
  found.set("inside", { role: "relation", relation: "inside" });
  for (const [region, phrases] of Object.entries(tables.REGION_WORDS)) {
    for (const phrase of phrases.flatMap((each) => [each, pluralOf(each)])) {
      found.set(phrase, { role: "region", region: region as Region, place: placeOf(phrase, region as Region) });
    }
  }
  for (const [place, phrases] of Object.entries(tables.PLACE_WORDS)) {
    for (const phrase of phrases) if (!found.has(phrase)) found.set(phrase, { role: "region", place: place as Place });
  }
  return found;
}

/** What a region is of the picture itself. */
function placeOf(phrase: string, region: Region): Place {
  const own = Object.entries(tables.PLACE_WORDS).find(([, phrases]) => phrases.includes(phrase))?.[0];
  if (own !== undefined) return own as Place;
  const places: Record<Region, Place> = {
    top: "upper half",
    bottom: "lower half",
    "left side": "left half",
    "right side": "right half",
    centre: "middle",
    edges: "border",
  };
  return places[region];
}

/** The words of a text, in lower case; punctuation that separates is a word. */
export const wordsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/[’‘`´]/g, "'")
    .replace(/n't\b/g, " not")
    .replace(/\bnon-/g, "non ")
    .match(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*(?:'(?=s\b|\s|$)s?)?|'s\b|[,;.:&/+]/gu)
    ?.flatMap((word) => (/^.+'s?$/.test(word) ? [word.replace(/'s?$/, ""), "'s"] : [word])) ?? [];

/**
 * Tags of a description. Noise is dropped, unless it is part of a longer phrase.
 * @returns also the unknown words, in order, each once.
 */
export function tagsOf(text: string, vocabulary: Vocabulary): { tags: Tag[]; unknownWords: string[] } {
  const words = wordsIn(text).slice(0, MOST_WORDS);
  const tags: Tag[] = [];
  for (let at = 0; at < words.length; ) {
    const { tag, length } = longestAt(words, at, vocabulary);
    if (tag) tags.push(tag);
    at += length;
  }
  const unknown = tags.filter(({ role }) => role === "unknown").map((tag) => tag.text);
  return { tags, unknownWords: [...new Set(unknown)] };
}

function longestAt(words: readonly string[], at: number, vocabulary: Vocabulary): { tag?: Tag; length: number } {
  for (let length = Math.min(LONGEST, words.length - at); length > 0; length--) {
    const text = words.slice(at, at + length).join(" ");
    // "in the middle of": articles within a phrase are part of the way it is said, not of the list
    const plain =
      length > 1
        ? words
            .slice(at, at + length)
            .filter((word) => !/^(?:the|a|an)$/.test(word))
            .join(" ")
        : text;
    const startsWithNoise = length > 1 && /^(?:the|a|an)$/.test(words[at]);
    if (startsWithNoise) continue;
    const senses = sensesOf(text, vocabulary);
    const fixed = PHRASES.get(text) ?? PHRASES.get(plain);
    if (senses || fixed) return { tag: { role: "word", ...fixed, text, senses: senses ?? NO_SENSES }, length };
  }
  const word = words[at];
  if (NOISE.has(word)) return { length: 1 };
  // "wheel-shaped" is one word when it is known as one, otherwise as many as it has parts
  const parts = word.split("-");
  if (parts.length > 1) {
    const known = sensesOf(parts.join(" "), vocabulary);
    if (known) return { tag: { role: "word", text: word, senses: known }, length: 1 };
  }
  return { tag: { role: "unknown", text: word, senses: NO_SENSES }, length: 1 };
}
