/** What descriptions claim, what follows from it, and how it is said more generally. */
import { expect, test } from "vitest";
import { openInterpreter } from "../../../src/builtin/interpreter/interpreter.js";

const interpreter = await openInterpreter();
const follows = (special: string, general: string) => {
  const [one, other] = [interpreter.claimOf(special), interpreter.claimOf(general)];
  return one !== undefined && other !== undefined && one.implies(other);
};

test("names are kinds of others by the world, ImageNet and WordNet", () => {
  expect(follows("the tops of labrador retrievers", "tops of dogs")).toBe(true);
  expect(follows("abacuses", "devices")).toBe(true);
  expect(follows("a red car", "vehicles")).toBe(true);
  expect(follows("dogs", "an object")).toBe(true);
  expect(follows("dogs", "cats")).toBe(false);
  expect(follows("animals", "dogs")).toBe(false);
});

test("what claims nothing or is not understood has no claim", () => {
  for (const text of ["", "Random areas", "Gribbles of zorps"]) expect(interpreter.claimOf(text)).toBeUndefined();
  expect(interpreter.claimOf("Various objects")?.tells).toBe(false);
  expect(interpreter.claimOf("Objects and dogs")?.tells).toBe(false);
  expect(interpreter.claimOf("Tops of objects")?.tells).toBe(true);
  expect(interpreter.claimOf("Dogs")?.key).toBe(interpreter.claimOf("some dogs")?.key);
});

test("more general wordings, nearest first, in the same number and with the right article", () => {
  expect(interpreter.moreGeneral("Tops of chihuahuas")).toEqual(["Tops of dogs", "Tops of animals", "Tops of objects"]);
  expect(interpreter.moreGeneral("A brown dog")).toEqual(["A brown animal", "A brown object"]);
  expect(interpreter.moreGeneral("The left side of a dog")).toEqual([
    "The left side of an animal",
    "The left side of an object",
  ]);
  expect(interpreter.moreGeneral("The bottoms of footwear").at(-1)).toBe("The bottoms of objects");
  expect(interpreter.moreGeneral("Red areas")).toEqual([]);
  expect(interpreter.moreGeneral("Grass")).toEqual([]);
});

test("claims are the same after many others", () => {
  const before = interpreter.claimOf("tops of dogs")!;
  const colours = ["red", "blue", "green", "yellow", "brown", "black", "white", "grey", "pink", "purple", "orange"];
  const things = ["cars", "cats", "birds", "trees", "chairs", "boats", "buses", "clocks", "balls", "bottles", "fish"];
  const all = colours.flatMap((colour) =>
    things.flatMap((one) =>
      things.flatMap((other) => [`${colour} ${one} above ${other}`, `${colour} ${one} in ${other}`]),
    ),
  );
  expect(new Set(all.map((text) => interpreter.claimOf(text)?.key)).size).toBe(all.length);
  expect(interpreter.claimOf("tops of dogs")!.key).toBe(before.key);
  expect(before.implies(interpreter.claimOf("animals")!)).toBe(true);
});
