/** Blurring, with real pixels: what is blurred, what is left alone, and what is refused. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerBlur } from "../../../src/cli/blur.js";
import { blurAreas } from "../../../src/data/images/blur.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { openWorldFolder, writeWorld } from "../../../src/data/world/folder.js";
import { run } from "../../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-blur-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SIZE = 64;

beforeAll(async () => {
  await writeWorld(at("people"), { set: "world-people", seed: 3, count: 26, size: SIZE });
  // two photographs with a stripe of one class each, wider than high: labels are of the square in the middle
  mkdirSync(at("photos", "a"), { recursive: true });
  mkdirSync(at("masks"));
  for (const [i, name] of ["one", "two"].entries()) {
    const noise = Uint8Array.from({ length: 3 * 90 * 60 }, (_, k) => (k * 7919 + 31 * i) % 251);
    await sharp(noise, { raw: { width: 90, height: 60, channels: 3 } })
      .png()
      .toFile(at("photos", "a", `${name}.png`));
    const mask = Uint8Array.from({ length: 90 * 60 }, (_, k) => (i === 0 && k % 90 >= 30 && k % 90 < 50 ? 7 : 0));
    await sharp(mask, { raw: { width: 90, height: 60, channels: 1 } })
      .png()
      .toFile(at("masks", `${name}.png`));
  }
  writeFileSync(at("classes.csv"), "id,name\n7,traffic light\n8,dog\n");
});

const blur = (...args: string[]) => run(registerBlur, ["blur", ...args]);
const rowsIn = (name: string) =>
  parse(readFileSync(at(name, "blurred.csv"), "utf8"), { columns: true }) as Record<string, string>[];
const pixelsOf = async (...file: string[]) =>
  new Uint8Array(
    await sharp(at(...file))
      .raw()
      .toBuffer(),
  );

test("faces of the made world lose their features, and no other pixel changes", async () => {
  expect(await blur(at("people"), "--what", "faces", "--out", at("faceless"))).toMatch(
    /26 pictures, faces blurred in 2[45] of them \(\d+ areas\)\n$/,
  );
  const source = await openWorldFolder(at("people"));
  let [before, after] = [0, 0];
  for (const { file, class: label, pixels } of rowsIn("faceless")) {
    const stem = file.replace(".png", "");
    const original = (readdirSync(at("people", label)) as string[]).find((name) => `${label}/${name}`.startsWith(stem));
    const [was, is] = [await pixelsOf("people", label, original!), await pixelsOf("faceless", file)];
    const face = evaluate({ is: "part", name: "face" }, await source.labels(file, SIZE));
    expect(Number(pixels)).toBe(face.reduce((sum, value) => sum + value, 0));
    expect(is.filter((value, i) => face[Math.floor(i / 3)] === 0 && value !== was[i])).toHaveLength(0);
    before += roughness(was, face);
    after += roughness(is, face);
  }
  expect(after).toBeLessThan(before / 4);
});

/** Sum of squared differences between neighbours, both within a mask. */
function roughness(rgb: Uint8Array, mask: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < mask.length - 1; i++) {
    if (mask[i] && mask[i + 1] && (i + 1) % SIZE !== 0) sum += (rgb[3 * i] - rgb[3 * i + 3]) ** 2;
  }
  return sum;
}

test("masks say where things are; the square in the middle is written", async () => {
  const labels = ["--masks", at("masks"), "--classes", at("classes.csv")];
  expect(await blur(at("photos"), "--what", "traffic lights", ...labels, "--out", at("dark"))).toMatch(
    /2 pictures, traffic lights blurred in 1 of them \(1 areas\)\n$/,
  );
  expect(rowsIn("dark").map(({ file, areas, pixels }) => [file, areas, pixels])).toEqual([
    ["a/one.png", "1", "1200"],
    ["a/two.png", "0", "0"],
  ]);
  const [was, is] = [await pixelsOf("photos", "a", "one.png"), await pixelsOf("dark", "a", "one.png")];
  expect(is.length).toBe(3 * 60 * 60);
  const changed = (x: number) =>
    Array.from({ length: 60 }, (_, y) => is[3 * (60 * y + x)] !== was[3 * (90 * y + x + 15)]).filter(Boolean).length;
  expect(changed(14) + changed(35)).toBe(0); // columns 15 to 34 of the square are the thing
  expect(changed(25)).toBeGreaterThan(40);
  await expect(blur(at("photos"), "--what", "dogs", ...labels, "--out", at("no-dogs"))).rejects.toThrow(
    /the masks \S+ say of none of 2 pictures that "dogs" are in it; expected some, check --what$/,
  );
  expect(readdirSync(folder)).not.toContain("no-dogs");
});

test("what cannot be done is said in a line", async () => {
  const into = (what: string, images = "people") => blur(at(images), "--what", what, "--out", at("nothing"));
  await expect(into("wugs")).rejects.toThrow(
    /of "wugs", nothing is known of wugs; expected a phrase that world-people/,
  );
  await expect(into("things of the")).rejects.toThrow(/of "things of the", it names nothing; expected/);
  await expect(into("faces", "photos")).rejects.toThrow(/nothing says what the images show; expected a folder of/);
  await expect(blur(at("people"), "--what", "faces", "--out", at("people"))).rejects.toThrow(
    /the folder is not empty; expected a new or empty one$/,
  );
});

test("a blur is as wide as its area, whole in the middle, and gone outside", () => {
  const size = 40;
  const pixels = Uint8Array.from({ length: 3 * size * size }, (_, i) => (i % 2 === 0 ? 0 : 200));
  const inside = (i: number) => i % size >= 10 && i % size < 30 && i >= 10 * size && i < 30 * size;
  const of = Uint16Array.from({ length: size * size }, (_, i) => (inside(i) ? 1 : 0));
  const was = pixels.slice();
  blurAreas(pixels, of, size, [{ left: 10, right: 29, top: 10, bottom: 29, id: 1 }], 0.15);
  expect(pixels.filter((value, i) => !inside(i % (size * size)) && value !== was[i])).toHaveLength(0);
  const middle = pixels.subarray(20 * size + 15, 20 * size + 25);
  for (const value of middle) expect(Math.abs(value - 100)).toBeLessThan(3); // stripes of 0 and 200
});
