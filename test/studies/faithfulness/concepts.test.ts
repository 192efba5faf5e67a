/** Known concepts: what a description selects, and where. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { fitAxes } from "../../../src/data/images/geometry.js";
import { DamagedImage } from "../../../src/data/images/imageset.js";
import { openImages } from "../../../src/data/images/open.js";
import { openConcepts } from "../../../src/studies/faithfulness/concept-predictor.js";
import { ConceptWords } from "../../../src/studies/faithfulness/concept-words.js";
import type { Places } from "../../../src/studies/faithfulness/predictor.js";
import { coverage, paint, RASTER, sampleMask } from "../../../src/studies/faithfulness/raster.js";

const folder = mkdtempSync(join(tmpdir(), "milan-concepts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("words: singular and plural, synonyms are one word, function words are not counted", () => {
  const words = new ConceptWords([
    ["red", "disc", "circle"],
    ["blue", "disc", "circle"],
    ["red", "box", "traffic light"],
    ["berry", "stripes"],
  ]);
  const known = (text: string) => words.read(text).known;
  expect(known("Red discs")).toEqual(known("a red CIRCLE"));
  expect(known("boxes")).toEqual(known("the box"));
  expect(known("lights")).toEqual(known("traffic"));
  expect(known("berries, stripe")).toEqual(known("berry"));
  expect(known("red or blue discs")).toHaveLength(3);
  expect(words.read("a reddish disc in the fog").unknown).toEqual(["reddish", "fog"]);
  expect(words.read("of the")).toEqual({ known: [], unknown: [] });
});

test("regions are painted where the network sees them", () => {
  // a picture of 40 x 20, of which the network sees the square in the middle
  const window = { ...fitAxes([40, 20], [10, 10], "crop"), width: 10, height: 10 };
  const painted = (region: Parameters<typeof paint>[0], masks = new Map()) => {
    const raster = new Uint8Array(RASTER * RASTER);
    paint(region, window, masks, raster);
    return raster;
  };
  const box = painted({ box: [0.5, 0, 0.625, 0.5] });
  // the second quarter from the left of the right half: columns 0.5 to 0.75 of the view
  expect([0, 1, 2, 3].map((cell) => coverage(box, [2, 2], cell))).toEqual([0, 0.5, 0, 0]);
  expect(coverage(box, [4, 4], 2)).toBe(1);
  const triangle = painted({
    polygon: [
      [0.25, 0],
      [0.75, 0],
      [0.25, 1],
    ],
  });
  expect(coverage(triangle, [1, 1], 0)).toBeCloseTo(0.5, 2);
  expect(coverage(triangle, [4, 4], 0)).toBe(1);
  expect(coverage(triangle, [4, 4], 15)).toBe(0);
  const data = Uint8Array.from({ length: 40 * 20 }, (_, i) => (i % 40 < 20 ? 7 : 9));
  const mask = painted(
    { mask: "m.png", value: 7 },
    new Map([["m.png", sampleMask({ data, width: 40, height: 20 }, window)]]),
  );
  expect([0, 1].map((cell) => coverage(mask, [1, 2], cell))).toEqual([1, 0]);
  // cells finer than the raster take the point at their middle
  expect(coverage(mask, [224, 224], 111)).toBe(1);
  expect(coverage(mask, [224, 224], 112)).toBe(0);
});

test("descriptions select things by their words; what is hidden or outside does not count", async () => {
  const pixels = { create: { width: 40, height: 20, channels: 3, background: "#888" } } as const;
  for (const name of ["a.png", "b.png"]) await sharp(pixels).png().toFile(join(folder, name));
  const grey = { raw: { width: 2, height: 1, channels: 1 } } as const;
  await sharp(Uint8Array.of(0, 3), grey).png().toFile(join(folder, "mask.png"));
  const path = join(folder, "concepts.json");
  const images = {
    "a.png": [
      { names: ["red", "disc"], regions: [{ box: [0.25, 0, 0.5, 1] }] },
      { names: ["blue", "disc"], regions: [{ mask: "mask.png", value: 3 }] },
      { names: ["hidden"], regions: [{ box: [0, 0, 0.2, 1] }] },
    ],
    "b.png": [{ names: ["buried"], regions: [{ box: [0.3, 0.3, 0.4, 0.4] }] }, { names: ["red", "square"] }],
  };
  writeFileSync(path, JSON.stringify({ format: 1, opaque: true, images }));
  const set = await openImages(folder);
  const predictor = await openConcepts(path);
  expect(() => predictor.check(set)).toThrow(/1 of 3 images .* are not in it, such as mask.png/);
  const heldOut = { set, ids: Uint32Array.of(0, 1), view: { width: 10, height: 10, fit: "crop" } as const };
  const found = await predictor.prepare(heldOut, [], silent);
  const places: Places = { grid: [1, 2], images: Uint32Array.of(0, 0, 1, 1), cells: Uint32Array.of(0, 1, 0, 1) };
  const predicted = (text: string) => {
    const { images, places: where } = found.predict(text, places);
    return { images: Array.from(images), places: Array.from(where) };
  };
  expect(predicted("red discs")).toEqual({ images: [1, 0.5], places: [1, 0.5, 0.5, 0.5] });
  expect(predicted("blue")).toEqual({ images: [1, 0], places: [0, 1, 0, 0] });
  for (const unseen of ["hidden", "buried"]) expect(found.meaning(unseen)).toBeUndefined();
  expect(found.meaning("a blue thing")).toBe(found.meaning("blue"));
  expect(found.unknownWords("a blue thing")).toEqual(["thing"]);
  await set.close();
});

test.each([
  ["{", /expected JSON/],
  ["[]", /expected \{ "format": 1/],
  ['{"format":1,"images":{"a.png":[{"regions":[]}]}}', /a.png: a thing without names/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"box":[1,2]}]}]}}', /a.png: a region of no known kind/],
  ['{"format":1,"images":{"a.png":{}}}', /a.png: no list/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"mask":"../a.png"}]}]}}', /a path below the file/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"mask":"/etc/a.png"}]}]}}', /a path below the file/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"mask":"a/../../b.png"}]}]}}', /a path below the file/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"mask":"a.png","value":256}]}]}}', /from 0 to 255/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"box":[10,20,100,120]}]}]}}', /expected fractions/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"box":[0,0,1e300,1]}]}]}}', /expected fractions/],
  [
    '{"format":1,"images":{"a.png":[{"names":[],"regions":[{"box":[0.5,0.5,0.2,0.2]}]}]}}',
    /expected \[left, top, right/,
  ],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"polygon":[[0,0],[1,0],[7,1]]}]}]}}', /a corner \[7, 1\]/],
  ['{"format":1,"images":{"a.png":[{"names":[],"regions":[{"box":[0,0,null,1]}]}]}}', /a region of no known kind/],
])("a concepts file that is damaged is refused: %s", async (text, message) => {
  const path = join(folder, "damaged.json");
  writeFileSync(path, text);
  await expect(openConcepts(path)).rejects.toThrow(message);
});

test("masks that are no 8-bit grey PNG are refused in one line, not guessed at", async () => {
  const write = (name: string, channels: 1 | 3, data: Uint8Array) =>
    sharp(data, { raw: { width: 2, height: 1, channels } }).toFile(join(folder, name));
  await write("colours.png", 3, Uint8Array.of(1, 2, 3, 0, 0, 0));
  await write("grey-as-colours.png", 3, Uint8Array.of(3, 3, 3, 0, 0, 0));
  await write("lossy.jpg", 1, Uint8Array.of(0, 3));
  await sharp({ create: { width: 10_001, height: 10_000, channels: 3, background: "#000" } })
    .png()
    .toFile(join(folder, "huge.png"));
  await sharp({ create: { width: 40, height: 20, channels: 3, background: "#888" } })
    .png()
    .toFile(join(folder, "a.png"));
  const set = await openImages(join(folder, "a.png"));
  const heldOut = { set, ids: Uint32Array.of(0), view: { width: 10, height: 10, fit: "crop" } as const };
  const path = join(folder, "masked.json");
  const prepared = async (mask: string) => {
    const images = { [set.entries[0].file]: [{ names: ["thing"], regions: [{ mask, value: 3 }] }] };
    writeFileSync(path, JSON.stringify({ format: 1, images }));
    return (await openConcepts(path)).prepare(heldOut, [], silent);
  };
  await expect(prepared("colours.png")).rejects.toThrow(/colours.png: it has colours; expected an 8-bit grey PNG/);
  await expect(prepared("lossy.jpg")).rejects.toThrow(/lossy.jpg: it is JPEG; expected an 8-bit grey PNG/);
  await expect(prepared("huge.png")).rejects.toThrow(/huge.png: .*pixel limit; expected an 8-bit grey PNG/);
  await expect(prepared("absent.png")).rejects.toThrow(/absent.png: no such file/);
  writeFileSync(join(folder, "drawing.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(prepared("drawing.png")).rejects.toThrow(/drawing.png: it is no picture; expected an 8-bit grey PNG/);
  const found = await prepared("grey-as-colours.png");
  const places: Places = { grid: [1, 2], images: Uint32Array.of(0, 0), cells: Uint32Array.of(0, 1) };
  expect(Array.from(found.predict("thing", places).places)).toEqual([1, 0]);
  await set.close();
});

test("a picture that is damaged, or a drawing called so, is refused as a picture", async () => {
  const picture = join(folder, "drawn.png");
  writeFileSync(picture, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const set = await openImages(folder);
  const id = set.entries.findIndex(({ file }) => file === "drawn.png");
  const path = join(folder, "drawn.json");
  writeFileSync(path, JSON.stringify({ format: 1, images: { "drawn.png": [{ names: ["thing"] }] } }));
  const heldOut = { set, ids: Uint32Array.of(id), view: { width: 10, height: 10, fit: "crop" } as const };
  const predictor = await openConcepts(path);
  await expect(predictor.prepare(heldOut, [], silent)).rejects.toThrow(DamagedImage);
  await set.close();
  rmSync(picture);
});
