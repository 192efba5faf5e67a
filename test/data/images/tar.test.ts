/** Tar archives of every age, and those that lie. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pax } from "tar";
import { beforeAll, describe, expect, it } from "vitest";
import { openImages } from "../../../src/data/images/open.js";
import { png, TAR_END, tarEntry, temporaryFolder } from "./made.js";

const folder = temporaryFolder();
let one: Buffer;
let two: Buffer;
let serial = 0;

beforeAll(async () => {
  one = await png(1);
  two = await png(2);
});

function open(...pieces: Uint8Array[]) {
  const path = join(folder, `${serial++}.tar`);
  writeFileSync(path, Buffer.concat(pieces));
  return openImages(path);
}

const files = (set: Awaited<ReturnType<typeof open>>) => set.entries.map((entry) => entry.file);

describe("names", () => {
  const long = `${"folder/".repeat(40)}picture.png`;

  it("longer than a header, in GNU form", async () => {
    const set = await open(
      tarEntry("././@LongLink", `${long}\0`, "NextFileHasLongPath"),
      tarEntry(long.slice(0, 99), one),
      tarEntry("short.png", two),
      TAR_END,
    );
    expect(files(set)).toEqual([long, "short.png"]);
    expect(await set.read(0)).toEqual(one);
    expect(await set.read(1)).toEqual(two);
    await set.close();
  });

  it("longer than a header, in pax form, with global headers between", async () => {
    const set = await open(
      new Pax({ comment: "made by hand" }, true).encode(),
      new Pax({ path: long }).encode(),
      tarEntry("prefix/truncated.png", one),
      tarEntry("short.png", two),
      TAR_END,
    );
    expect(files(set)).toEqual([long, "short.png"]);
    expect(await set.read(0)).toEqual(one);
    await set.close();
  });

  it("from before there was a signature", async () => {
    const old = tarEntry("old.png", one);
    old.fill(0, 257, 512);
    old.write(
      `${[...old.subarray(0, 512).fill(32, 148, 156)]
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    const set = await open(old, TAR_END);
    expect(files(set)).toEqual(["old.png"]);
    await set.close();
  });

  it("that climb out, or are given twice", async () => {
    const set = await open(
      tarEntry("../../x.png", one),
      tarEntry("/abs/y.png", one),
      tarEntry("./y.png", one),
      tarEntry("y.png", two),
      TAR_END,
    );
    expect(files(set)).toEqual(["abs/y.png", "x.png", "y.png"]);
    expect(await set.read(2)).toEqual(two);
    await set.close();
  });
});

it("links, devices and folders are no pictures", async () => {
  const set = await open(
    tarEntry("a.png/", "", "Directory"),
    tarEntry("link.png", "", "SymbolicLink"),
    tarEntry("hard.png", "", "Link"),
    tarEntry("pipe.png", "", "FIFO"),
    tarEntry("tty.png", "", "CharacterDevice"),
    tarEntry("real.png", one),
    TAR_END,
  );
  expect(files(set)).toEqual(["real.png"]);
  expect(set.ignored).toBe(4);
  await set.close();
});

it("many small files and large ones between are all found", async () => {
  const large = Buffer.alloc(300_000, 1);
  const pieces = Array.from({ length: 400 }, (_, i) =>
    i % 50 === 7 ? tarEntry(`${i}.png`, large) : tarEntry(`${i}.png`, `${i}`.repeat(i)),
  );
  const set = await open(...pieces); // and no end marker, as some programs write
  expect(set.entries).toHaveLength(400);
  for (const [index, { file }] of set.entries.entries()) {
    const i = Number.parseInt(file, 10);
    const expected = i % 50 === 7 ? large : Buffer.from(`${i}`.repeat(i));
    expect(expected.equals((await set.read(index)) as Buffer), file).toBe(true);
  }
  await set.close();
});

describe("a damaged archive is refused whole, saying where", () => {
  it("truncated within a picture", async () => {
    const whole = Buffer.concat([tarEntry("a.png", one), tarEntry("b.png", Buffer.alloc(5000))]);
    await expect(open(whole.subarray(0, whole.length - 1000))).rejects.toThrow(
      /b\.png is truncated at byte 1024 of \d+; expected a whole tar/,
    );
  });

  it("truncated within a header", async () => {
    await expect(open(tarEntry("a.png", one), tarEntry("b.png", two).subarray(0, 200))).rejects.toThrow(
      /truncated within a header/,
    );
  });

  it("with a damaged header", async () => {
    const bad = tarEntry("b.png", two);
    bad[130] ^= 1;
    await expect(open(tarEntry("a.png", one), bad, TAR_END)).rejects.toThrow(/the header is damaged at byte 1024/);
  });

  it("with sizes that are absurd", async () => {
    await expect(open(tarEntry("a.png", one, "File", 8 ** 11 - 1), TAR_END)).rejects.toThrow(/a\.png is truncated/);
    await expect(
      open(new Pax({ path: "a.png", size: 2 ** 60 }).encode(), tarEntry("a.png", one), TAR_END),
    ).rejects.toThrow(/truncated/);
    await expect(
      open(tarEntry("x", Buffer.alloc(2 ** 21, 65), "ExtendedHeader"), tarEntry("a.png", one)),
    ).rejects.toThrow(/an extended header of 2097152 bytes/);
  });

  it("without a picture", async () => {
    await expect(open(tarEntry("a.txt", "text"), TAR_END)).rejects.toThrow(/no images found among 1 files/);
  });
});

it("numbers in a header that are none, or beyond all counting, are damage", async () => {
  for (const size of [Buffer.alloc(12, 0xc3), Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xff)])]) {
    const header = tarEntry("a.png", one);
    size.copy(header, 124);
    await expect(open(tarEntry("b.png", two), header, TAR_END)).rejects.toThrow(/the header is damaged at byte \d+/);
    await expect(open(header.fill(0, 257, 265))).rejects.toThrow(/neither an archive nor a picture/); // without the signature
  }
});
