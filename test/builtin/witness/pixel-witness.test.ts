/** What pixels contradict, on exemplars whose masks are known to show one colour, or lines of one direction. */
import { expect, test } from "vitest";
import { openPixelWitness } from "../../../src/builtin/witness/pixel-witness.js";
import { visible } from "../../../src/builtin/witness/visible.js";
import type { ExemplarLayer, ExemplarStore } from "../../../src/exemplars/store.js";

const SIDE = 64;
const K = 6;

/** A store of units: of each, what is in its masks (a square in another corner each time) on grey. @param inside RGB at a place. */
function storeOf(units: readonly ((x: number, y: number) => readonly number[])[]): ExemplarStore {
  const layer: ExemplarLayer = {
    ...{ name: "layer", shortNames: ["layer"], flaws: [] },
    units: units.map((_, i) => i),
    images: Int32Array.from({ length: units.length * K }, (_, i) => i),
  };
  const masked = (image: number, x: number, y: number) => {
    const [left, top] = [4 + 32 * (image % 2), 4 + 32 * (Math.floor(image / 2) % 2)];
    return x >= left && x < left + 24 && y >= top && y < top + 24;
  };
  return {
    ...{ folder: "", k: K, height: SIDE, width: SIDE, layers: [layer], imageName: () => undefined },
    async image(image) {
      const pixels = new Uint8Array(3 * SIDE * SIDE);
      for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
          const colour = masked(image, x, y) ? units[Math.floor(image / K)](x, y) : [128, 128, 128];
          for (let channel = 0; channel < 3; channel++) pixels[(channel * SIDE + y) * SIDE + x] = colour[channel];
        }
      }
      return pixels;
    },
    mask: async (_, row, rank) =>
      Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
        Number(masked(row * K + rank, at % SIDE, Math.floor(at / SIDE))),
      ),
    close: async () => {},
  };
}

const store = storeOf([
  () => [220, 20, 20],
  () => [20, 40, 220],
  (x) => (x % 8 < 4 ? [250, 250, 250] : [5, 5, 5]),
  (_, y) => (y % 8 < 4 ? [250, 250, 250] : [5, 5, 5]),
]);

test("colours and lines that are not under the masks are contradicted, others and what cannot be seen are not", async () => {
  const witness = await openPixelWitness(store);
  const said = [
    "Red cars",
    "Blue objects",
    "The tops of blue things",
    "Vertical lines",
    "Horizontal edges",
    "Dogs",
    "Red or dogs",
    "",
  ];
  const ask = async (row: number) =>
    (await witness.testify(store.layers[0], row, said)).map(({ contradicted }) => contradicted);
  expect(await ask(0)).toEqual([false, true, true, expect.any(Boolean), expect.any(Boolean), false, false, false]);
  expect((await ask(1)).slice(0, 3)).toEqual([true, false, false]);
  expect((await ask(2)).slice(3, 5)).toEqual([false, expect.any(Boolean)]);
  expect((await ask(3)).slice(3, 4)).toEqual([true]);
});

test("how much of the masks is as described", async () => {
  const witness = await openPixelWitness(store);
  const said = [
    "Red cars",
    "Black things",
    "White and black areas",
    "Black areas with vertical lines",
    "Vertical lines",
    "Dogs",
  ];
  const share = async (row: number) =>
    (await witness.testify(store.layers[0], row, said)).map(({ share = Number.NaN }) => share);
  const red = await share(0);
  expect(red[0]).toBeGreaterThan(0.9);
  expect(red[1]).toBe(0);
  const striped = await share(2);
  expect(striped[0]).toBe(0);
  expect(striped[1]).toBeGreaterThan(0.25);
  expect(striped[1]).toBeLessThan(0.6);
  expect(striped[2]).toBeGreaterThan(striped[1] + 0.2);
  expect(striped[3]).toBe(striped[1]);
  expect(striped.slice(4)).toEqual([Number.NaN, Number.NaN]);
});

test("what of a claim can be seen is true wherever the claim is", () => {
  const [red, dogs] = [
    { is: "colour", name: "red" },
    { is: "thing", name: "dog" },
  ] as const;
  expect(visible({ is: "and", of: [red, dogs] })).toEqual(red);
  expect(visible({ is: "region", region: "top", of: { is: "and", of: [red, dogs] } })).toEqual(red);
  expect(visible({ is: "or", of: [red, dogs] })).toBeUndefined();
  expect(visible({ is: "above", what: red, to: dogs })).toEqual(red);
  expect(visible({ is: "not", of: red })).toBeUndefined();
  expect(visible(dogs)).toBeUndefined();
});
