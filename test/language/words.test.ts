/** What is expected was checked against spaCy 3.8, which agrees with us on all 11,712 real annotations. */
import { expect, test } from "vitest";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { tokenize } from "../../src/language/tokens.js";
import { words } from "../../src/language/words.js";
import { readJson } from "../describer/golden-decoder.js";
import { describeShared, shared } from "../shared.js";

test.each([
  ["wool, stairs and other patterned objects", "wool , stairs and other patterned objects"],
  ["multi-colored zig-zag", "multi - colored zig - zag"],
  ["a dog's or dogs' ears", "a dog 's or dogs ' ears"],
  ["things that don't move, can't or won't", "things that do n't move , ca n't or wo n't"],
  ["it's what they're like", "it 's what they 're like"],
  ["red/brown/white animals/objects,", "red / brown / white animals / objects ,"],
  ['the "cap" (or top)', 'the " cap " ( or top )'],
  ["inside! menus,, {these", "inside ! menus , , { these"],
  ["People outdoors.", "People outdoors ."],
  ["signs, text, etc.", "signs , text , etc ."],
  ["e.g. cats...", "e.g. cats ..."],
  ["text:signs", "text : signs"],
  ["A & B, 10% of 5-10 things", "A & B , 10 % of 5 - 10 things"],
  ["left—right", "left — right"],
  ["U.S. flags at 3.5 m", "U.S. flags at 3.5 m"],
  ["'quoted'", "' quoted '"],
  ["nature.,", "nature . ,"],
  ["-ish i-shaped", "-ish i - shaped"],
  ["", ""],
  [" . ", "."],
  ["no. vs. Mr. mr. St. a. i.e., p.m.", "no . vs. Mr. mr . St. a. i.e. , p.m."],
  ["dont cant im ive its ill were thats cannot CAN'T", "do nt ca nt i m i ve its ill were that s can not CAN'T"],
  ["they'd've shouldn't've what're y'all let’s", "they 'd 've should n't 've what 're y' all let ’s"],
  ["10am 13am 3d 5cm 10in 3ft 20°C 39K", "10 am 13am 3d 5 cm 10 in 3 ft 20 ° C 39 K"],
  ["15-year 3D-printed 8-bit 5-10 -5 a--b self-", "15 - year 3D - printed 8 - bit 5 - 10 -5 a -- b self-"],
  ["and/or w/o w/ dogs/cats 24/7", "and/or w/o w/ dogs / cats 24/7"],
  [":) cats:) <3 (red): ★star", ":) cats :) <3 ( red ): ★ star"],
  ["“red” ‘blue’ ''green'' dog’s", "“ red ” ‘ blue ’ '' green '' dog ’s"],
  ["red.Blue red.blue red..blue wow... wait…", "red . Blue red.blue red .. blue wow ... wait …"],
  ["red;blue red:blue a=b 1+1 C++ A&B", "red;blue red : blue a = b 1 + 1 C++ A&B"],
  ["two  spaces\u00a0and\ttabs", "two spaces and tabs"],
  ["café-au-lait, 日本", "café - au - lait , 日本"],
])("%j becomes %j", (text, expected) => {
  expect(words(text).join(" ")).toBe(expected);
});

test("a text of nothing but punctuation takes no longer than its length", () => {
  const start = performance.now();
  for (const piece of ["(", ":)", "'", "😀", "a."]) expect(words(piece.repeat(20_000)).length).toBeGreaterThan(0);
  expect(words(`wow${".".repeat(500)}`)).toEqual(["wow", ".".repeat(500)]);
  expect(performance.now() - start).toBeLessThan(5000);
});

test("tokens are in lower case", () => {
  expect(tokenize("Red-ish DOGS' Ears")).toEqual(["red", "-", "ish", "dogs", "'", "ears"]);
});

describeShared("on real annotations", () => {
  test("nothing is lost, and what is already apart stays as it is", async () => {
    const { list } = await readAnnotations(shared("data/text/milannotations-resnet152-imagenet.csv"));
    let differing = 0;
    for (const { summary } of list) {
      const tokens = words(summary);
      expect(tokens.join("")).toBe(summary.replace(/\s+/g, ""));
      expect(words(tokens.join(" ")).join("")).toBe(tokens.join(""));
      if (tokens.length !== summary.trim().split(/\s+/).length) differing++;
    }
    expect(differing).toBeGreaterThan(2000); // of 11,712: mostly commas
    for (const text of readJson("golden/text/indexer.json").texts as string[]) {
      expect(words(text)).toEqual(text.split(/\s+/));
    }
  });
});
