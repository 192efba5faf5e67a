import { expect, test } from "vitest";
import { isVague } from "../../src/language/vague.js";

test.each([
  "Objects",
  "random areas",
  "Small details of objects",
  "nothing in particular",
  "Many different things",
  "hard to tell",
  "all kinds of things",
  "various objects.",
])("%s: could be said of any unit", (text) => expect(isVague(text)).toBe(true));

test.each([
  "Dogs",
  "red areas",
  "the top of objects",
  "edges of things",
  "Text",
  "background behind a bird",
  "horizontal lines",
  "objects that are round",
  "outdoors",
  "2",
])("%s: says something", (text) => expect(isVague(text)).toBe(false));

test("what is not said is not vague", () => {
  expect(isVague("")).toBe(false);
  expect(isVague(" . ")).toBe(false);
});
