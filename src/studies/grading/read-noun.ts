/** The noun phrases of descriptions: adjectives, nouns, "X of Y", "Y's X" and regions. What comes after them is `read.ts`'s. */
import type { Query, Region } from "../../data/labels/query.js";
import * as compose from "./compose.js";
import type { Role, Tag } from "./tags.js";

/** What was read. Nouns that claim nothing have no query of their own. */
export interface NounPhrase {
  readonly kind: "claim" | "thing" | "area" | "picture" | "unknown";
  readonly query: Query | undefined;
}

const NEUTRAL: ReadonlySet<Role | undefined> = new Set(["thing", "area", "picture"]);

export abstract class NounReader {
  protected at = 0;
  /** Whether an unknown word says how the noun is that is being read: "curved things" are not just any things. */
  private isNarrowed = false;
  protected readonly tags: readonly Tag[];

  constructor(tags: readonly Tag[]) {
    this.tags = tags;
  }

  /** What is said after "of" and relations. */
  protected abstract list(): Query | undefined;

  protected role(ahead = 0): Role | undefined {
    return this.tags[this.at + ahead]?.role;
  }

  protected isAdjectiveAt(at: number): boolean {
    return this.tags[at]?.role === "word" && this.tags[at].senses.adjective !== undefined;
  }

  /** Whether a noun may begin there, adjectives before it included. */
  protected isNominalAt(at: number): boolean {
    const role = this.tags[at]?.role;
    return role === "word" || role === "region" || role === "unknown" || NEUTRAL.has(role);
  }

  /** Whether what follows is shown by what stands before: "pictures with dogs", "an image showing cars". */
  private isShowingAt(at: number): boolean {
    const tag = this.tags[at];
    return tag?.role === "contain" || (tag?.role === "relation" && tag.relation === "with");
  }

  /** Adjectives, nouns, and all that hangs on them by "of" and "'s". Takes nothing where no noun phrase begins. */
  protected nounPhrase(): NounPhrase {
    this.isNarrowed = false;
    const modifiers = this.modifiers();
    let phrase = this.head(modifiers);
    if (this.isNarrowed && phrase.query === undefined) phrase = { kind: "unknown", query: undefined };
    for (let start = -1; start !== this.at; ) {
      start = this.at;
      if (this.role() === "possessive") {
        this.at++;
        phrase = this.compound(phrase);
      } else if (this.role() === "of") {
        this.at++;
        phrase = this.of(phrase, this.at);
      } else if (phrase.query !== undefined && phrase.kind === "claim" && this.isNominalAt(this.at)) {
        phrase = this.compound(phrase);
      }
    }
    return phrase;
  }

  /** In a list or after a region, nouns that claim nothing stand for objects. */
  protected standIn({ kind, query }: NounPhrase): Query | undefined {
    return query ?? (kind === "thing" || kind === "area" ? compose.OBJECT : undefined);
  }

  /** Adjectives, joined or one after the other, as long as a noun follows. */
  private modifiers(): Query | undefined {
    let found: Query | undefined;
    let at = this.at;
    let group: Query | undefined;
    let isOr = false;
    const close = () => {
      found = isOr ? compose.either(found, group) : compose.alongside(found, group);
      group = undefined;
    };
    for (;;) {
      const role = this.tags[at]?.role;
      if (this.isAdjectiveAt(at)) group = compose.oneAfterTheOther(group, this.tags[at++].senses.adjective!);
      else if (role === "unknown" && this.isNominalAt(at + 1)) {
        this.isNarrowed = true;
        at++;
      } else if ((role === "and" || role === "or") && group !== undefined) {
        let next = at;
        while (this.tags[next]?.role === "and" || this.tags[next]?.role === "or") next++;
        if (!this.isAdjectiveAt(next)) break;
        close();
        isOr = this.tags[next - 1].role === "or";
        at = next;
      } else break;
    }
    if (this.isNominalAt(at) && group !== undefined) {
      close();
      this.at = at;
      return found;
    }
    return this.adjectivesBeforeNoun();
  }

  /** Without a noun after them, the last adjective that may be a noun is one: "wooden planks", "black fur", "red". */
  private adjectivesBeforeNoun(): Query | undefined {
    let found: Query | undefined;
    while (this.role() === "unknown" && this.isNominalAt(this.at + 1)) {
      this.isNarrowed = true;
      this.at++;
    }
    while (this.isAdjectiveAt(this.at) && this.isNominalAt(this.at + 1)) {
      found = compose.oneAfterTheOther(found, this.tags[this.at++].senses.adjective!);
    }
    return found;
  }

