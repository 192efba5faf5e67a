/**
 * The words for what labels know, in both directions: simulated annotators put queries into words with it, and descriptions are read
 * back with it. Colours, textures, kinds, regions, places and relations are closed lists; things, scenes, materials, shapes and parts are
 * called by the names their source gives them, by synonyms of those, and in the plural. Nothing here builds sentences.
 *
 * Saying: `wordsFor`, `regionWords`, `placeWords`, `relationWords`, `neutralNouns`, `article`. Reading: `sensesOf`.
 */
import { COLOUR_NAMES, type LabelSource, TEXTURE_NAMES, type TextureName } from "./labels.js";
import {
  AREAS,
  COLOUR_WORDS,
  KIND_WORDS,
  MATERIAL_ADJECTIVES,
  PATTERN_WORDS,
  PLACE_WORDS,
  REGION_SAID,
  REGION_WORDS,
  RELATION_WORDS,
  SHAPE_ADJECTIVES,
  STRIPE_WORDS,
  STRIPES,
  SYNONYMS,
  TEXTURE_WORDS,
  THINGS,
  type Wording,
} from "./lexicon-tables.js";
import { isUncounted, pluralOf, singularsOf } from "./plurals.js";
import type { Atom, Place, Query, Region, Relation } from "./query.js";

/** "dog", "dogs"; "striped", which goes before a noun. */
export type Form = "singular" | "plural" | "adjective";

/**
 * All wordings of an atom in one form, the plainest first, without article: "dogs", "wooden", "colour red". Empty where there is none:
 * things, scenes and parts have no adjectives; colours have no plural, "red things" needs a neutral noun; for places see `placeWords`.
 * What cannot be counted ("grass") has the same singular and plural.
 */
export function wordsFor(atom: Atom, form: Form): readonly string[] {
  switch (atom.is) {
    case "colour":
      if (form === "singular") return [`colour ${atom.name}`, `color ${atom.name}`];
      return form === "adjective" ? wordingOf(COLOUR_WORDS, atom.name).adjectives : [];
    case "texture":
      return inForm(wordingOf(TEXTURE_WORDS, atom.name), form);
    case "material":
      if (form === "adjective") return MATERIAL_ADJECTIVES[atom.name] ?? [atom.name];
      return inForm({ adjectives: [], nouns: synonymsOf(atom.name) }, form);
    case "shape":
      if (form === "adjective") return SHAPE_ADJECTIVES[atom.name] ?? [`${atom.name}-shaped`];
      return inForm({ adjectives: [], nouns: synonymsOf(atom.name) }, form);
    case "scene": {
      if (form === "adjective") return [];
      const names = inForm({ adjectives: [], nouns: synonymsOf(atom.name) }, form);
      return [
        ...names,
        ...["scene", "picture"].map((noun) => `${atom.name} ${form === "plural" ? pluralOf(noun) : noun}`),
      ];
    }
    case "thing":
    case "part":
      return inForm({ adjectives: [], nouns: synonymsOf(atom.name) }, form);
    case "place":
      return [];
    default:
      return inForm(KIND_WORDS[atom.is], form);
  }
}

/** "top" and "upper part", or "tops" and "upper parts": they go before "of" and a noun. */
export const regionWords = (region: Region, form: "singular" | "plural"): readonly string[] =>
  REGION_WORDS[region].slice(0, REGION_SAID[region]).map((word) => (form === "plural" ? pluralOf(word) : word));

/** "upper half", "top": they go after "in the" or "at the" and before "of the picture". */
export const placeWords = (place: Place): readonly string[] => PLACE_WORDS[place];

/** "next to", "near": they go between the two things. */
export const relationWords = (relation: Relation): readonly string[] => RELATION_WORDS[relation];

/** Nouns that claim nothing, for adjectives that need one: "red things", "striped areas". */
export const neutralNouns = (form: "singular" | "plural"): readonly string[] =>
  [...THINGS, ...AREAS].map((noun) => (form === "plural" ? pluralOf(noun) : noun));

