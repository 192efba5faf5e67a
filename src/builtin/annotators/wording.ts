/**
 * A query in words. The words are the lexicon's; which of them, in what order, in which number, with or without article and
 * inside what sentence is drawn, so that one query has hundreds of wordings and one wording may come of several queries.
 */
import type { Random } from "../../base/random.js";
import {
  article,
  neutralNouns,
  placeWords,
  regionWords,
  relationWords,
  stripeWords,
  wordsFor,
} from "../../data/labels/lexicon.js";
import type { Atom, Query } from "../../data/labels/query.js";
import { isAttribute, STRIPES } from "./candidates.js";
import { mentions } from "./habits.js";

/** Whoever speaks. */
export class Speaker {
  readonly #random: Random;
  readonly #synonyms: number;
  /** Whether they speak of one thing, with an article, or of many. */
  readonly isSingular: boolean;

  constructor(random: Random, { synonyms, singular }: { synonyms: number; singular: number }) {
    this.#random = random;
    this.#synonyms = synonyms;
    this.isSingular = random.uniform() < singular;
  }

  chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  /** One of them, all equally likely. */
  any<T>(list: readonly T[]): T {
    return list[this.#random.integer(list.length)];
  }

  /** The plainest, or sometimes another; of the others the earlier rather. */
  plain(list: readonly string[]): string {
    let i = 0;
    while (i < list.length - 1 && this.chance(this.#synonyms)) i++;
    return list[i];
  }

  shuffled<T>(list: readonly T[]): T[] {
    return [...this.#random.permutation(list.length)].map((i) => list[i]);
  }

  get form(): "singular" | "plural" {
    return this.isSingular ? "singular" : "plural";
  }
}

/** What the query picks out, as a noun phrase: "red dogs", "a dog", "the tops of cars". */
export function nounPhrase(query: Query, say: Speaker): string {
  switch (query.is) {
    case "and":
      return conjunction(query.of, say);
    case "or":
      return alternation(query.of, say);
    case "not":
      return `${say.any(["anything but", "everything except", "all but"])} ${nounPhrase(query.of, say)}`;
    case "region": {
      const region = say.plain(regionWords(query.region, say.isSingular || say.chance(0.4) ? "singular" : "plural"));
      if (query.region === "edges" && query.of.is === "thing" && say.chance(0.2)) {
        return `${say.plain(wordsFor(query.of, "singular"))} ${say.any(["edges", "borders", "outlines"])}`;
      }
      return `${say.chance(0.5) ? "the " : ""}${region} of ${nounPhrase(query.of, say)}`;
    }
    case "place":
      return `${say.chance(0.7) ? "the " : ""}${say.plain(placeWords(query.place))} of ${wholePicture(say)}`;
    case "above":
    case "below":
    case "beside":
    case "inside":
    case "in front of":
    case "behind":
    case "with": {
      const relation = say.plain(relationWords(query.is));
      const what = query.what.is === "background" && say.chance(0.6) ? say.any(SPACE) : nounPhrase(query.what, say);
      return `${what} ${relation} ${nounPhrase(query.to, say)}`;
    }
    default:
      return atomPhrase(query, say);
  }
}

const wholePicture = (say: Speaker) =>
  say.any(["the picture", "the image", "the images", "the photo", "pictures", "the pictures"]);

/** Spots would be dots. */
const NEUTRAL = neutralNouns("plural").filter((word) => word !== "spots");

/** What is no object has no more of a name. */
const SPACE = ["areas", "the area", "space", "regions", "what is"];

/** "things", "areas", "parts". */
const neutral = (say: Speaker) =>
  say.isSingular && say.chance(0.5) ? "an area" : say.any(["things", "areas", "parts", "objects", ...NEUTRAL]);

function atomPhrase(atom: Atom, say: Speaker): string {
  if (isAttribute(atom)) return attributePhrase(atom, say);
  if (atom.is === "background") {
    if (say.chance(0.15)) return `${say.any(["areas", "space", "places"])} around ${say.any(["objects", "things"])}`;
    return say.any(["the background", "backgrounds", "background", "background areas"]);
  }
  if (atom.is === "place") return nounPhrase(atom, say);
  return noun(thingWord(atom, say), say);
}

function nounsOf(atom: Atom, say: Speaker): readonly string[] {
  const words = wordsFor(atom, say.form);
  return words.length > 0 ? words : "name" in atom ? [atom.name] : [atom.is];
}

/** Things are mostly called by their plain names. */
const thingWord = (atom: Atom, say: Speaker) =>
  say.chance(0.6) ? nounsOf(atom, say)[0] : say.plain(nounsOf(atom, say));

/** With its article, where one thing is spoken of. */
const noun = (word: string, say: Speaker) => (say.isSingular && say.chance(0.9) ? article(word) + word : word);

function attributePhrase(atom: Atom, say: Speaker): string {
  const nouns = wordsFor(atom, "plural");
  if (atom.is === "colour") {
    if (say.chance(0.2))
      return say.any([atom.name, `the ${say.plain(wordsFor(atom, "singular"))}`, `${atom.name} colours`]);
  } else if (nouns.length > 0 && say.chance(atom.is === "texture" ? 0.75 : 0.5)) return say.plain(nouns);
  const adjective = adjectiveOf(atom, say);
  if (adjective === undefined) return nouns[0] ?? neutral(say);
  const thing = neutral(say);
  if (say.chance(0.1) && !thing.startsWith("a")) return `${thing} that are ${adjective}`;
  return withArticle(`${adjective} ${thing.replace(/^an? /, "")}`, thing.startsWith("an "));
}

const withArticle = (phrase: string, isOne: boolean) => (isOne ? `${article(phrase) || "a "}${phrase}` : phrase);

function adjectiveOf(atom: Atom, say: Speaker): string | undefined {
  const isStripe = atom.is === "texture" && atom.name.endsWith("stripes");
  const words = isStripe && say.chance(0.4) ? stripeWords("adjective") : wordsFor(atom, "adjective");
  if (words.length === 0) return undefined;
  // "reddish" is rarer than other synonyms
  return atom.is === "colour" && say.chance(0.6) ? words[0] : say.plain(words);
}

function conjunction(of: readonly Query[], say: Speaker): string {
  if (of.length === 0) return say.any(["everything", "anything"]);
  const attributes = say.shuffled(of.filter((query) => isAttribute(query)) as Atom[]);
  const others = of.filter((query) => !isAttribute(query));
  const head = others.find((query) => ["thing", "person", "object", "text", "part", "background"].includes(query.is));
  const rest = others.filter((query) => query !== head);
  let phrase = headPhrase(attributes, head as Atom | undefined, say);
  for (const query of rest) phrase += ` ${afterwards(query, say)}`;
  return phrase;
}

/** "brown dogs", "dogs that are brown", "brown parts of dogs", "dogs, mostly brown", "dogs with stripes". */
function headPhrase(attributes: readonly Atom[], head: Atom | undefined, say: Speaker): string {
  const [first] = attributes;
  if (!first) return head ? atomPhrase(head, say) : neutral(say);
  const adjectives = attributes.map((atom) => adjectiveOf(atom, say)).filter((word) => word !== undefined);
  const listed = adjectives.join(say.any([" ", " ", ", ", " and "]));
  const patterns = first.is === "texture" ? wordsFor(first, "plural") : [];
  if (!head) return adjectives.length > 0 ? `${listed} ${say.any(NEUTRAL)}` : nounsOf(first, say)[0];
  if (patterns.length > 0 && attributes.length === 1 && say.chance(0.5)) {
    const pattern = say.plain(patterns);
    return say.chance(0.5) ? `${pattern} on ${atomPhrase(head, say)}` : `${atomPhrase(head, say)} with ${pattern}`;
  }
  const word = head.is === "background" ? say.any(["background", "backgrounds"]) : thingWord(head, say);
  const draw = say.any([0, 0, 0, 0, 0, 0, 1, 2, 2, 3]);
  if (adjectives.length === 0) return noun(word, say);
  if (draw === 1 && head.is !== "background")
    return `${noun(word, say)} that ${say.isSingular ? "is" : "are"} ${listed}`;
  if (draw === 2 && head.is === "thing") return `${listed} ${say.any(["parts", "areas"])} of ${noun(word, say)}`;
  if (draw === 3 && head.is === "thing") return `${noun(word, say)}, ${say.any(["mostly", "often"])} ${listed}`;
  return withArticle(`${listed} ${word}`, say.isSingular && article(word) !== "");
}

/** What follows a noun: "in the upper half of the picture", "in a kitchen", "but not in cars". */
function afterwards(query: Query, say: Speaker): string {
  switch (query.is) {
    case "place":
      return `${say.any(["in", "at"])} ${nounPhrase(query, say)}`;
    case "scene":
      return `${say.any(["in", "in pictures of"])} ${nounPhrase(query, say)}`;
    case "not":
      return `${say.any(["but not", "without"])} ${nounPhrase(query.of, say)}`;
    default:
      return `${say.any(["with", "and"])} ${nounPhrase(query, say)}`;
  }
}

/** "dogs and cats", "dogs, cats or birds", "red and white things". */
function alternation(of: readonly Query[], say: Speaker): string {
  if (of === STRIPES.of) {
    return say.chance(0.5)
      ? say.plain(stripeWords("plural"))
      : `${say.plain(stripeWords("adjective"))} ${neutral(say)}`;
  }
  const order = say.chance(0.6) ? [...of] : say.shuffled(of);
  if (of.every(({ is }) => is === "colour" || is === "light" || is === "dark")) {
    const adjectives = order.map((atom) => adjectiveOf(atom as Atom, say) ?? "plain");
    const listed = list(adjectives, say);
    return say.chance(0.2) ? listed : `${listed} ${say.any(["things", "areas", "objects", "parts"])}`;
  }
  return list(
    order.map((query) => nounPhrase(query, say)),
    say,
  );
}

export function list(items: readonly string[], say: Speaker): string {
  if (items.length < 2) return items[0] ?? "";
  const before = items.slice(0, -1).join(", ");
  const last = items[items.length - 1];
  if (items.length === 2)
    return say.any([`${before} and ${last}`, `${before} and ${last}`, `${before}, ${last}`, `${before} or ${last}`]);
  return say.any([`${before} and ${last}`, `${before}, and ${last}`, `${before}, ${last}`, `${before} or ${last}`]);
}

/** A whole annotation: most are a bare phrase, some a longer saying around it. */
export function sentence(query: Query, say: Speaker): string {
  const phrase = nounPhrase(query, say);
  if (mentions(query, ({ is }) => is === "place")) return phrase; // already speaks of the picture
  const isMany = !say.isSingular && !/^(?:the|an?|all|any|every)\b/.test(phrase) && /s\b|people/.test(phrase);
  const draw = say.any(Array.from({ length: 40 }, (_, i) => i));
  if (draw < 26) return phrase;
  const frames = [
    `${phrase} in ${wholePicture(say)}`,
    `${say.any(["pictures", "images", "photos"])} ${say.any(["of", "with", "showing"])} ${phrase}`,
    `${say.any(["mostly", "mainly", "usually"])} ${phrase}`,
    `areas with ${phrase}`,
    `${say.any([isMany ? "there are" : "there is", "contains", "shows", "focus on", "it shows"])} ${phrase}`,
    ...(isMany ? ["different", "various", "some", "many", "several"].map((word) => `${word} ${phrase}`) : []),
    ...(isMany ? [`${phrase} are ${say.any(["highlighted", "visible", "shown"])}`, `all have ${phrase}`] : []),
    `${phrase} and ${say.any(["similar things", "the like", "such"])}`,
    `${phrase}, ${say.any(["close up", "clearly visible", "in most pictures"])}`,
  ];
  return say.any(frames);
}
