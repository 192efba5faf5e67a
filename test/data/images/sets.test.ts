/** What every kind of probe set has in common, on the same pictures; then what is special to folders. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { beforeAll, describe, expect, it } from "vitest";
import { DamagedImage } from "../../../src/data/images/imageset.js";
import { openImages } from "../../../src/data/images/open.js";
import { png, temporaryFolder, writeAll, zipOf } from "./made.js";

const folder = temporaryFolder();
const pictures: Record<string, Buffer> = {};

beforeAll(async () => {
  const names = ["b/2.PNG", "b/10.png", "a/deep/er/x.jpeg", "a-b/y.webp", "a/é.png", "top.jpg"];
  for (const [seed, name] of names.entries()) pictures[name] = await png(seed);
  const files = {
    ...pictures,
    "notes.txt": "no picture",
    "b/.hidden.png": pictures["b/10.png"],
    ".git/x.png": pictures["b/10.png"],
    "__MACOSX/b/10.png": "resource fork",
    "b/thumbs.db": "",
  };
  writeAll(join(folder, "photos"), files);
  const buffers = Object.fromEntries(Object.entries(files).map(([name, data]) => [name, Buffer.from(data)]));
  writeFileSync(join(folder, "stored.zip"), await zipOf(buffers, { compress: false }));
  writeFileSync(join(folder, "deflated.zip"), await zipOf(buffers, { compress: true }));
  writeFileSync(join(folder, "zip64.zip"), await zipOf(buffers, { forceZip64Format: true }));
  await create({ cwd: join(folder, "photos"), file: join(folder, "photos.tar") }, ["."]);
  await create({ cwd: join(folder, "photos"), file: join(folder, "portable.tar"), portable: true }, Object.keys(files));
});

const ORDER = ["a-b/y.webp", "a/deep/er/x.jpeg", "a/é.png", "b/10.png", "b/2.PNG", "top.jpg"];

describe.each(["photos", "stored.zip", "deflated.zip", "zip64.zip", "photos.tar", "portable.tar"])("%s", (name) => {
  it("lists the pictures in path order with their classes", async () => {
    const set = await openImages(join(folder, name));
    expect(set.entries.map((entry) => entry.file)).toEqual(ORDER);
    expect(set.entries.map((entry) => entry.label)).toEqual(["a-b", "a", "a", "b", "b", undefined]);
    await set.close();
  });

  it("reads exactly the picture asked for, in any order and at once", async () => {
    const set = await openImages(join(folder, name));
    const wanted = [5, 0, 3, 3, 1, 4, 2];
    const read = await Promise.all(wanted.map((index) => set.read(index)));
    expect(read).toEqual(wanted.map((index) => pictures[ORDER[index]]));
    await set.close();
  });

  it("has the fingerprint of its paths and sizes, wherever it lies", async () => {
    const set = await openImages(join(folder, name));
    const facts = ORDER.map((file) => `${file}\0${pictures[file].length}\n`).join("");
    expect(set.fingerprint).toBe(createHash("sha256").update(facts).digest("hex"));
    await set.close();
  });

  it("counts what it ignores", async () => {
    const set = await openImages(join(folder, name));
    expect(set.ignored).toBeGreaterThanOrEqual(name === "photos" ? 4 : 5); // a folder counts hidden folders as one
    await set.close();
  });
});

describe("a folder", () => {
  const at = (path: string) => join(folder, path);

  it("may be flat, and then has no classes", async () => {
    writeAll(at("flat"), { "2.png": pictures["b/10.png"], "1.png": pictures["b/2.PNG"] });
    expect((await openImages(at("flat"))).entries).toEqual([
      { file: "1.png", label: undefined },
      { file: "2.png", label: undefined },
    ]);
  });

  it("may wrap its classes in folders that all share; a single class remains a class", async () => {
    const bytes = pictures["b/10.png"];
    writeAll(at("wrapped"), {
      "set/train/cat/1.png": bytes,
      "set/train/dog/2.png": bytes,
      "set/train/dog/old/3.png": bytes,
    });
    expect((await openImages(at("wrapped"))).entries.map((entry) => entry.label)).toEqual(["cat", "dog", "dog"]);
    writeAll(at("single"), { "set/cat/1.png": bytes, "set/cat/2.png": bytes });
    expect((await openImages(at("single"))).entries.map((entry) => entry.label)).toEqual(["cat", "cat"]);
  });

  it("follows links to files and folders, but not in circles", async () => {
    writeAll(at("linked"), { "real/1.png": pictures["b/10.png"] });
    writeAll(at("elsewhere"), { "2.png": pictures["b/2.PNG"] });
    symlinkSync(at("elsewhere"), at("linked/other"));
    symlinkSync(at("elsewhere/2.png"), at("linked/real/3.png"));
    symlinkSync("..", at("linked/real/up"));
    symlinkSync(at("linked"), at("elsewhere/back"));
    symlinkSync("/", at("elsewhere/root"));
    symlinkSync("self", at("linked/self"));
    const set = await openImages(at("linked"));
    expect(set.entries.map((entry) => entry.file)).toEqual(["other/2.png", "real/1.png", "real/3.png"]);
    expect(await set.read(2)).toEqual(pictures["b/2.PNG"]);
    expect(set.ignored).toBe(4);
  });

  it("reports a broken link, a vanished, a barred and a changed file by name, and only then", async () => {
    const bytes = pictures["b/10.png"];
    writeAll(at("fragile"), { "barred.png": bytes, "changed.png": bytes, "gone.png": bytes, "good.png": bytes });
    symlinkSync(at("nowhere"), at("fragile/broken.png"));
    chmodSync(at("fragile/barred.png"), 0);
    const set = await openImages(at("fragile"));
    rmSync(at("fragile/gone.png"));
    writeFileSync(at("fragile/changed.png"), pictures["top.jpg"].subarray(1));
    const results = await Promise.allSettled(set.entries.map((_, index) => set.read(index)));
    const byName = Object.fromEntries(results.map((result, index) => [set.entries[index].file, result]));
    expect(byName["good.png"]).toMatchObject({ status: "fulfilled" });
    const refusals = {
      broken: /no such file/,
      gone: /no such file/,
      changed: /it changed; expected \d+ bytes, got \d+/,
    };
    for (const [name, why] of Object.entries(refusals)) {
      const result = byName[`${name}.png`] as PromiseRejectedResult;
      expect(result.reason).toBeInstanceOf(DamagedImage);
      expect(result.reason.message).toMatch(why);
      expect(result.reason.message).toContain(`${name}.png`);
    }
    if (process.getuid?.() !== 0) expect(byName["barred.png"]).toMatchObject({ status: "rejected" }); // root may read anything
  });

  it("with no picture in it says what was looked for", async () => {
    mkdirSync(at("empty"));
    await expect(openImages(at("empty"))).rejects.toThrow(
      /empty: no images found among 0 files; looked for \.jpg .*\.png/,
    );
    writeAll(at("texts"), { "a.txt": "a", "b/c.csv": "b" });
    await expect(openImages(at("texts"))).rejects.toThrow(/no images found among 2 files/);
  });
});

describe("opening", () => {
  it("takes a single picture, whatever it is called", async () => {
    writeAll(folder, { "one.dat": pictures["b/10.png"] });
    const set = await openImages(join(folder, "one.dat"));
    expect(set.entries).toEqual([{ file: "one.dat", label: undefined }]);
    expect(await set.read(0)).toEqual(pictures["b/10.png"]);
  });

  it("goes by contents, not by name", async () => {
    writeAll(folder, { "misnamed.png": await zipOf(pictures) });
    const set = await openImages(join(folder, "misnamed.png"));
    expect(set.entries).toHaveLength(6);
    await set.close();
  });

  it("refuses anything else in one line with a remedy", async () => {
    writeAll(folder, { "a.txt": "text", "none.txt": "", "a.tar.gz": Buffer.from([0x1f, 0x8b, 8, 0]) });
    await expect(openImages(join(folder, "missing"))).rejects.toThrow(
      /opening the images .*missing: no such file or folder/,
    );
    await expect(openImages(join(folder, "a.txt"))).rejects.toThrow(
      /neither an archive nor a picture; expected a folder/,
    );
    await expect(openImages(join(folder, "none.txt"))).rejects.toThrow(/neither an archive nor a picture/);
    await expect(openImages(join(folder, "a.tar.gz"))).rejects.toThrow(
      /gzip cannot be read in place; .*unpack it first \(gunzip/,
    );
  });
});
