/** Every form of query against pictures small enough to check by eye. */
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { areasOf } from "../../../src/data/labels/areas.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { COLOUR_NAMES, type Labels, TEXTURE_NAMES } from "../../../src/data/labels/labels.js";
import { type PLACES, type Query, REGIONS, RELATIONS } from "../../../src/data/labels/query.js";
import { type Drawn, draw, shown } from "./drawn.js";

/** A red wooden dog with an eye, a white blue-lettered word on it, a car beside, on grass under no sky. */
const PARK = draw(
  `........
   .dd..cc.
   .dd..cc.
   .dt..cc.
   .dd.....
   gggggggg
   gggggggg
   gggggggg`,
  {
    g: { kind: "surface", names: ["lawn", "ground"], material: "grass", colour: "green", texture: "leaves" },
    d: {
      names: ["dog", "animal"],
      material: "wood",
      colour: "red",
      texture: "vertical stripes",
      parts: { eye: "........ ..d..... ........ ........ ........ ........ ........ ........" },
    },
    t: { kind: "lettering", names: ["word"], colour: "white" },
    c: {
      names: ["car", "vehicle"],
      shape: "square",
      colour: "brown",
      parts: { wheel: "........ ........ ........ .....cc. ........ ........ ........ ........" },
    },
  },
  ["park", "outdoors"],
);
const seen = (query: Query, labels = PARK) => shown(evaluate(query, labels));
const dog: Query = { is: "thing", name: "dog" };
const car: Query = { is: "thing", name: "car" };
const everything: Query = { is: "and", of: [] };
const [NONE, ALL] = [shown(new Uint8Array(64)), shown(new Uint8Array(64).fill(1))];
const DOG = "........ .##..... .##..... .#...... .##..... ........ ........ ........";
const CAR = "........ .....##. .....##. .....##. ........ ........ ........ ........";
const WORD = "........ ........ ........ ..#..... ........ ........ ........ ........";
const LAWN = "........ ........ ........ ........ ........ ######## ######## ########";