/** Words for stripes of no particular direction, all of which read as the union of the three. */
export const stripeWords = (form: Form): readonly string[] => inForm(STRIPE_WORDS, form);

/** "a ", "an ", or nothing for what takes none: "grass", "stairs". */
export function article(noun: string): "a " | "an " | "" {
  if (isUncounted(noun)) return "";
  return /^(?:[aeio]|u(?!ni|se|til))/.test(noun) ? "an " : "a ";
}

/** What a name may also be called, itself first. */
export const synonymsOf = (name: string): readonly string[] => {
  const group = SYNONYMS.find((words) => words.includes(name)) ?? [];
  return [
    name,
    ...group.filter((word) => word !== name && !singularsOf(name).includes(word) && pluralOf(name) !== word),
  ];
};

const wordingOf = (table: Readonly<Record<string, Wording>>, name: string): Wording =>
  table[name] ?? { adjectives: [name], nouns: [] };

const inForm = ({ adjectives, nouns }: Wording, form: Form): readonly string[] =>
  form === "adjective" ? adjectives : form === "plural" ? nouns.map(pluralOf) : nouns;

/** The names by which descriptions may call things: of a source, or of the pictures that are in hand (`concepts.ts`). */
export interface Vocabulary {
  readonly things: ReadonlySet<string>;
  readonly scenes: ReadonlySet<string>;
  readonly materials: ReadonlySet<string>;
  readonly shapes: ReadonlySet<string>;
  readonly parts: ReadonlySet<string>;
}

/** What is known of names when no picture has been looked at: those of the source, and usual materials, shapes and parts. */
export const vocabularyOf = ({ names }: Pick<LabelSource, "names">): Vocabulary => ({
  things: names,
  scenes: new Set(),
  materials: new Set(
    Object.keys(MATERIAL_ADJECTIVES).concat("fabric", "plastic", "paper", "concrete", "skin", "rubber"),
  ),
  shapes: new Set(["circle", "square", "rectangle", "triangle", "oval", "star", "heart", "diamond", "ring", "cross"]),
  parts: new Set(
    "face eyes eye nose mouth ear ears hair head leg legs wheel wing tail arm hand window door handle roof".split(" "),
  ),
});

/** What one word or phrase may mean, by itself. */
export interface Senses {
  /** As a noun: "dogs", "stripes", "lettering", "red" (the colour). The union when it may mean several. */
  readonly noun?: Query | undefined;
  /** Before a noun or after "is": "red", "striped", "wooden", "round". */
  readonly adjective?: Query | undefined;
}

/**
 * What a phrase of one or more lower-case words means. Undefined where nothing is known; never a guess: no stems, no spelling
 * correction. Names are looked up as they are, in the singular, and by their synonyms.
 */
export function sensesOf(phrase: string, vocabulary: Vocabulary): Senses | undefined {
  const closed = CLOSED.get(phrase);
  const open = namesIn(phrase, vocabulary);
  const adjective = closed?.adjective ?? adjectiveOf(phrase, vocabulary);
  const isKind = closed?.noun !== undefined && closed.noun.is in KIND_WORDS;
  const noun = isKind ? kindOrName(closed.noun!, open) : union([...(closed?.noun ? [closed.noun] : []), ...open]);
  return noun || adjective ? { noun, adjective } : undefined;
}

/** "persons" are people whatever names the source has; where it has numbers, "numbers" are these and not all lettering. */
function kindOrName(kind: Query, names: readonly Query[]): Query {
  const isGeneral = names.some(
    (query) => "name" in query && ["person", "object", "text", "lettering", "background"].includes(query.name),
  );
  return isGeneral ? kind : (union(names) ?? kind);
}

const KINDS = [
  ["things", "thing"],
  ["scenes", "scene"],
  ["materials", "material"],
  ["shapes", "shape"],
  ["parts", "part"],
] as const;

