/** A Broden folder of four pictures, written here. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { openImages } from "../../../src/data/images/open.js";
import { subsetOf } from "../../../src/data/images/subset.js";
import { openBroden } from "../../../src/data/labels/broden.js";
import { ConceptCounter } from "../../../src/data/labels/concepts.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { COLOUR_NAMES, type Labels } from "../../../src/data/labels/labels.js";

const folder = mkdtempSync(join(tmpdir(), "milan-broden-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const broden = join(folder, "broden");
const SIDE = 8;

/** A PNG of numbers as R + 256 G. @param number of the pixel at x, y. */
async function writeNumbers(path: string, number: (x: number, y: number) => number, [width, height] = [SIDE, SIDE]) {
  const data = Buffer.alloc(3 * width * height);
  for (let i = 0; i < width * height; i++) data.writeUInt16LE(number(i % width, Math.floor(i / width)), 3 * i);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

const LABELS = `number,name,category,frequency,coverage,syns
1,red-c,color(3),3,1,
2,blue-c,color(3),3,1,
10,car,object(2);part(1),2,1,car;auto
11,sky,object(2),2,1,
12,wheel,part(1),1,1,
13,glass,material(1),1,1,
14,street-s,scene(1),1,1,
15,banded,texture(1),1,1,
16,grid,texture(1),1,1,
700,Tree,object(1),1,1,
`;
const HEADER = "image,split,ih,iw,sh,sw,color,object,part,material,scene,texture";
const ROWS = [
  "a/street.jpg,train,16,16,8,8,a/street_color.png,a/street_object.png;a/street_object2.png,a/street_part.png,a/street_material.png,14,",
  "dtd/banded.jpg,val,16,16,8,8,,,,,,15;16",
  "a/wide.jpg,train,16,32,8,16,a/wide_color.png,,,,,",
];

beforeAll(async () => {
  mkdirSync(join(broden, "images/a"), { recursive: true });
  mkdirSync(join(broden, "images/dtd"));
  const at = (name: string) => join(broden, "images", name);
  for (const [name, width] of [
    ["a/street.jpg", 16],
    ["dtd/banded.jpg", 16],
    ["a/wide.jpg", 32],
  ] as const) {
    await sharp({ create: { width, height: 16, channels: 3, background: "red" } })
      .jpeg()
      .toFile(at(name));
  }
  await writeNumbers(at("a/street_color.png"), (x) => (x < 4 ? 1 : 2));
  // sky above, a car below on the left, a tree in it
  await writeNumbers(at("a/street_object.png"), (x, y) => (y < 4 ? 11 : x < 4 ? 10 : 0));
  await writeNumbers(at("a/street_object2.png"), (x, y) => (x === 0 && y === 7 ? 700 : 0));
  await writeNumbers(at("a/street_part.png"), (x, y) => (y === 7 && (x === 1 || x === 7) ? 12 : 0));
  await writeNumbers(at("a/street_material.png"), (x, y) => (y === 4 && x < 6 ? 13 : 0));
  await writeNumbers(at("a/wide_color.png"), (x) => (x < 4 || x >= 12 ? 1 : 2), [16, 8]);
  writeFileSync(join(broden, "label.csv"), LABELS);
  writeFileSync(join(broden, "index.csv"), [HEADER, ...ROWS, ""].join("\n"));
});

const count = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);
const pixels = (labels: Labels, is: "thing" | "material" | "part" | "scene" | "texture" | "colour", name: string) =>
  count(evaluate({ is, name }, labels));