describe("atoms", () => {
  test.each<[Query, string]>([
    [dog, DOG],
    [{ is: "thing", name: "animal" }, DOG],
    [{ is: "thing", name: "cat" }, NONE],
    [{ is: "scene", name: "park" }, ALL],
    [{ is: "scene", name: "kitchen" }, NONE],
    [{ is: "colour", name: "red" }, DOG],
    [{ is: "colour", name: "mauve" }, NONE],
    [{ is: "texture", name: "vertical stripes" }, DOG],
    [{ is: "texture", name: "tartan" }, NONE],
    [{ is: "material", name: "grass" }, LAWN],
    [{ is: "shape", name: "square" }, CAR],
    [{ is: "text" }, WORD],
    [{ is: "person" }, NONE],
    [{ is: "light" }, WORD],
    [{ is: "dark" }, CAR],
    [{ is: "part", name: "eye" }, "........ ..#..... ........ ........ ........ ........ ........ ........"],
    [{ is: "part", name: "wheel", of: dog }, NONE],
    [
      { is: "part", name: "wheel", of: { is: "thing", name: "vehicle" } },
      CAR.replace(/\.{5}##\. \.{5}##\./, "........ ........"),
    ],
  ])("%j", (query, drawing) => expect(seen(query)).toBe(drawing));

  test("objects are things and people; whatever is neither these nor lettering is background", () => {
    const objects = evaluate({ is: "object" }, PARK);
    const background = evaluate({ is: "background" }, PARK);
    const text = evaluate({ is: "text" }, PARK);
    for (let at = 0; at < 64; at++) expect(objects[at] + background[at] + text[at]).toBe(1);
    expect(shown(objects)).toBe(seen({ is: "or", of: [dog, car] }));
  });
});

describe("and, or, not", () => {
  test("of nothing, of one, and De Morgan's law for pictures drawn at random", () => {
    expect(seen(everything)).toBe(ALL);
    expect(seen({ is: "or", of: [] })).toBe(NONE);
    expect(seen({ is: "and", of: [dog] })).toBe(DOG);
    expect(seen({ is: "and", of: [dog, { is: "colour", name: "green" }] })).toBe(NONE);
    const a: Query = { is: "colour", name: "red" };
    const b: Query = { is: "region", region: "top", of: { is: "object" } };
    const not = (of: Query): Query => ({ is: "not", of });
    for (let seed = 0; seed < 20; seed++) {
      const labels = scribble(seed);
      expect(seen(not({ is: "and", of: [a, b] }), labels)).toBe(seen({ is: "or", of: [not(a), not(b)] }, labels));
    }
  });
});

describe("regions", () => {
  const box = draw(
    `.........
     .bbbbbb..
     .bbbbbb..
     .bbbbbb..
     .bbbbbb..
     .bbbbbb..
     .bbbbbb..
     .......bb
     .......bb`,
    { b: { names: ["box"], colour: "red" } },
  );
  const of: Query = { is: "thing", name: "box" };
  const region = (name: (typeof REGIONS)[number]) => seen({ is: "region", region: name, of }, box);

  test("thirds of each area's box; pixels that touch at a corner are one area", () => {
    // the two blocks touch: one area of 8 x 8
    expect(region("top")).toBe(
      "......... .######.. .######.. .######.. ......... ......... ......... ......... .........",
    );
    expect(region("right side")).toBe(
      "......... ......#.. ......#.. ......#.. ......#.. ......#.. ......#.. .......## .......##",
    );
    expect(region("left side")).toBe(
      "......... .###..... .###..... .###..... .###..... .###..... .###..... ......... .........",
    );
    expect(region("centre")).toBe(
      "......... ......... ......... ...####.. ...####.. ...####.. ...####.. ......... .........",
    );
  });

  test("edges run on both sides of a boundary, and not along the picture's border", () => {
    expect(seen({ is: "region", region: "edges", of: { is: "thing", name: "lawn" } })).toBe(
      "........ ........ ........ ........ ######## ######## ........ ........",
    );
    expect(seen({ is: "region", region: "edges", of: everything })).toBe(NONE);
  });

  test("every area has its own: two dogs side by side have two tops, red goes on across them", () => {
    const pair = draw("aabb aabb aabb ....", {
      a: { names: ["dog"], colour: "red" },
      b: { names: ["dog"], colour: "red" },
    });
    const edges = (query: Query) => seen({ is: "region", region: "edges", of: query }, pair);
    expect(edges({ is: "thing", name: "dog" })).toBe(".##. .##. #### ####");
    expect(edges({ is: "colour", name: "red" })).toBe(".... .... #### ####");
    expect(
      seen(
        { is: "region", region: "top", of: dog },
        draw("a... .... ..b. ..b.", { a: { names: ["dog"] }, b: { names: ["dog"] } }),
      ),
    ).toBe("#... .... ..#. ....");
  });

  test("a region covers part of its area, and an area of one pixel has all of them", () => {
    for (let seed = 0; seed < 20; seed++) {
      const labels = scribble(seed);
      const whole = evaluate({ is: "object" }, labels);
      for (const name of REGIONS.filter((each) => each !== "edges")) {
        const part = evaluate({ is: "region", region: name, of: { is: "object" } }, labels);
        expect(part.every((value, at) => value <= whole[at])).toBe(true);
      }
    }
    const dot = draw("... .a. ...", { a: { names: ["dog"] } });
    for (const name of REGIONS) {
      expect(evaluate({ is: "region", region: name, of: dog }, dot)[4]).toBe(1);
    }
  });
});

describe("places", () => {
  test("halves are complements; middle and border do not meet", () => {
    const place = (name: (typeof PLACES)[number]) => evaluate({ is: "place", place: name }, PARK);
    for (const [a, b] of [
      ["upper half", "lower half"],
      ["left half", "right half"],
    ] as const) {
      expect(place(a).every((value, at) => value + place(b)[at] === 1)).toBe(true);
    }
    expect(shown(place("upper half")).indexOf(".")).toBe(36);
    expect(shown(place("middle"))).toBe("........ ........ ..####.. ..####.. ..####.. ..####.. ........ ........");
    expect(place("border").every((value, at) => value + place("middle")[at] <= 1)).toBe(true);
    place("middle").fill(9); // masks are the caller's own
    expect(Math.max(...place("middle"))).toBe(1);
  });
});

describe("relations", () => {
  const lawn: Query = { is: "thing", name: "lawn" };
  const related = (what: Query, is: (typeof RELATIONS)[number], to: Query) => seen({ is, what, to });

  test.each<[Query, (typeof RELATIONS)[number], Query, string]>([
    [dog, "above", lawn, DOG],
    [dog, "below", lawn, NONE],
    [lawn, "below", dog, LAWN],
    [dog, "beside", car, DOG],
    [car, "beside", dog, CAR],
    [dog, "beside", lawn, NONE],
    [dog, "beside", dog, NONE],
    [{ is: "text" }, "inside", dog, WORD],
    [dog, "inside", { is: "text" }, NONE],
    [{ is: "text" }, "in front of", dog, WORD],
    [dog, "in front of", { is: "text" }, NONE],
    [dog, "behind", { is: "text" }, DOG],
    [car, "behind", { is: "text" }, NONE],
    [dog, "with", { is: "text" }, DOG],
    [car, "with", { is: "text" }, NONE],
    [{ is: "object" }, "with", { is: "part", name: "wheel" }, CAR],
    [{ is: "object" }, "with", { is: "texture", name: "vertical stripes" }, DOG],
    [dog, "above", { is: "thing", name: "cat" }, NONE],
    [{ is: "thing", name: "cat" }, "above", dog, NONE],
  ])("%j %s %j", (what, is, to, drawing) => expect(related(what, is, to)).toBe(drawing));

  test("of what is no thing, the pixels that lie so", () => {
    expect(related(everything, "above", car)).toBe(
      ".....##. ........ ........ ........ ........ ........ ........ ........",
    );
    expect(related({ is: "background" }, "beside", car)).toBe(
      "........ ...##..# ...##..# ...##..# ........ ........ ........ ........",
    );
    expect(related({ is: "background" }, "behind", dog)).toBe(
      "######## #..##..# #..##..# #..##..# #..##### ######## ######## ########",
    );
  });

  test("things that are too far apart are not beside each other", () => {
    const row = draw("a.....b. ........ ........ ........ ........ ........ ........ ........", {
      a: { names: ["dog"] },
      b: { names: ["car"] },
    });
    expect(seen({ is: "beside", what: dog, to: car }, row)).toBe(NONE);
  });

  test("never cover what `what` does not, on pictures drawn at random", () => {
    for (let seed = 0; seed < 20; seed++) {
      const labels = scribble(seed);
      for (const is of RELATIONS) {
        const whole = evaluate({ is: "colour", name: "red" }, labels);
        const some = evaluate({ is, what: { is: "colour", name: "red" }, to: { is: "thing", name: "b" } }, labels);
        expect(some.every((value, at) => value <= whole[at])).toBe(true);
      }
    }
  });
});

test("areas: found at corners, split by kind, counted and bounded", () => {
  const mask = Uint8Array.from("110000110".split(""), Number);
  const { areas, of } = areasOf(mask, 3);
  expect(areas).toMatchObject([
    { left: 0, right: 1, top: 0, bottom: 0, pixels: 2 },
    { left: 0, right: 1, top: 2, bottom: 2, pixels: 2, sumY: 4 },
  ]);
  expect([...of]).toEqual([1, 1, 0, 0, 0, 0, 2, 2, 0]);
  expect(areasOf(Uint8Array.of(1, 0, 0, 1), 2).areas).toHaveLength(1);
  expect(areasOf(Uint8Array.of(1, 0, 0, 1), 2, Uint8Array.of(1, 0, 0, 2)).areas).toHaveLength(2);
});

/** Labels of 12 x 12 pixels with blocks of things thrown at random. */
function scribble(seed: number): Labels {
  const random = new Random(seed);
  const rows = Array.from({ length: 12 }, () => new Array<string>(12).fill("."));
  for (const letter of "abcab") {
    const [x, y] = [random.integer(9), random.integer(9)];
    for (let dy = 0; dy < 4; dy++) for (let dx = 0; dx < 3; dx++) rows[y + dy][x + dx] = letter;
  }
  const thing = (name: string): Drawn => ({
    names: [name],
    colour: COLOUR_NAMES[3 + random.integer(2)],
    texture: TEXTURE_NAMES[random.integer(3)],
  });
  return draw(rows.map((row) => row.join("")).join(" "), { a: thing("a"), b: thing("b"), c: thing("c") });
}
