/** What is measured in photographs, and sources of labels for them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { openBoxes } from "../../../src/data/labels/boxes.js";
import { colourNumber, colourOf } from "../../../src/data/labels/colour.js";
import { openIndexMasks, thingOf } from "../../../src/data/labels/index-masks.js";
import { everydayNames, imagenetNames } from "../../../src/data/labels/kinds.js";
import { COLOUR_NAMES, TEXTURE_NAMES } from "../../../src/data/labels/labels.js";
import { resizePlane } from "../../../src/data/labels/measure.js";
import { measureTexture } from "../../../src/data/labels/texture.js";

describe("colours", () => {
  // colours of CSS and of the Macbeth chart, by the names people give them
  test.each([
    ["red", [255, 0, 0]],
    ["red", [175, 54, 60]],
    ["green", [0, 128, 0]],
    ["green", [70, 148, 73]],
    ["blue", [0, 0, 255]],
    ["blue", [135, 206, 235]],
    ["blue", [56, 61, 150]],
    ["yellow", [255, 255, 0]],
    ["yellow", [231, 199, 31]],
    ["orange", [255, 140, 0]],
    ["orange", [214, 126, 44]],
    ["brown", [150, 75, 0]],
    ["brown", [115, 82, 68]],
    ["pink", [255, 192, 203]],
    ["pink", [255, 105, 180]],
    ["purple", [128, 0, 128]],
    ["purple", [94, 60, 108]],
    ["black", [12, 14, 10]],
    ["white", [243, 243, 242]],
    ["grey", [122, 122, 121]],
    ["grey", [160, 160, 160]],
  ] as const)("%s is %s", (name, [r, g, b]) => {
    expect(colourOf(r, g, b)).toBe(name);
    expect(COLOUR_NAMES[colourNumber(r, g, b) - 1]).toBe(name);
  });
});

describe("textures", () => {
  const SIZE = 64;
  const picture = (value: (x: number, y: number) => number) =>
    Float32Array.from({ length: SIZE * SIZE }, (_, i) => value(i % SIZE, Math.floor(i / SIZE)));
  const inMiddle = (plane: Uint8Array) => TEXTURE_NAMES[plane[32 * SIZE + 32] - 1];
  const wave = (at: number) => 128 + 50 * Math.sin((2 * Math.PI * at) / 6);

  test.each([
    ["horizontal stripes", (_x: number, y: number) => wave(y)],
    ["vertical stripes", (x: number) => wave(x)],
    ["diagonal stripes", (x: number, y: number) => wave((x + y) / Math.SQRT2)],
    ["smooth", (x: number) => 100 + x / 4],
  ] as const)("%s", (name, value) => expect(inMiddle(measureTexture(picture(value), SIZE))).toBe(name));

  test("an edge and a bar are no stripes", () => {
    for (const value of [(x: number) => (x < 32 ? 40 : 200), (x: number) => (Math.abs(x - 32) < 3 ? 40 : 200)]) {
      expect(inMiddle(measureTexture(picture(value), SIZE))).toBeUndefined();
    }
  });
});

test("kinds of ImageNet's classes and of everyday things", () => {
  expect(imagenetNames("n02085620")).toEqual(["chihuahua", "dog", "animal"]);
  expect(imagenetNames("n02012849")).toContain("bird"); // the crane that flies
  expect(imagenetNames("n03126707")).not.toContain("animal"); // and the one that lifts
  expect(imagenetNames("n00000001")).toBeUndefined();
  expect(everydayNames("orange")).toEqual(["orange", "fruit", "food"]);
});

test("planes are resized by the nearest pixel", () => {
  expect([...resizePlane(Uint8Array.of(1, 2, 3, 4), 2, 4)]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
});

describe("sources", () => {
  let folder: string;
  const png = (r: number, g: number, b: number) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "milan-labels-"));
    mkdirSync(join(folder, "train/n02085620_chihuahua"), { recursive: true });
    mkdirSync(join(folder, "train/ball"), { recursive: true });
    mkdirSync(join(folder, "masks"));
    writeFileSync(join(folder, "train/n02085620_chihuahua/a.png"), await png(150, 75, 0));
    writeFileSync(join(folder, "train/ball/b.png"), await png(255, 0, 0));
    writeFileSync(
      join(folder, "boxes.csv"),
      "file,x0,y0,x1,y1\ntrain/n02085620_chihuahua/a.png,2,0,5,3\ntrain/ball/b.png,0,0,7,7\n",
    );
    const mask = Uint8Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 199));
    await sharp(mask, { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toFile(join(folder, "masks/b.png"));
    writeFileSync(join(folder, "classes.csv"), "id,name\n0,unlabeled\n1,person\n199,wall-brick\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("boxes: the object by its names, background around it, at any size", async () => {
    const source = await openBoxes({ images: join(folder, "train"), boxes: join(folder, "boxes.csv"), side: 8 });
    const { things, thing, colour } = await source.labels("n02085620_chihuahua/a.png", 4);
    expect(things.map(({ names }) => names)).toEqual([[], ["chihuahua", "dog", "animal"]]);
    expect(things[1].material).toBe("fur");
    expect([...thing]).toEqual([1, 2, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(new Set([...colour].map((number) => COLOUR_NAMES[number - 1]))).toEqual(new Set(["brown"]));
    expect((await source.labels("ball/b.png", 2)).things[1].names).toEqual(["ball"]);
    await expect(source.labels("ball/c.png", 4)).rejects.toThrow(UserError);
    await source.close();
  });

  test("index masks: things by class, people as people", async () => {
    const source = await openIndexMasks({
      images: join(folder, "train/ball"),
      masks: join(folder, "masks"),
      classes: join(folder, "classes.csv"),
    });
    const { things, thing } = await source.labels("b.png", 2);
    expect([...thing]).toEqual([1, 1, 2, 2]);
    expect(things.map(({ kind, names }) => [kind, names[0]])).toEqual([
      ["person", "person"],
      ["surface", "brick wall"],
    ]);
    await expect(source.labels("a.png", 2)).rejects.toThrow(UserError);
  });

  test("index masks that are no grey PNG are refused in one line", async () => {
    const [images, masks] = [join(folder, "train/ball"), join(folder, "strange")];
    mkdirSync(masks);
    const source = await openIndexMasks({ images, masks, classes: join(folder, "classes.csv") });
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: "#f00" } });
    for (const [bytes, problem] of [
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'), "it is no picture"],
      [await red.clone().jpeg().toBuffer(), "it is JPEG"],
      [await red.clone().png().toBuffer(), "it has colours"],
      [await red.clone().png({ palette: true }).toBuffer(), "it has a palette"],
      [(await red.clone().png().toBuffer()).subarray(0, 60), ""],
      [Buffer.alloc(0), "it is no picture"],
    ] as const) {
      writeFileSync(join(masks, "b.png"), bytes);
      const error = await source.labels("b.png", 2).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(problem);
      expect(error.message).toMatch(/b\.png: .*; expected an 8-bit grey PNG/);
    }
  });

  test("a table of boxes that is no table", async () => {
    const boxes = join(folder, "damaged.csv");
    for (const text of ["file,x0,y0,x1,y1\na.png,1,2\n", "file,x0,y0,x1,y1\na.png,NaN,0,1,1\n", 'file,x0\n"', ""]) {
      writeFileSync(boxes, text);
      await expect(openBoxes({ images: join(folder, "train"), boxes, side: 8 })).rejects.toThrow(UserError);
    }
  });

  test("names of segmentation sets are made plain", () => {
    const names = ["sky-other-merged", "tree-merged", "door-stuff", "floor-wood", "playingfield"].map(thingOf);
    expect(names.map(({ names }) => names[0])).toEqual(["sky", "tree", "door", "wooden floor", "playing field"]);
    expect(names.map(({ kind }) => kind)).toEqual(["surface", "object", "object", "surface", "surface"]);
    expect(names[3].names).toEqual(["wooden floor", "floor", "ground"]);
  });
});