test("every category becomes what it is", async () => {
  const source = await openBroden(broden);
  expect([...source.names].sort()).toEqual(["car", "plant", "sky", "street", "tree", "vehicle"]);
  const street = await source.labels("a/street.jpg", SIDE);
  expect(street.scene).toEqual(["street"]);
  expect([pixels(street, "thing", "sky"), pixels(street, "thing", "car"), pixels(street, "thing", "vehicle")]).toEqual([
    32, 16, 16,
  ]);
  // a number beyond 255, on a pixel that is the car's as well
  expect(pixels(street, "thing", "tree")).toBe(1);
  expect(street.things.map(({ kind, names, material }) => [kind, names, material])).toEqual([
    ["surface", ["sky"], undefined],
    ["object", ["car", "vehicle"], "glass"],
    ["surface", [], "glass"],
    ["object", ["car", "vehicle"], undefined],
    ["object", ["car", "vehicle", "tree", "plant"], undefined],
    ["surface", [], undefined],
  ]);
  expect(pixels(street, "material", "glass")).toBe(6);
  expect(pixels(street, "part", "wheel")).toBe(2);
  const carWheels = evaluate({ is: "part", name: "wheel", of: { is: "thing", name: "car" } }, street);
  expect([...carWheels].flatMap((value, at) => (value ? [at] : []))).toEqual([7 * SIDE + 1]);
  expect([pixels(street, "colour", "red"), pixels(street, "colour", "blue")]).toEqual([32, 32]);
  expect(count(evaluate({ is: "background" }, street))).toBe(64 - 16);
  expect(street.unlabelled).toEqual(["texture"]);
});

test("labels of whole pictures; textures keep Broden's names, and are counted once", async () => {
  const source = await openBroden(broden);
  const banded = await source.labels("dtd/banded.jpg", 4);
  expect([pixels(banded, "texture", "banded"), pixels(banded, "texture", "grid")]).toEqual([16, 16]);
  expect(banded.things).toEqual([]);
  expect(banded.unlabelled).toEqual(["object", "part", "scene", "material", "colour"]);
  const counter = new ConceptCounter(1);
  counter.add({ ...banded, texture: new Uint8Array(16).fill(7) }, [[0, 1]]); // the seventh texture is the grid
  const fits = counter.fits(0).filter(({ atom }) => atom.is === "texture");
  expect(fits.filter(({ iou }) => iou > 0).map(({ atom, iou }) => ["name" in atom && atom.name, iou])).toEqual([
    ["grid", 2 / 16],
    ["banded", 2 / 16],
  ]);
});

test("the middle of what is not square, at any size; only its own pictures", async () => {
  const source = await openBroden(broden);
  for (const size of [4, 8, 20]) {
    const { colour } = await source.labels("a/wide.jpg", size);
    expect(new Set([...colour].map((number) => COLOUR_NAMES[number - 1]))).toEqual(new Set(["blue"]));
  }
  const set = await openImages(join(broden, "images"));
  expect(set.entries).toHaveLength(9);
  const own = subsetOf(set, source.files!, source.title);
  expect(own.entries.map(({ file }) => file)).toEqual(["a/street.jpg", "a/wide.jpg", "dtd/banded.jpg"]);
  expect(own.fingerprint).not.toBe(set.fingerprint);
  expect(await own.read(2)).toEqual(await set.read(set.entries.findIndex(({ file }) => file === "dtd/banded.jpg")));
  expect(() => subsetOf(set, new Set(["x.jpg"]), "a list")).toThrow(/none of 9 is known to a list/);
  await expect(source.labels("a/street_object.png", 8)).rejects.toThrow(/no such image in .*index\.csv/);
  await own.close();
});

