/** Descriptions in many wordings, and what they are read as. */
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { type Vocabulary, vocabularyOf } from "../../../src/data/labels/lexicon.js";
import { notation } from "../../../src/studies/grading/notation.js";
import { readDescription } from "../../../src/studies/grading/read.js";
import { describeShared, shared } from "../../shared.js";

const set = (words: string) => new Set(words.split(", "));
const VOCABULARY: Vocabulary = {
  things: set(
    "dog, cat, animal, car, bus, truck, vehicle, person, woman, sofa, cup, table, sign, wall, house, flower, tree, bottle, fruit, bowl, hat, lawn, fire engine, orange, picture",
  ),
  scenes: set("kitchen, street, forest, indoors, sea"),
  materials: set("wood, metal, glass, stone, grass"),
  shapes: set("circle, square, star, triangle"),
  parts: set("face, wheel, eyes, leg, window"),
};
const read = (text: string) => {
  const { query } = readDescription(text, VOCABULARY);
  return query && notation(query);
};
const STRIPES = "(horizontal stripes | vertical stripes | diagonal stripes)";

const CASES: Record<string, readonly (readonly [string, string])[]> = {
  "nouns and adjectives": [
    ["Dogs", "dog"],
    ["a dog", "dog"],
    ["Fire engines", "fire engine"],
    ["automobiles", "car"],
    ["red things", "red"],
    ["Red areas.", "red"],
    ["red", "red"],
    ["the color red", "red"],
    ["Areas of the colour orange", "orange"],
    ["shades of blue", "blue"],
    ["reddish regions", "red"],
    ["red objects", "red & object"],
    ["dark red things", "red"],
    ["bright areas", "light"],
    ["red striped things", "red & (horizontal stripes | vertical stripes | diagonal stripes)"],
    ["wooden tables", "material:wood & table"],
    ["round objects", "shape:circle & object"],
    ["star-shaped things", "shape:star"],
    ["glass bottles", "material:glass & bottle"],
    ["lettering", "text"],
    ["words and letters", "text"],
    ["dotted surfaces", "dots"],
    ["spots", "dots"],
    ["red spots", "red"],
    ["furry animals", "fur & animal"],
    ["oranges", "orange"],
    ["kitchen scenes", "scene:kitchen"],
    ["pictures of kitchens", "scene:kitchen"],
    ["dogs in the picture", "dog"],
    ["a red dog in pictures", "red & dog"],
    ["pictures with diagonal stripes", "diagonal stripes"],
    ["images showing the top of a dog", "top(dog)"],
    ["dogs, in most pictures", "dog"],
    ["in most pictures, dogs", "dog"],
    ["a picture", "picture"],
    ["pictures on walls", "(picture above wall) | (picture in front of wall)"],
    ["indoor scenes", "scene:indoors"],
    ["vertical lines", "vertical stripes"],
    ["stripe patterns", STRIPES.slice(1, -1)],
    ["grassy areas", "material:grass"],
    ["backgrounds", "background"],
  ],
  "and, or, not": [
    ["dogs and cats", "dog | cat"],
    ["dogs, cats, and cars", "dog | cat | car"],
    ["dogs or red things", "dog | red"],
    ["red and green things", "red | green"],
    ["red, green or blue cars", "(red | green | blue) & car"],
    ["red and striped things", "red & (horizontal stripes | vertical stripes | diagonal stripes)"],
    ["black and white stripes", `(black | white) & ${STRIPES}`],
    ["red cars and striped cats", `(red & car) | (${STRIPES} & cat)`],
    ["face and not text", "part:face & not text"],
    ["faces but not text", "part:face & not text"],
    ["things that are not red", "not red"],
    ["dogs that are not brown", "dog & not brown"],
    ["anything but dogs", "not dog"],
    ["not dogs", "not dog"],
    ["non-red things", "not red"],
    ["cars without wheels", "car & not (car with part:wheel)"],
    ["areas without text", "not text"],
  ],
  "of, and nouns together": [
    ["wheels of cars", "part:wheel of car"],
    ["car wheels", "part:wheel of car"],
    ["a car's wheel", "part:wheel of car"],
    ["Dog 's face", "part:face of dog"],
    ["the dogs' faces", "part:face of dog"],
    ["faces of dogs and cats", "part:face of (dog | cat)"],
    ["black wheels of red cars", "black & part:wheel of (red & car)"],
    ["parts of animals", "animal"],
    ["red parts of cars", "red & car"],
    ["areas of grass", "material:grass"],
    ["walls of stone", "wall & material:stone"],
    ["windows of houses", "part:window of house"],
    ["sea animals", "scene:sea & animal"],
    ["animal fur", "animal & fur"],
    ["a bowl of fruit", "(bowl inside fruit) | (bowl in front of fruit)"],
    ["fruit bowls", "bowl with fruit"],
  ],
  regions: [
    ["the top of red things", "top(red)"],
    ["tops of cars", "top(car)"],
    ["the upper part of a dog", "top(dog)"],
    ["edges of objects", "edges(object)"],
    ["edges of things", "edges(object)"],
    ["object edges", "edges(object)"],
    ["edges", "edges(object)"],
    ["left side of dogs or cats", "left side(dog | cat)"],
    ["left and right sides of dogs", "left side(dog) | right side(dog)"],
    ["centers of round objects", "centre(shape:circle & object)"],
    ["the bottom of the wheels of cars", "bottom(part:wheel of car)"],
    ["tops of dogs and edges of cars", "top(dog) | edges(car)"],
    ["the upper half of the picture", "upper half"],
    ["the top of the image", "upper half"],
    ["in the middle of pictures", "middle"],
    ["red things in the lower half of the picture", "red & lower half"],
    ["dark edges of signs", "dark & edges(sign)"],
    ["borders of images", "border"],
  ],
  relations: [
    ["areas above a car", "everything above car"],
    ["above cars", "everything above car"],
    ["things above a car", "object above car"],
    ["dogs next to cars", "dog beside car"],
    ["white spots on dogs", "white & dog"],
    ["stripes on cars", `${STRIPES} & car`],
    ["white things on tables", "(white above table) | (white in front of table)"],
    ["text on a sign", "(text above sign) | (text in front of sign)"],
    ["dogs in front of a house", "dog in front of house"],
    ["background behind a dog", "background behind dog"],
    ["red things under tables", "red below table"],
    ["dogs in kitchens", "dog & scene:kitchen"],
    ["a cat inside a car", "cat inside car"],
    ["cats surrounded by flowers", "cat inside flower"],
    ["people with hats", "person with hat"],
    ["a woman wearing a red hat", "woman with (red & hat)"],
    ["objects with stripes", `object with ${STRIPES}`],
    ["things with wheels", "object with part:wheel"],
    ["areas with stripes", STRIPES.slice(1, -1)],
    ["cars that have windows", "car with part:window"],
    ["dogs on sofas in kitchens", "((dog above sofa) | (dog in front of sofa)) & scene:kitchen"],
    ["grass near trees and houses", "material:grass beside (tree | house)"],
    ["cups that are above tables", "cup above table"],
    ["dogs that are not in kitchens", "dog & not (dog & scene:kitchen)"],
    ["cars and dogs above tables", "car | (dog above table)"],
  ],
  "words around it": [
    ["things that are red", "red"],
    ["areas that are red and striped", `red & ${STRIPES}`],
    ["areas that contain text", "text"],
    ["regions containing dogs or cats", "dog | cat"],
    ["There are some dogs in these pictures", "dog"],
    ["mostly the faces of several animals", "part:face of animal"],
    ["items such as bottles", "bottle"],
    ["animals like dogs", "animal & dog"],
    ["things made of wood", "material:wood"],
    ["houses that aren't red", "house & not red"],
    ["walls covered with flowers", "wall & flower"],
    ["This is a dog", "dog"],
    ["It looks like a dog.", "dog"],
  ],
};

