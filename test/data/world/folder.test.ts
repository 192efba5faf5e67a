import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { openWorldFolder, writeWorld } from "../../../src/data/world/folder.js";
import { World } from "../../../src/data/world/world.js";

const folder = mkdtempSync(join(tmpdir(), "milan-world-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pictures = () =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.(png|jpg)$/.test(name)).sort();

test("a world folder's pictures and labels are those that are rendered", async () => {
  await writeWorld(folder, { set: "world-scenes", seed: 9, count: 12, size: 32 });
  const files = pictures();
  expect(files.length).toBe(12);
  const [world, source] = [await World.open(), await openWorldFolder(folder)];
  for (const file of files) {
    const index = Number(/\d+(?=\.)/.exec(file)![0]);
    const { rgb, labels, label } = await world.render("world-scenes", 9, index, 32);
    expect(file.startsWith(`${label}/`)).toBe(true);
    expect(new Uint8Array(await sharp(join(folder, file)).raw().toBuffer())).toEqual(rgb);
    expect(await source.labels(file, 32)).toEqual(labels);
  }
  expect(source.names.has("kitchen")).toBe(true);
});

test("writing again keeps what is there and adds what is missing", async () => {
  const [kept, removed] = pictures();
  writeFileSync(join(folder, kept), "mine");
  rmSync(join(folder, removed));
  await writeWorld(folder, { set: "world-scenes", seed: 9, count: 14, size: 32 });
  expect(pictures().length).toBe(14);
  expect(readFileSync(join(folder, kept), "utf8")).toBe("mine");
  expect(statSync(join(folder, removed)).size).toBeGreaterThan(100);
});

test("another world is refused, and so is what is no world or not of it", async () => {
  await expect(writeWorld(folder, { set: "world-scenes", seed: 10, count: 1, size: 32 })).rejects.toThrow(
    /expected seed 10, got 9/,
  );
  await expect(
    writeWorld(join(folder, "kitchen"), { set: "world-scenes", seed: 9, count: 1, size: 32 }),
  ).rejects.toThrow(/not empty and holds no world/);
  await expect(openWorldFolder(tmpdir())).rejects.toThrow(UserError);
  const source = await openWorldFolder(folder);
  await expect(source.labels("kitchen/photo.jpg", 32)).rejects.toThrow(UserError);
  await expect(source.labels("forest/000000.jpg", 32)).rejects.toThrow(UserError);
});

test("some classes alone are the pictures that they are among all", async () => {
  const some = join(folder, "..", `${folder.split("/").at(-1)}-some`);
  try {
    await writeWorld(some, { set: "world-scenes", seed: 9, count: 44, size: 32, classes: ["kitchen", "farm"] });
    const files = (readdirSync(some, { recursive: true }) as string[]).filter((name) => /\.(png|jpg)$/.test(name));
    expect([...new Set(files.map((file) => file.split("/")[0]))].sort()).toEqual(["farm", "kitchen"]);
    const world = await World.open();
    for (const file of files) {
      const index = Number(/\d+(?=\.)/.exec(file)![0]);
      expect(index).toBeLessThan(44);
      expect(readFileSync(join(some, file))).toEqual((await world.file("world-scenes", 9, index, 32)).file);
    }
    const unknown = { set: "world-scenes", seed: 9, count: 1, size: 32, classes: ["kitchens"] } as const;
    await expect(writeWorld(some, unknown)).rejects.toThrow(/no class kitchens; expected some of/);
  } finally {
    rmSync(some, { recursive: true, force: true });
  }
});