  private head(modifiers: Query | undefined): NounPhrase {
    const tag = this.tags[this.at];
    if (tag === undefined || !this.isNominalAt(this.at))
      return { kind: modifiers ? "claim" : "unknown", query: modifiers };
    if (tag.role === "region") return this.region(modifiers);
    const isShown = tag.role === "picture" && (this.role(-1) === "in" || this.isShowingAt(this.at + 1));
    this.at++;
    const isNeutral =
      NEUTRAL.has(tag.role) && (modifiers !== undefined || this.role() === "of" || isShown || !tag.senses.noun);
    if (isNeutral) {
      const kind = tag.role as NounPhrase["kind"];
      // "the colour red"
      if (kind === "area" && modifiers === undefined && this.role() === "word") return this.apposition();
      return { kind, query: modifiers };
    }
    const noun = tag.senses.noun ?? tag.senses.adjective;
    if (noun === undefined) return { kind: modifiers ? "claim" : "unknown", query: modifiers };
    const isBoth = modifiers !== undefined;
    return { kind: "claim", query: isBoth ? compose.oneAfterTheOther(modifiers, noun) : noun };
  }

  /** What follows "the colour" and the like, as a colour if it may be one. */
  private apposition(): NounPhrase {
    if (this.isNominalAt(this.at + 1)) return this.nounPhrase();
    const { adjective, noun } = this.tags[this.at++].senses;
    return { kind: "claim", query: adjective ?? noun };
  }

  /** "the top of dogs", "left and right sides of dogs", "the upper half of the picture", "edges". */
  private region(modifiers: Query | undefined): NounPhrase {
    const named: Tag[] = [this.tags[this.at++]];
    while ((this.role() === "and" || this.role() === "or") && this.role(1) === "region") {
      named.push(this.tags[this.at + 1]);
      this.at += 2;
    }
    const isOf = this.role() === "of";
    if (isOf) this.at++;
    const isPicture = isOf && this.role() === "picture" && this.role(1) !== "of";
    if (isPicture) this.at++;
    const of = isPicture ? undefined : isOf ? this.list() : modifiers;
    if (isOf && !isPicture && of === undefined) return { kind: "unknown", query: undefined };
    const isEdge = named.some(
      ({ region, text }) => region === "edges" && /edge|outline|contour|silhouette|rim|bound/.test(text),
    );
    const within = of ?? (isEdge && !isPicture ? compose.OBJECT : undefined);
    const queries = named.map(({ region, place }): Query => {
      if (within !== undefined && region !== undefined) return { is: "region", region, of: within };
      return { is: "place", place: place! };
    });
    return { kind: "claim", query: compose.both(isOf ? modifiers : undefined, compose.either(...queries)) };
  }

  /** The phrase with the noun that follows it: "dog faces", "car edges", "kitchen scenes", "grass areas". */
  private compound(first: NounPhrase): NounPhrase {
    const tag = this.tags[this.at];
    if (first.query === undefined || tag === undefined || !this.isNominalAt(this.at)) return first;
    if (tag.role === "region" && tag.region !== undefined && this.role(1) !== "of") {
      this.at++;
      return { kind: "claim", query: regionOf(tag.region, first.query) };
    }
    if (tag.role === "unknown" || NEUTRAL.has(tag.role)) {
      this.at++;
      return first;
    }
    if (tag.role === "region") return first;
    const second = this.head(this.modifiers());
    return second.query === undefined ? first : { kind: "claim", query: qualified(second.query, first.query) };
  }

  private of(phrase: NounPhrase, start: number): NounPhrase {
    const isPicture = this.role() === "picture" && this.role(1) !== "of";
    if (isPicture) this.at++;
    const of = isPicture ? undefined : this.list();
    if (of === undefined) {
      if (this.at < start) this.at = start;
      return phrase;
    }
    if (phrase.kind !== "claim") return { kind: "claim", query: compose.both(phrase.query, of) };
    const query = phrase.query!;
    return { kind: "claim", query: compose.partOf(query, of) ?? ofThing(query, of) };
  }
}

const regionOf = (region: Region, of: Query): Query => ({ is: "region", region, of });

/** "sea animals" are animals in the sea, "glass bottles" are of glass, "fruit bowls" have fruit in them. */
function qualified(noun: Query, by: Query): Query {
  const where = compose.whereOf(by);
  if (where || compose.isQuality(by) || compose.mayBeQuality(noun)) return compose.both(where ?? by, noun)!;
  return compose.partOf(noun, by) ?? compose.relate(noun, "with", by);
}

/** "stripes of red", "walls of stone" are both; "windows of houses" are within or on them. */
function ofThing(noun: Query, of: Query): Query {
  if (compose.isQuality(of) || compose.isQuality(noun) || compose.isWhere(of)) return compose.both(noun, of)!;
  return { is: "or", of: [compose.relate(noun, "inside", of), compose.relate(noun, "in front of", of)] };
}
