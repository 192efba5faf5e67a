/**
 * Descriptions read back into queries, by composition: a description of any words in any order gets the meaning that its words give
 * each other, or none. Nothing is learned and nothing guessed: words that neither the lexicon nor the vocabulary has are reported, and the rest
 * is read without them.
 *
 *   description   phrases joined by "and", "or", commas: either; by "and not", "but not": the first without the second
 *   phrase        noun phrase, then any of: "of" X, "'s" X, a relation to X, "in" X, "on" X, "that are" adjectives, "that contain" X, "without" X
 *   noun phrase   adjectives, then a noun, or several of which the first say more about the last ("dog faces")
 *
 * X is a list of noun phrases; "above cars and trucks" is above either. A list ends where a phrase with a relation of its own begins.
 */
import type { Vocabulary } from "../../data/labels/lexicon.js";
import type { Query, Relation } from "../../data/labels/query.js";
import * as compose from "./compose.js";
import { type NounPhrase, NounReader } from "./read-noun.js";
import { type Role, tagsOf } from "./tags.js";

export interface Reading {
  /** What the description claims; undefined when nothing of it was understood. */
  readonly query: Query | undefined;
  /** Words that mean nothing here, in the order of the text; noise such as articles is not counted. */
  readonly unknownWords: readonly string[];
}

/** Reads a description. Never throws, whatever the text. */
export function readDescription(text: string, vocabulary: Vocabulary): Reading {
  const { tags, unknownWords } = tagsOf(text, vocabulary);
  return { query: new Reader(tags).description(), unknownWords };
}

const JOINTS: ReadonlySet<Role | undefined> = new Set(["and", "or", "stop"]);

class Reader extends NounReader {
  description(): Query | undefined {
    let query: Query | undefined;
    let isNegated = false;
    while (this.role() !== undefined) {
      if (JOINTS.has(this.role())) {
        this.at++;
      } else if (this.role() === "not") {
        isNegated = true;
        this.at++;
      } else {
        const start = this.at;
        const item = this.claimOf(this.phrase());
        if (this.at === start) this.at++;
        if (item === undefined) continue;
        if (isNegated) query = compose.both(query, { is: "not", of: item });
        else query = compose.either(query, item);
        isNegated = false;
      }
    }
    return query;
  }

  /** What a phrase claims by itself: a noun that claims nothing claims nothing. */
  private claimOf({ query }: NounPhrase): Query | undefined {
    return query;
  }

  private phrase(): NounPhrase {
    let phrase: NounPhrase = ["relation", "in", "on", "contain", "made", "without", "be"].includes(this.role() ?? "")
      ? { kind: "area", query: undefined } // "above cars": what is above them is not said
      : this.nounPhrase();
    for (let start = -1; start !== this.at && this.role() !== undefined; ) {
      start = this.at;
      phrase = this.extended(phrase);
    }
    return phrase;
  }

  /** The phrase with what comes next, if that belongs to it. */
  private extended(phrase: NounPhrase): NounPhrase {
    const tag = this.tags[this.at];
    switch (tag?.role) {
      case "relation":
        this.at++;
        return this.related(phrase, tag.relation!);
      case "in":
      case "on": {
        this.at++;
        const to = this.list();
        if (to === undefined) return phrase;
        const place = tag.role === "in" ? compose.whereOf(to) : undefined;
        if (place && phrase.query === undefined) return { kind: "claim", query: place };
        if (to.is === "region") return { kind: "claim", query: compose.both(phrase.query, to) };
        const what = whatOf(phrase);
        if (what === undefined) return phrase;
        // "white spots on dogs" are of the dogs, "white things on tables" are not of the tables
        const isOfThem = phrase.query !== undefined && phrase.kind !== "thing" && compose.isQuality(phrase.query);
        if (isOfThem) return { kind: "claim", query: compose.both(phrase.query, to) };
        return { kind: "claim", query: tag.role === "in" ? compose.within(what, to) : compose.onTop(what, to) };
      }
      case "contain":
        this.at++;
        return containing(phrase, this.list(false));
      case "made":
        this.at++;
        return { kind: "claim", query: compose.both(phrase.query, this.list()) };
      case "without": {
        this.at++;
        const to = this.list();
        if (to === undefined) return phrase;
        const lacking: Query = phrase.query && !compose.isQuality(to) ? { is: "with", what: phrase.query, to } : to;
        return { kind: "claim", query: compose.both(phrase.query, { is: "not", of: lacking }) };
      }
      case "be":
        this.at++;
        return this.predicated(phrase);
      case "not":
        return phrase.query && this.isAdjectiveAt(this.at + 1) && !this.isNominalAt(this.at + 2)
          ? this.predicated(phrase)
          : phrase;
      default:
        return phrase;
    }
  }

