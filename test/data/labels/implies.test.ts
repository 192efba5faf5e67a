/** What follows from what, by hand and against what pictures show. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { atomsOf } from "../../../src/data/labels/concepts.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { facetsOf, implies, namesIn } from "../../../src/data/labels/implies.js";
import type { Labels } from "../../../src/data/labels/labels.js";
import { type Query, REGIONS } from "../../../src/data/labels/query.js";
import { World } from "../../../src/data/world/world.js";

const thing = (name: string): Query => ({ is: "thing", name });
const red: Query = { is: "colour", name: "red" };
const top = (of: Query): Query => ({ is: "region", region: "top", of });
const and = (...of: Query[]): Query => ({ is: "and", of });
const or = (...of: Query[]): Query => ({ is: "or", of });
const [dog, car, animal] = [thing("dog"), thing("car"), thing("animal")];
const isKindOf = (name: string, kind: string) =>
  name === kind || (name === "dog" && kind === "animal") || (name !== "grass" && kind === "object");
const follows = (special: Query, general: Query) => implies(special, general, isKindOf);

test.each<[Query, Query]>([
  [dog, animal],
  [dog, { is: "object" }],
  [{ is: "person" }, { is: "object" }],
  [top(dog), top(animal)],
  [top(dog), animal],
  [top(dog), top({ is: "object" })],
  [top(and(red, dog)), top(dog)],
  [and(red, dog), red],
  [and(red, top(dog)), and(animal, red)],
  [dog, or(car, animal)],
  [or(dog, animal), animal],
  [or(dog, car), or(car, animal)],
  [
    { is: "part", name: "eye", of: dog },
    { is: "part", name: "eye" },
  ],
  [
    { is: "part", name: "eye", of: dog },
    { is: "part", name: "eye", of: animal },
  ],
  [{ is: "part", name: "eye", of: dog }, animal],
  [
    { is: "above", what: dog, to: car },
    { is: "above", what: animal, to: { is: "object" } },
  ],
  [{ is: "above", what: dog, to: car }, animal],
  [{ is: "colour", name: "black" }, { is: "dark" }],
  [
    { is: "place", place: "upper half" },
    { is: "place", place: "upper half" },
  ],
  [dog, and()],
])("%j implies %j", (special, general) => {
  expect(follows(special, general)).toBe(true);
  expect(follows(special, special)).toBe(true);
});

test.each<[Query, Query]>([
  [animal, dog],
  [dog, car],
  [dog, top(dog)],
  [top(dog), { is: "region", region: "bottom", of: dog }],
  [{ is: "region", region: "edges", of: dog }, dog],
  [or(dog, car), animal],
  [animal, or(dog, car)],
  [red, and(red, dog)],
  [{ is: "above", what: dog, to: car }, car],
  [
    { is: "above", what: dog, to: car },
    { is: "below", what: dog, to: car },
  ],
  [
    { is: "part", name: "eye" },
    { is: "part", name: "eye", of: dog },
  ],
  [
    { is: "not", of: animal },
    { is: "not", of: dog },
  ],
  [thing("grass"), { is: "object" }],
  [or(), dog],
  [{ is: "dark" }, { is: "colour", name: "black" }],
])("%j does not imply %j", (special, general) => {
  expect(follows(special, general)).toBe(false);
});

test("a claim's facets say what it says, each one thing", () => {
  expect(facetsOf(and(red, top(dog)))).toEqual([red, top(and()), dog]);
  expect(facetsOf({ is: "above", what: and(red, dog), to: car })).toEqual([
    { is: "above", what: and(), to: and() },
    red,
    dog,
  ]);
  expect(facetsOf(or(red, dog))).toEqual([or(red, dog)]);
  expect(facetsOf(and())).toEqual([and()]);
  for (const query of [and(red, top(dog)), { is: "part", name: "eye", of: dog } as const]) {
    for (const facet of facetsOf(query)) expect(follows(query, facet)).toBe(true);
  }
  expect(namesIn({ is: "above", what: or(dog, top(animal)), to: car })).toEqual(["dog", "animal"]);
});

test("what follows is true of the same pixels, in pictures of the made world", async () => {
  const world = await World.open();
  const random = new Random(5);
  let checked = 0;
  for (let index = 0; index < 12; index++) {
    const labels: Labels = await world.labels("world-scenes", 9, index, 64);
    const isKind = (name: string, kind: string) =>
      labels.things.every(
        (one) =>
          !one.names.includes(name) ||
          one.names.includes(kind) ||
          (kind === "object" && ["object", "person"].includes(one.kind)),
      );
    const atoms = atomsOf(labels);
    const some = () => atoms[random.integer(atoms.length)];
    const names = atoms.filter((atom) => atom.is === "thing");
    const queries = Array.from({ length: 60 }, (_, i): Query => {
      if (i % 4 === 0) return { is: "and", of: [some(), some()] };
      if (i % 4 === 1) return { is: "or", of: [some(), some()] };
      if (i % 4 === 2) return some();
      return { is: "region", region: REGIONS[random.integer(REGIONS.length)], of: names[random.integer(names.length)] };
    });
    const masks = queries.map((query) => evaluate(query, labels));
    for (const [i, special] of queries.entries()) {
      for (const [j, general] of queries.entries()) {
        if (i === j || !implies(special, general, isKind)) continue;
        checked++;
        const stray = masks[i].reduce((sum, value, at) => sum + (value && !masks[j][at] ? 1 : 0), 0);
        expect({ special, general, stray }).toEqual({ special, general, stray: 0 });
      }
    }
  }
  expect(checked).toBeGreaterThan(200);
});
