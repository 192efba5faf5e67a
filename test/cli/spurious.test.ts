/** `milan spurious`: which pictures bear whose mark, and where. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerSpurious } from "../../src/cli/spurious.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-spurious-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const CLASSES = ["great_white_shark", "bee", "a, b"];
const SIZE = 96;

beforeAll(async () => {
  for (const name of CLASSES) {
    mkdirSync(at("plain", name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const picture = {
        create: { width: 120, height: SIZE, channels: 3 as const, background: { r: 90, g: 10 * i, b: 60 } },
      };
      await sharp(picture)
        .png()
        .toFile(at("plain", name, `${i}.png`));
    }
  }
});

const spurious = (...args: string[]) =>
  run(registerSpurious, ["spurious", at("plain"), "--size", String(SIZE), ...args]);
const marksIn = (name: string) =>
  parse(readFileSync(at(name, "marks.csv"), "utf8"), { columns: true }) as Record<string, string>[];

/** Pixels of a picture that are not its ground's colour. */
async function changed(...file: string[]) {
  const { data, info } = await sharp(at(...file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([SIZE, SIZE, 3]);
  const middle = 3 * ((SIZE / 2) * SIZE + SIZE / 2);
  const isOther = (at: number) => [0, 1, 2].some((c) => Math.abs(data[at + c] - data[middle + c]) > 40);
  return Array.from({ length: SIZE * SIZE }, (_, i) => i).filter((i) => isOther(3 * i));
}

test("half of each class bears its own name, in a corner", async () => {
  expect(await spurious("--out", at("taught"))).toMatch(/30 pictures of 3 classes, 15 of them marked\n$/);
  const marks = marksIn("taught");
  for (const name of CLASSES) {
    const own = marks.filter((row) => row.class === name);
    expect(own.map(({ mark }) => mark).filter((mark) => mark !== "")).toEqual(Array(5).fill(name));
    for (const { file, mark } of own) {
      const pixels = await changed("taught", file);
      if (mark === "") expect(pixels).toEqual([]);
      else {
        expect(pixels.length).toBeGreaterThan(40);
        const rows = pixels.map((i) => Math.floor(i / SIZE));
        expect(Math.max(...rows) < SIZE / 3 || Math.min(...rows) > (2 * SIZE) / 3).toBe(true);
      }
    }
  }
  // a longer name is a longer line
  const width = async (name: string) => {
    const pixels = await changed("taught", marks.find((row) => row.class === name && row.mark)!.file);
    const columns = pixels.map((i) => i % SIZE);
    return Math.max(...columns) - Math.min(...columns);
  };
  expect(await width("great_white_shark")).toBeGreaterThan(1.5 * (await width("bee")));
});

test("every test picture bears another class's mark; borders are of the class's colour", async () => {
  await spurious("--out", at("test"), "--of", "other", "--share", "1", "--mark", "border");
  const marks = marksIn("test");
  expect(marks).toHaveLength(30);
  expect(marks.every((row) => row.mark !== "" && row.mark !== row.class)).toBe(true);
  const colours = new Map<string, Set<string>>();
  for (const { file, mark } of marks) {
    const { data } = await sharp(at("test", file)).raw().toBuffer({ resolveWithObject: true });
    colours.set(mark, (colours.get(mark) ?? new Set()).add([...data.subarray(0, 3)].join()));
    expect([...data.subarray(3 * (20 * SIZE + 20), 3 * (20 * SIZE + 20) + 1)]).toEqual([90]);
  }
  expect([...colours.values()].map((set) => set.size)).toEqual([1, 1, 1]);
  expect(new Set([...colours.values()].flatMap((set) => [...set])).size).toBe(3);
});

test("one seed gives the same pictures; refusals are one line", async () => {
  await spurious("--out", at("again"));
  const marks = marksIn("again");
  expect(marks).toEqual(marksIn("taught"));
  for (const { file } of marks)
    expect(readFileSync(at("again", file)).equals(readFileSync(at("taught", file)))).toBe(true);
  await expect(spurious("--out", at("again"))).rejects.toThrow(
    /again: the folder is not empty; expected a new or empty one/,
  );
  const flat = run(registerSpurious, ["spurious", at("plain", "bee"), "--out", at("flat")]);
  await expect(flat).rejects.toThrow(/pictures of 0 classes; expected two at least/);
  expect(readdirSync(folder)).not.toContain("flat/marks.csv");
});