function namesIn(phrase: string, vocabulary: Vocabulary): Query[] {
  const singulars = singularsOf(phrase);
  const own = KINDS.flatMap(([set, is]) => {
    const name = singulars.find((word) => vocabulary[set].has(word));
    return name === undefined ? [] : [{ is, name } as const];
  });
  if (own.length > 0) return own;
  const others = new Set(singulars.flatMap((word) => GROUPS.get(word) ?? []));
  if (others.size === 0) return [];
  return KINDS.flatMap(([set, is]) =>
    [...others].filter((name) => vocabulary[set].has(name)).map((name) => ({ is, name }) as const),
  );
}

/** [word]: all synonyms, itself included. */
const GROUPS = new Map<string, readonly string[]>();
for (const group of SYNONYMS) for (const word of group) GROUPS.set(word, [...(GROUPS.get(word) ?? []), ...group]);

/** [adjective]: materials, or shapes, that it may tell of. */
const MATERIALS_BY_ADJECTIVE = reversed(MATERIAL_ADJECTIVES);
const SHAPES_BY_ADJECTIVE = reversed(SHAPE_ADJECTIVES);

function reversed(table: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, words] of Object.entries(table)) {
    for (const word of words) found.set(word, [...(found.get(word) ?? []), name]);
  }
  return found;
}

/** A material without an adjective is its own; a shape is one itself, and with "-shaped". */
function adjectiveOf(phrase: string, { materials, shapes }: Vocabulary): Query | undefined {
  const known = (set: ReadonlySet<string>, names: readonly string[]) => names.filter((name) => set.has(name));
  const own = Object.hasOwn(MATERIAL_ADJECTIVES, phrase) ? [] : [phrase];
  const shape = [phrase, phrase.replace(/-shaped$/, ""), ...(SHAPES_BY_ADJECTIVE.get(phrase) ?? [])];
  return union([
    ...known(materials, [...own, ...(MATERIALS_BY_ADJECTIVE.get(phrase) ?? [])]).map(
      (name) => ({ is: "material", name }) as const,
    ),
    ...known(shapes, shape).map((name) => ({ is: "shape", name }) as const),
  ]);
}

/** One query for several, the plainest. Undefined for none. */
export function union(queries: readonly Query[]): Query | undefined {
  const kinds = new Map(queries.map((query) => [JSON.stringify(query), query]));
  return kinds.size > 1 ? { is: "or", of: [...kinds.values()] } : [...kinds.values()][0];
}

const CLOSED = closedWords();

function closedWords(): ReadonlyMap<string, Senses> {
  const found = new Map<string, Senses>();
  const add = (phrase: string, senses: Senses) => found.set(phrase, { ...found.get(phrase), ...senses });
  const addWording = ({ adjectives, nouns, heard = [] }: Wording, query: Query) => {
    for (const word of adjectives) add(word, { adjective: query });
    for (const word of nouns) for (const one of [word, pluralOf(word)]) add(one, { noun: query });
    for (const word of heard) for (const one of [word, pluralOf(word)]) add(one, { noun: query, adjective: query });
  };
  const textures = (names: readonly TextureName[]): Query => ({
    is: "or",
    of: names.map((name) => ({ is: "texture", name })),
  });
  addWording(PATTERN_WORDS, textures(TEXTURE_NAMES.slice(1)));
  addWording(STRIPE_WORDS, textures(STRIPES));
  for (const name of TEXTURE_NAMES) addWording(TEXTURE_WORDS[name], { is: "texture", name });
  for (const is of ["object", "person", "text", "background", "light", "dark"] as const)
    addWording(KIND_WORDS[is], { is });
  for (const name of COLOUR_NAMES) {
    const query: Query = { is: "colour", name };
    addWording(COLOUR_WORDS[name], query);
    for (const word of COLOUR_WORDS[name].adjectives) add(word, { noun: query });
  }
  return found;
}
