/** What is said is understood: every wording of every atom reads back as that atom, in a vocabulary that has its name. */
import { describe, expect, test } from "vitest";
import { COLOUR_NAMES, TEXTURE_NAMES } from "../../../src/data/labels/labels.js";
import * as lexicon from "../../../src/data/labels/lexicon.js";
import { pluralOf, singularsOf } from "../../../src/data/labels/plurals.js";
import { type Atom, PLACES, type Query, REGIONS, RELATIONS } from "../../../src/data/labels/query.js";

const set = (words: string) => new Set(words.split(", "));
const vocabulary: lexicon.Vocabulary = {
  things: set(
    "dog, animal, car, bus, wolf, sofa, orange, glasses, chest of drawers, flower, knife, box, grass, eyes, puppy",
  ),
  scenes: set("kitchen, indoors, street, city"),
  materials: set("wood, metal, grass, glass, fabric, stone"),
  shapes: set("circle, square, star, rectangle"),
  parts: set("face, wheel, eyes, leg"),
};
const atoms: Atom[] = [
  ...COLOUR_NAMES.map((name) => ({ is: "colour", name }) as const),
  ...TEXTURE_NAMES.map((name) => ({ is: "texture", name }) as const),
  ...(["object", "person", "text", "background", "light", "dark"] as const).map((is) => ({ is })),
  ...Object.entries({
    thing: "things",
    scene: "scenes",
    material: "materials",
    shape: "shapes",
    part: "parts",
  }).flatMap(([is, key]) => [...vocabulary[key as keyof lexicon.Vocabulary]].map((name) => ({ is, name }) as Atom)),
];
const leaves = (query: Query | undefined): unknown[] =>
  query === undefined ? [] : query.is === "or" ? query.of.flatMap(leaves) : [query];

describe("wordings", () => {
  test.each(atoms)("of %j read back", (atom) => {
    let count = 0;
    for (const form of ["singular", "plural", "adjective"] as const) {
      for (const said of lexicon.wordsFor(atom, form)) {
        // sentences are not the lexicon's: "colour red", "kitchen scene" and "bright areas" are read by the grammar
        const phrase = said.replace(/^colou?r | (scene|picture|area)s?$/g, "");
        const senses = lexicon.sensesOf(phrase, vocabulary);
        const wanted = form === "adjective" || said.match(/^(bright|dark) area/) ? senses?.adjective : senses?.noun;
        expect(leaves(wanted), said).toContainEqual(atom);
        count++;
      }
    }
    expect(count).toBeGreaterThan(0);
  });

  test("are in the form asked for, the plainest first", () => {
    const dog: Atom = { is: "thing", name: "dog" };
    expect(lexicon.wordsFor(dog, "plural")).toEqual(["dogs"]);
    expect(lexicon.wordsFor(dog, "adjective")).toEqual([]);
    expect(lexicon.wordsFor({ is: "thing", name: "car" }, "plural")).toEqual(["cars", "automobiles", "motorcars"]);
    expect(lexicon.wordsFor({ is: "material", name: "wood" }, "adjective")).toEqual(["wooden"]);
    expect(lexicon.wordsFor({ is: "texture", name: "dots" }, "plural")).toEqual(["dots", "spots", "polka dots"]);
    expect(lexicon.wordsFor({ is: "part", name: "eyes" }, "plural")).toEqual(["eyes"]);
    expect(lexicon.wordsFor({ is: "person" }, "plural")[0]).toBe("people");
    expect(lexicon.wordsFor({ is: "scene", name: "kitchen" }, "plural")).toEqual([
      "kitchens",
      "kitchen scenes",
      "kitchen pictures",
    ]);
    expect(lexicon.regionWords("top", "plural")).toEqual(["tops", "upper parts", "top parts"]);
    for (const region of REGIONS) expect(lexicon.regionWords(region, "singular").length).toBeGreaterThan(1);
    for (const relation of RELATIONS) expect(lexicon.relationWords(relation).length).toBeGreaterThan(0);
    for (const place of PLACES) expect(lexicon.placeWords(place).length).toBeGreaterThan(1);
    expect(["dog", "animal", "grass", "unicorn", "umbrella", "stairs"].map(lexicon.article)).toEqual([
      "a ",
      "an ",
      "",
      "a ",
      "an ",
      "",
    ]);
  });
});

test("words that nothing is known of mean nothing, and are not guessed", () => {
  for (const word of ["dof", "doggish", "blurry", "redd", "", "toString", "constructor"]) {
    expect(lexicon.sensesOf(word, vocabulary)).toBeUndefined();
  }
  expect(lexicon.sensesOf("automobile", { ...vocabulary, things: set("dog") })).toBeUndefined();
});

test("a word with several senses means their union; an exact name goes before synonyms", () => {
  expect(leaves(lexicon.sensesOf("grass", vocabulary)?.noun)).toEqual([
    { is: "thing", name: "grass" },
    { is: "material", name: "grass" },
  ]);
  expect(leaves(lexicon.sensesOf("oranges", vocabulary)?.noun)).toEqual([{ is: "thing", name: "orange" }]);
  expect(lexicon.sensesOf("orange", vocabulary)?.adjective).toEqual({ is: "colour", name: "orange" });
  expect(leaves(lexicon.sensesOf("couches", vocabulary)?.noun)).toEqual([{ is: "thing", name: "sofa" }]);
  const both = { ...vocabulary, things: set("sofa, couch") };
  expect(leaves(lexicon.sensesOf("couches", both)?.noun)).toEqual([{ is: "thing", name: "couch" }]);
  expect(leaves(lexicon.sensesOf("stripes", vocabulary)?.noun)).toHaveLength(3);
});

test("plurals, there and back", () => {
  const pairs =
    "dog dogs, box boxes, bus buses, city cities, boy boys, knife knives, person people, fireman firemen, glass glass, " +
    "chest of drawers chests of drawers, fire engine fire engines, glasses glasses, dress dresses, sheep sheep, potato potatoes, " +
    "human humans, german shepherd german shepherds, toothbrush toothbrushes, horse horses, shoe shoes, house houses, tie ties";
  for (const pair of pairs.split(", ")) {
    const words = pair.split(" ");
    const [one, many] = [words.slice(0, words.length / 2).join(" "), words.slice(words.length / 2).join(" ")];
    expect(pluralOf(one)).toBe(many);
    if (!one.includes(" of ")) expect(singularsOf(many), many).toContain(one);
  }
});