describe("refused in a line", () => {
  let serial = 0;
  /** A copy with other tables or files. */
  const spoilt = (change: (at: (name: string) => string) => void): string => {
    const copy = join(folder, `bad${serial++}`);
    cpSync(broden, copy, { recursive: true });
    change((name) => join(copy, name));
    return copy;
  };
  const row = (text: string) => spoilt((at) => writeFileSync(at("index.csv"), `${HEADER}\n${text}\n`));
  const refusal = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  };

  test.each([
    ["../../etc/passwd,train,8,8,8,8,,,,,,", /row 2: the path "\.\.\/\.\.\/etc\/passwd"; expected one below images/],
    ["/etc/passwd,train,8,8,8,8,,,,,,", /the path "\/etc\/passwd"/],
    ["a/street.jpg,train,8,8,8,8,a/../../x.png,,,,,", /the path "a\/\.\.\/\.\.\/x\.png"/],
    ["a/street.jpg,train,8,8,8,8,C:\\x.png,,,,,", /the path "C:\\x\.png"/],
    ["a/street.jpg,train,8,8,8,8,,,,,99,", /row 2: scene 99; expected a number of label\.csv/],
    ["a/street.jpg,train,8,8,0,8,,,,,,", /segmentations of "8" x "0" pixels/],
    ["a/street.jpg,train,8,8,99999,99999,,,,,,", /at most 16777216 pixels/],
    [`${ROWS[1]}\n${ROWS[1]}`, /row 3: dtd\/banded\.jpg occurs twice/],
    ["a/street.jpg,train", /Invalid Record Length/],
  ])("row %j", async (text, message) => {
    expect(await refusal(openBroden(row(text)))).toMatch(message);
  });

  test.each([
    ["70000,far,object", /label "70000", "far"; expected a name and a number from 1 to 65535/],
    ["1,again,object\n1,and again,object", /row 3 is label "1"/],
    ["-1,minus,object", /label "-1"/],
    ["1,,object", /label "1", ""/],
  ])("label %j", async (text, message) => {
    const bad = spoilt((at) => writeFileSync(at("label.csv"), `number,name,category\n${text}\n`));
    expect(await refusal(openBroden(bad))).toMatch(message);
  });

  test("tables that are missing, empty, or too large", async () => {
    expect(await refusal(openBroden(folder))).toMatch(/label\.csv: no such file/);
    const empty = spoilt((at) => writeFileSync(at("index.csv"), HEADER));
    expect(await refusal(openBroden(empty))).toMatch(/no rows; expected the columns image, sh, sw/);
    const other = spoilt((at) => writeFileSync(at("index.csv"), "image,sh,sw\na.jpg,8,8\n"));
    expect(await refusal(openBroden(other))).toMatch(/no column of a category/);
    const huge = spoilt((at) => truncateSync(at("index.csv"), 2 ** 36)); // a hole
    expect(await refusal(openBroden(huge))).toMatch(/it has 68719476736 bytes; expected at most 67108864/);
  });

  test("segmentations of other sizes, numbers and kinds, and links out of the folder", async () => {
    const png = "images/a/street_object.png";
    const asked = async (change: (path: string, at: (name: string) => string) => unknown) => {
      const copy = spoilt(() => {});
      const at = (name: string) => join(copy, name);
      rmSync(at(png));
      await change(at(png), at);
      return refusal((await openBroden(copy)).labels("a/street.jpg", 8));
    };
    expect(await asked(() => {})).toMatch(/street_object\.png: no such file/);
    expect(await asked((path) => writeNumbers(path, () => 10, [9, 8]))).toMatch(/it is 9 x 8 pixels; expected 8 x 8/);
    expect(await asked((path) => writeNumbers(path, () => 5000))).toMatch(/label 5000; expected numbers of label\.csv/);
    const grey = Buffer.alloc(64);
    const raw = { width: 8, height: 8, channels: 1 } as const;
    expect(await asked((path) => sharp(grey, { raw }).toColourspace("b-w").png().toFile(path))).toMatch(/1 channels/);
    expect(await asked((path) => writeFileSync(path, "<svg/>"))).toMatch(/it is no PNG/);
    expect(
      await asked(async (path) => {
        await writeNumbers(path, () => 10);
        truncateSync(path, 60);
      }),
    ).toMatch(/street_object\.png: .*; expected/);
    expect(
      await asked(async (path) => {
        await writeNumbers(join(folder, "outside.png"), () => 10);
        symlinkSync(join(folder, "outside.png"), path);
      }),
    ).toMatch(/it is a link out of the folder/);
  });
});
