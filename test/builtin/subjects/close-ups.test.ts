/** Squares around things: where they lie, and that what is written is what is there. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { picturesFor, subjectOf } from "../../../src/builtin/subjects/build.js";
import { closeUp } from "../../../src/builtin/subjects/close-ups.js";
import type { Labels } from "../../../src/data/labels/labels.js";
import { openWorldFolder, writeWorld } from "../../../src/data/world/folder.js";
import { classesOf } from "../../../src/data/world/world.js";

const SIZE = 20;
/** A picture with boxes of things, [name, left, top, right, bottom], painted one over the other. */
function labels(...boxes: readonly (readonly [string, number, number, number, number])[]): Labels {
  const thing = new Uint8Array(SIZE ** 2);
  for (const [i, [, left, top, right, bottom]] of boxes.entries()) {
    for (let y = top; y <= bottom; y++) thing.fill(i + 1, y * SIZE + left, y * SIZE + right + 1);
  }
  const things = boxes.map(([name]) => ({ kind: "object", names: [name, "thing"] }) as const);
  const empty = new Uint8Array(SIZE ** 2);
  return { size: SIZE, scene: [], things, thing, colour: empty, texture: empty };
}

test.each([
  ["in the middle, with some room", [["dog", 5, 6, 14, 13]], { left: 5, top: 5, side: 11 }],
  ["moved into the picture", [["dog", 0, 12, 9, 19]], { left: 0, top: 9, side: 11 }],
  ["no larger than the picture", [["dog", 0, 2, 19, 17]], { left: 0, top: 0, side: 20 }],
  [
    "the largest of several",
    [
      ["dog", 0, 0, 1, 1],
      ["dog", 10, 10, 19, 19],
      ["cat", 0, 0, 9, 19],
    ],
    { left: 9, top: 9, side: 11 },
  ],
  [
    "what is seen of it",
    [
      ["dog", 0, 0, 19, 19],
      ["cat", 10, 0, 19, 19],
      ["cat", 0, 10, 19, 19],
    ],
    { left: 0, top: 0, side: 11 },
  ],
] as const)("%s", (_, boxes, square) => {
  expect(closeUp(labels(...boxes), "dog")).toEqual(square);
});

test("none where the thing is not seen", () => {
  expect(closeUp(labels(["cat", 1, 1, 5, 5]), "dog")).toBeUndefined();
  expect(closeUp(labels(["dog", 1, 1, 5, 5], ["cat", 0, 0, 9, 9]), "dog")).toBeUndefined();
  expect(closeUp(labels(), "dog")).toBeUndefined();
});

describe("of the made world", () => {
  const folder = mkdtempSync(join(tmpdir(), "milan-close-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const pictures = join(folder, "objects");
  const classes = classesOf("world-objects");
  beforeAll(async () => {
    for (const [seed, part] of ["train", "val"].entries()) {
      await writeWorld(join(pictures, part), { set: "world-objects", seed, count: classes.length, size: 64 });
    }
  });

  test("a generator of things is trained on close-ups, which are cut once", async () => {
    const subject = subjectOf("gan-objects");
    const close = await picturesFor(subject, pictures);
    expect(close).toBe(`${pictures}-close`);
    expect(readdirSync(join(close, "train")).sort()).toEqual([...classes, "close-ups.json"].sort());
    const known = await openWorldFolder(join(pictures, "val"));
    for (const [i, name] of classes.entries()) {
      const number = String(i).padStart(6, "0");
      const [file] = readdirSync(join(pictures, "val", name));
      const square = closeUp(await known.labels(`${name}/${file}`, 64), name)!;
      const cut = await sharp(join(close, "val", name, `${number}.png`))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([cut.info.width, cut.info.height]).toEqual([square.side, square.side]);
      const region = { left: square.left, top: square.top, width: square.side, height: square.side };
      const there = await sharp(join(pictures, "val", name, file))
        .extract(region)
        .removeAlpha()
        .raw()
        .toBuffer();
      expect(Math.max(...cut.data.map((value, at) => Math.abs(value - there[at])))).toBeLessThanOrEqual(1);
    }
    const first = join(close, "train", "dog", "000000.png");
    const before = statSync(first).mtimeMs;
    await picturesFor(subject, pictures);
    expect(statSync(first).mtimeMs).toBe(before);
    rmSync(join(pictures, "train"), { recursive: true });
    await writeWorld(join(pictures, "train"), { set: "world-objects", seed: 7, count: 24, size: 64 });
    await expect(picturesFor(subject, pictures)).rejects.toThrow(/other settings; .* remove .*objects-close/);
  });

  test("others see whole pictures", async () => {
    expect(await picturesFor(subjectOf("gan-scenes"), pictures)).toBe(pictures);
    expect(await picturesFor(subjectOf("resnet-objects"), pictures)).toBe(pictures);
  });

  test("pictures that are not of the world are refused", async () => {
    await expect(picturesFor(subjectOf("gan-objects"), join(folder, "none"))).rejects.toThrow(/it has no world.json/);
  });
});