for (const [what, cases] of Object.entries(CASES)) {
  describe(what, () => {
    test.each(cases)("%s", (text, wanted) => {
      expect(read(text)).toBe(wanted);
      expect(readDescription(text, VOCABULARY).unknownWords).toEqual([]);
    });
  });
}

describe("words that are not known", () => {
  test.each<[string, string | undefined, string[]]>([
    ["fuzzy dogs", "dog", ["fuzzy"]],
    ["dogs and unicorns", "dog", ["unicorns"]],
    ["unicorns", undefined, ["unicorns"]],
    ["the top of unicorns", undefined, ["unicorns"]],
    ["areas above unicorns", undefined, ["unicorns"]],
    ["dogs above unicorns", "dog", ["unicorns"]],
    ["red unicorns", "red", ["unicorns"]],
    ["things with curved features", undefined, ["curved"]],
    ["curved areas in cars", undefined, ["curved"]],
    ["things", undefined, []],
    ["", undefined, []],
    ["of of of the", undefined, []],
  ])("%s", (text, query, unknown) => {
    expect(read(text)).toBe(query);
    expect(readDescription(text, VOCABULARY).unknownWords).toEqual(unknown);
  });
});

test("any salad of words is read without a failure, and the same way each time", () => {
  const random = new Random(5);
  const words =
    "the of and or not that are with in on above edges top picture things areas 's , . dog dogs red striped unicorn face wheel kitchen but no non-red such as";
  const list = words.split(" ");
  for (let i = 0; i < 1500; i++) {
    const text = Array.from({ length: 1 + random.integer(12) }, () => list[random.integer(list.length)]).join(" ");
    const reading = readDescription(text, VOCABULARY);
    expect(readDescription(text, VOCABULARY)).toEqual(reading);
    if (reading.query) expect(notation(reading.query).length).toBeGreaterThan(1);
  }
  for (const text of [
    "\u0000\n\t",
    "🦄🦄",
    "toString constructor __proto__",
    "((((",
    "a".repeat(5000),
    "red ".repeat(3000),
  ]) {
    readDescription(text, VOCABULARY);
  }
});

describeShared("descriptions of a real network's units", () => {
  test("are read without a failure, nine in ten at least in part", async () => {
    const text = await readFile(shared("data/text/milan-base-resnet50-imagenet.csv"), "utf8");
    const rows = parse(text, { columns: true }) as { description: string }[];
    const names = set(
      "dog, cat, animal, bird, fish, insect, snake, horse, car, bus, vehicle, boat, person, building, house, window, door, bed, table, chair, furniture, " +
        "bottle, food, fruit, vegetable, flower, tree, plant, nature, sky, water, ground, grass, clothing, dress, hat, musical instrument, ball, book, fence, wall",
    );
    const readings = rows.map(({ description }) => readDescription(description, vocabularyOf({ names })));
    const share = readings.filter(({ query }) => query !== undefined).length / rows.length;
    const whole = readings.filter(({ query, unknownWords }) => query && unknownWords.length === 0).length / rows.length;
    expect(rows.length).toBe(4904);
    expect(share).toBeGreaterThan(0.8);
    expect(whole).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(1); // some words are not in the lexicon, and none is made up for them
  });
});
