/** Zip archives that lie. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DamagedImage } from "../../../src/data/images/imageset.js";
import { openImages } from "../../../src/data/images/open.js";
import { png, temporaryFolder, zipOf } from "./made.js";

const folder = temporaryFolder();

async function open(bytes: Buffer) {
  const path = join(folder, `${crc32(bytes)}.zip`);
  writeFileSync(path, bytes);
  return openImages(path);
}

/** Where the records of an archive begin: local headers and directory entries. */
function records(zip: Buffer, signature: "PK\x03\x04" | "PK\x01\x02"): number[] {
  const found: number[] = [];
  for (let at = zip.indexOf(signature, 0, "latin1"); at >= 0; at = zip.indexOf(signature, at + 4, "latin1"))
    found.push(at);
  return found;
}

/** An archive of two pictures; `change` spoils the directory entry (and local header) of the first. */
async function spoilt(change: (zip: Buffer, entry: number, local: number) => void, compress = true) {
  const zip = await zipOf({ "a.png": await png(1), "b.png": await png(2) }, { compress });
  change(zip, records(zip, "PK\x01\x02")[0], records(zip, "PK\x03\x04")[0]);
  return open(zip);
}

async function expectOnlyFirstRefused(set: Awaited<ReturnType<typeof open>>, why: RegExp) {
  const attempt = set.read(0);
  await expect(attempt).rejects.toBeInstanceOf(DamagedImage);
  await expect(attempt).rejects.toThrow(/a\.png: [^\n]*$/);
  await expect(attempt).rejects.toThrow(why);
  expect(await set.read(1)).toEqual(await png(2));
  await set.close();
}

describe("one bad entry is refused by name and the rest is read", () => {
  it("encrypted", async () => {
    const set = await spoilt((zip, entry, local) => {
      zip[entry + 8] |= 1;
      zip[local + 6] |= 1;
    });
    await expectOnlyFirstRefused(set, /it is encrypted; make the archive without password/);
  });

  it("compressed by a method nobody has", async () => {
    const set = await spoilt((zip, entry) => zip.writeUInt16LE(99, entry + 10));
    await expectOnlyFirstRefused(set, /compression method 99; expected stored or deflated/);
  });

  it("wrong checksum", async () => {
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(1, entry + 16)),
      /its checksum is wrong/,
    );
  });

  it("unpacking to more than it says", async () => {
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(10, entry + 24)),
      /does not unpack to the 10 bytes stated/,
    );
  });

  it("unpacking to less than it says", async () => {
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(5000, entry + 24)),
      /expected 5000 bytes, got/,
    );
  });

  it("stored, with two different sizes", async () => {
    const set = await spoilt((zip, entry) => zip.writeUInt32LE(5000, entry + 24), false);
    await expectOnlyFirstRefused(set, /expected 5000 bytes, got/);
  });

  it("claiming gigabytes", async () => {
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(0xfffffff0, entry + 24)),
      /4294967280 bytes; expected at most/,
    );
  });

  it("data beyond the end of the archive", async () => {
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(0x7fffffff, entry + 20)),
      /beyond the end of the archive/,
    );
    await expectOnlyFirstRefused(
      await spoilt((zip, entry) => zip.writeUInt32LE(0x7fffffff, entry + 42)),
      /no data where its directory says/,
    );
  });

  it("broken compressed data", async () => {
    const set = await spoilt((zip, _, local) => zip.fill(0xff, local + 35, local + 45));
    await expectOnlyFirstRefused(set, /does not unpack/);
  });
});

it("a bomb unpacks no further than its stated size", async () => {
  const packed = deflateRawSync(Buffer.alloc(200_000_000));
  const zip = await zipOf({ "a.png": packed, "b.png": await png(2) }, { compress: false });
  const [entry] = records(zip, "PK\x01\x02");
  zip.writeUInt16LE(8, entry + 10);
  zip.writeUInt32LE(1000, entry + 24);
  const before = process.memoryUsage().rss;
  await expectOnlyFirstRefused(await open(zip), /does not unpack to the 1000 bytes stated/);
  expect(process.memoryUsage().rss - before).toBeLessThan(5e7);
});

it("names that climb out of the archive are only names", async () => {
  const zip = await zipOf({ "xx/xx/evil.png": await png(1), "xroot/a.png": await png(2) });
  const rename = (from: string, to: string) => {
    for (let at = zip.indexOf(from); at >= 0; at = zip.indexOf(from)) zip.write(to, at);
  };
  rename("xx/xx/", "../../");
  rename("xroot/", "/root\\");
  const set = await open(zip);
  expect(set.entries.map((entry) => entry.file)).toEqual(["evil.png", "root/a.png"]);
  expect(await set.read(0)).toEqual(await png(1));
  await set.close();
});

it("of two entries with one name the last counts", async () => {
  const zip = await zipOf({ "a.png": await png(1), "b.png": await png(2) });
  for (let at = zip.indexOf("b.png"); at >= 0; at = zip.indexOf("b.png")) zip.write("a.png", at);
  const set = await open(zip);
  expect(set.entries).toHaveLength(1);
  expect(set.ignored).toBe(1);
  expect(await set.read(0)).toEqual(await png(2));
  await set.close();
});

describe("an archive whose directory is damaged is refused whole", () => {
  it("truncated", async () => {
    const zip = await zipOf({ "a.png": await png(1) });
    await expect(open(zip.subarray(0, zip.length - 30))).rejects.toThrow(
      /zip directory is damaged .*copy or make it again/,
    );
    await expect(open(zip.subarray(0, 10))).rejects.toThrow(/zip directory is damaged/);
  });

  it("with a directory that points nowhere", async () => {
    const zip = await zipOf({ "a.png": await png(1) });
    zip.writeUInt32LE(0x7ffffff0, zip.length - 6);
    await expect(open(zip)).rejects.toThrow(/zip directory is damaged/);
  });

  it("claiming more entries than there are", async () => {
    const zip = await zipOf({ "a.png": await png(1) });
    zip.writeUInt16LE(60000, zip.length - 12);
    await expect(open(zip)).rejects.toThrow(/zip directory is damaged/);
  });

  it("empty", async () => {
    await expect(open(await zipOf({}))).rejects.toThrow(/no images found among 0 files/);
  });
});
