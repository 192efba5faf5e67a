import { expect, test } from "vitest";
import { colourNumber } from "../../../src/data/labels/colour.js";
import { COLOUR_NAMES } from "../../../src/data/labels/labels.js";

const nameOf = (hex: string) => {
  const [r, g, b] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return COLOUR_NAMES[colourNumber(r, g, b) - 1];
};

/** None of these is among the examples that the function knows. */
test.each([
  ["030303", "black"],
  ["1f1b1d", "black"],
  ["fafafa", "white"],
  ["ececec", "white"],
  ["747474", "grey"],
  ["9c9c9c", "grey"],
  ["b22222", "red"],
  ["7a0a0a", "red"],
  ["e02a1e", "red"],
  ["32cd32", "green"],
  ["254d20", "green"],
  ["98fb98", "green"],
  ["4169e1", "blue"],
  ["0a0a78", "blue"],
  ["9ad0f0", "blue"],
  ["f8e71c", "yellow"],
  ["ffee58", "yellow"],
  ["ff9f1c", "orange"],
  ["f4801f", "orange"],
  ["6b3e20", "brown"],
  ["a5682a", "brown"],
  ["ff8fb8", "pink"],
  ["f7b8c8", "pink"],
  ["7b2fa0", "purple"],
  ["a76bd0", "purple"],
])("#%s is %s", (hex, name) => {
  expect(nameOf(hex)).toBe(name);
});

test("every colour has a name, and colours that look alike mostly share it", () => {
  let [same, count] = [0, 0];
  for (let r = 4; r < 256; r += 24) {
    for (let g = 4; g < 256; g += 24) {
      for (let b = 4; b < 256; b += 24) {
        const name = colourNumber(r, g, b);
        expect(name).toBeGreaterThanOrEqual(1);
        expect(name).toBeLessThanOrEqual(COLOUR_NAMES.length);
        if (colourNumber(Math.min(r + 8, 255), g, b) === name) same++;
        count++;
      }
    }
  }
  expect(same / count).toBeGreaterThan(0.85);
});
