import { expect, test } from "vitest";
import { Wins } from "../../src/exemplars/wins.js";

test("tables turned round: each image's places, by layer, in the order of the tables", () => {
  const wins = new Wins([Int32Array.of(7, 2, 2, -1), Int32Array.of(2, 9, 7, 2, 4, 2)], 2);
  expect([...wins.images]).toEqual([2, 4, 7, 9]);
  expect(wins.of(2)).toEqual([
    [
      { row: 0, rank: 1 },
      { row: 1, rank: 0 },
    ],
    [
      { row: 0, rank: 0 },
      { row: 1, rank: 1 },
      { row: 2, rank: 1 },
    ],
  ]);
  expect(wins.of(7)).toEqual([[{ row: 0, rank: 0 }], [{ row: 1, rank: 0 }]]);
  expect(wins.of(9)).toEqual([[], [{ row: 0, rank: 1 }]]);
  for (const image of [0, 3, 100]) expect(wins.of(image)).toEqual([[], []]);
});

test("a million places of half a million images are turned round in seconds", () => {
  const ids = Array.from({ length: 4 }, (_, layer) =>
    Int32Array.from({ length: 255_000 }, (_, at) => (at * 7919 + layer * 31) % 500_009),
  );
  const wins = new Wins(ids, 15);
  let places = 0;
  for (const image of wins.images) for (const list of wins.of(image)) places += list.length;
  expect(places).toBe(4 * 255_000);
});