  private related(phrase: NounPhrase, relation: Relation): NounPhrase {
    if (relation === "with") return containing(phrase, this.list(false));
    const to = this.list();
    if (to === undefined) return phrase;
    const what = whatOf(phrase);
    return what === undefined ? phrase : { kind: "claim", query: compose.relate(what, relation, to) };
  }

  /** "that are [not] red and striped"; a relation may follow instead, which is read as if "that are" were not there. */
  private predicated(phrase: NounPhrase): NounPhrase {
    let said: Query | undefined;
    for (;;) {
      const start = this.at;
      const isNegated = this.role() === "not";
      if (isNegated) this.at++;
      const adjective = this.tags[this.at]?.role === "word" ? this.tags[this.at].senses.adjective : undefined;
      if (adjective === undefined) {
        this.at = start;
        break;
      }
      this.at++;
      said = compose.alongside(said, isNegated ? { is: "not", of: adjective } : adjective);
      if (this.isAdjectiveAt(this.at)) continue;
      if (!["and", "or"].includes(this.role() ?? "")) break;
      const next = this.role(1) === "not" ? this.at + 2 : this.at + 1;
      if (!this.isAdjectiveAt(next) || this.isNominalAt(next + 1)) break;
      this.at++;
    }
    if (said !== undefined) return { kind: "claim", query: compose.both(phrase.query, said) };
    if (this.role() === "not") {
      const start = this.at++;
      const rest = this.extended(phrase);
      if (rest.query && this.at > start + 1) {
        return { kind: "claim", query: compose.both(phrase.query, { is: "not", of: rest.query }) };
      }
      this.at = start;
      return phrase;
    }
    const what = phrase.query === undefined && this.role() === "word" ? this.nounPhrase().query : undefined;
    return what ? { kind: "claim", query: what } : phrase;
  }

  /** A list of noun phrases, any of which will do. @param meansObjects whether "things" stand for objects there, or for nothing. */
  protected override list(meansObjects = true): Query | undefined {
    const first = this.nounPhrase();
    let found = meansObjects ? this.standIn(first) : first.query;
    if (first.kind === "picture" && found === undefined) return undefined; // "in pictures, dogs" are not in dogs
    while (this.role() === "and" || this.role() === "or") {
      const start = this.at;
      while (this.role() === "and" || this.role() === "or") this.at++;
      const isRegion = this.role() === "region";
      const before = this.at;
      const item = this.nounPhrase();
      const isOwnPhrase = ["relation", "be", "in", "on", "contain", "without", "made"].includes(this.role() ?? "");
      if (isRegion || isOwnPhrase || this.at === before || item.query === undefined) {
        this.at = start;
        break;
      }
      found = compose.either(found, item.query);
    }
    return found;
  }
}

/** What stands before a relation. Areas may be anything, things are objects. */
function whatOf({ kind, query }: NounPhrase): Query | undefined {
  if (query) return query;
  return kind === "area" ? compose.EVERYTHING : kind === "thing" ? compose.OBJECT : undefined;
}

/** "areas with text" are text, "things with wheels" are things, "dogs with collars" are dogs. */
function containing(phrase: NounPhrase, to: Query | undefined): NounPhrase {
  if (to === undefined) return phrase;
  if (phrase.query) return { kind: "claim", query: compose.relate(phrase.query, "with", to) };
  const isThing = phrase.kind === "thing" && !compose.isQuality(to);
  return { kind: "claim", query: isThing ? compose.relate(compose.OBJECT, "with", to) : to };
}
