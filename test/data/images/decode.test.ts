import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decode, type View } from "../../../src/data/images/decode.js";
import { DamagedImage } from "../../../src/data/images/imageset.js";
import { noise, picture, planes } from "./made.js";

const exact = (width: number, height: number): View => ({ width, height, fit: "crop" });
const pixels = noise(7, 5);
const asIs = (bytes: Uint8Array) => decode(bytes, exact(7, 5));

/** Mean and largest difference of two pictures, in grey levels. */
function difference(a: Uint8Array, b: Uint8Array) {
  const all = Array.from(a, (value, i) => Math.abs(value - b[i]));
  return { mean: all.reduce((sum, d) => sum + d, 0) / all.length, max: Math.max(...all) };
}

/** A smooth picture, which lossy formats keep nearly unchanged. */
function ramp(width: number, height: number): Buffer {
  return Buffer.from(
    Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return [(200 * x) / width, (200 * y) / height, 40 + (100 * (x + y)) / (width + height)][i % 3];
    }),
  );
}

describe("a picture of the network's size keeps its pixels", () => {
  it("from PNG, lossless WebP, TIFF and raw pixels", async () => {
    const source = picture(pixels, 7, 5);
    for (const bytes of [
      await source.clone().png().toBuffer(),
      await source.clone().png({ progressive: true }).toBuffer(),
      await source.clone().webp({ lossless: true }).toBuffer(),
      await source.clone().tiff({ compression: "lzw" }).toBuffer(),
    ]) {
      expect(await asIs(bytes)).toEqual(planes(pixels));
    }
    const raw = await decode({ width: 7, height: 5, channels: 3, data: pixels }, exact(7, 5));
    expect(raw).toEqual(planes(pixels));
  });

  it("whatever the fit, and into a given buffer", async () => {
    const bytes = await picture(pixels, 7, 5).png().toBuffer();
    for (const fit of ["crop", "squash", "pad"] as const) {
      const into = new Uint8Array(7 * 5 * 3);
      expect(await decode(bytes, { width: 7, height: 5, fit }, "x", into)).toBe(into);
      expect(into).toEqual(planes(pixels));
    }
  });

  it("and ignores colour profiles and gamma, as the networks' training did", async () => {
    const tagged = await picture(pixels, 7, 5).withIccProfile("p3").keepIccProfile().png().toBuffer();
    const [stored, profile] = [
      await sharp(tagged, { ignoreIcc: true }).raw().toBuffer(),
      await sharp(tagged).metadata(),
    ];
    expect(profile.hasProfile).toBe(true);
    expect(await asIs(tagged)).toEqual(planes(stored));
    const plain = await picture(pixels, 7, 5).png().toBuffer();
    expect(await asIs(withChunk(plain, "gAMA", Buffer.from([0, 0, 0x27, 0x10])))).toEqual(planes(pixels));
  });

  it("from a palette", async () => {
    const few = Buffer.from(Array.from(pixels, (value) => (value > 127 ? 255 : 0)));
    const bytes = await picture(few, 7, 5).png({ palette: true }).toBuffer();
    expect((await sharp(bytes).metadata()).isPalette).toBe(true);
    expect(await asIs(bytes)).toEqual(planes(few));
  });
});

describe("every kind of picture becomes RGB", () => {
  it("grey: three equal channels", async () => {
    const grey = Buffer.from(pixels.subarray(0, 35));
    const bytes = await picture(grey, 7, 5, 1).toColourspace("b-w").png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    expect([...(await asIs(bytes))]).toEqual([...grey, ...grey, ...grey]);
    expect([...(await decode({ width: 7, height: 5, channels: 1, data: grey }, exact(7, 5)))]).toEqual([
      ...grey,
      ...grey,
      ...grey,
    ]);
  });

  it("alpha: on white", async () => {
    const rgba = Buffer.from([10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 51]);
    const bytes = await picture(rgba, 3, 1, 4).png().toBuffer();
    expect([...(await decode(bytes, exact(3, 1)))]).toEqual([10, 255, 204, 20, 255, 204, 30, 255, 204]);
    const grey = await picture(Buffer.from([10, 255, 10, 0]), 2, 1, 2)
      .toColourspace("b-w")
      .png()
      .toBuffer();
    expect([...(await decode(grey, exact(2, 1)))]).toEqual([10, 255, 10, 255, 10, 255]);
  });

  it("16 bits: the upper byte", async () => {
    const wide = Uint16Array.from([0, 0x1234, 0xffff, 0x80ff, 0x7f00, 0x0180]);
    const rgb = await sharp(wide, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect((await sharp(rgb).metadata()).depth).toBe("ushort");
    expect([...(await decode(rgb, exact(2, 1)))]).toEqual([0, 0x80, 0x12, 0x7f, 0xff, 0x01]);
    const grey = await sharp(wide, { raw: { width: 6, height: 1, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect((await sharp(grey).metadata()).depth).toBe("ushort");
    expect([...(await decode(grey, exact(6, 1))).subarray(0, 6)]).toEqual([0, 0x12, 0xff, 0x80, 0x7f, 0x01]);
  });

  it("an animation: its first frame", async () => {
    const frames = Buffer.concat([Buffer.alloc(4 * 3 * 3, 200), Buffer.alloc(4 * 3 * 3, 10)]);
    const strip = () => sharp(frames, { raw: { width: 4, height: 6, channels: 3, pageHeight: 3 } });
    const gif = await strip()
      .gif({ loop: 0, delay: [10, 10] })
      .toBuffer();
    const webp = await strip()
      .webp({ lossless: true, delay: [10, 10] })
      .toBuffer();
    for (const bytes of [gif, webp]) {
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      expect([...(await decode(bytes, exact(4, 3)))]).toEqual(Array(36).fill(200));
    }
  });

  it("CMYK: the colours a press would print, not their negative", async () => {
    const colours = Buffer.alloc(48 * 16 * 3);
    // Colours that ink can make; others move to the nearest that it can.
    const patches = [
      [200, 180, 60],
      [250, 250, 250],
      [60, 120, 60],
    ];
    for (let i = 0; i < 48 * 16; i++) colours.set(patches[Math.floor((i % 48) / 16)], i * 3);
    const bytes = await picture(colours, 48, 16).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe("cmyk");
    const decoded = await decode(bytes, exact(48, 16));
    for (const [i, patch] of patches.entries()) {
      const at = 8 * 48 + i * 16 + 8;
      const seen = [0, 1, 2].map((channel) => decoded[channel * 48 * 16 + at]);
      expect(Math.max(...seen.map((value, channel) => Math.abs(value - patch[channel])))).toBeLessThan(30);
    }
  });

  it.each(["jpeg", "webp", "avif"] as const)("lossy %s: close to what was stored", async (format) => {
    const smooth = ramp(48, 32);
    const bytes = await picture(smooth, 48, 32)[format]({ quality: 95 }).toBuffer();
    const { mean } = difference(await decode(bytes, exact(48, 32)), planes(smooth));
    expect(mean).toBeLessThan(2);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("EXIF orientation %i is applied", async (orientation) => {
    const stored = await picture(pixels, 7, 5).withMetadata({ orientation }).png().toBuffer();
    // Where the stored pixel (x, y) of 7x5 belongs, from the EXIF definition of each orientation.
    const place = (x: number, y: number): [number, number] =>
      [
        [x, y],
        [6 - x, y],
        [6 - x, 4 - y],
        [x, 4 - y],
        [y, x],
        [4 - y, x],
        [4 - y, 6 - x],
        [y, 6 - x],
      ][orientation - 1] as [number, number];
    const [width, height] = orientation > 4 ? [5, 7] : [7, 5];
    const upright = Buffer.alloc(pixels.length);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 7; x++) {
        const [toX, toY] = place(x, y);
        pixels.copy(upright, (toY * width + toX) * 3, (y * 7 + x) * 3, (y * 7 + x + 1) * 3);
      }
    }
    expect(await decode(stored, exact(width, height))).toEqual(planes(upright));
    // and before fitting: the long side of the upright picture is cropped.
    const cropped = await decode(stored, exact(5, 5));
    expect(cropped).toEqual(await decode(await picture(upright, width, height).png().toBuffer(), exact(5, 5)));
  });
});

describe("fitting", () => {
  it("crops the middle", async () => {
    const bytes = await picture(pixels, 7, 5).png().toBuffer();
    const middle = await picture(pixels, 7, 5).extract({ left: 1, top: 0, width: 5, height: 5 }).raw().toBuffer();
    expect(await decode(bytes, exact(5, 5))).toEqual(planes(middle));
  });

  it("pads with black", async () => {
    const bytes = await picture(Buffer.alloc(4 * 2 * 3, 90), 4, 2)
      .png()
      .toBuffer();
    const decoded = await decode(bytes, { width: 4, height: 4, fit: "pad" });
    expect([...decoded.subarray(0, 16)]).toEqual([0, 0, 0, 0, 90, 90, 90, 90, 90, 90, 90, 90, 0, 0, 0, 0]);
  });

  it("averages when it shrinks: no aliasing", async () => {
    const stripes = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2 ? 255 : 0)));
    const decoded = await decode(await picture(stripes, 64, 64).png().toBuffer(), exact(24, 24));
    const inside = [...decoded].filter((_, i) => i % 24 > 1 && i % 24 < 22);
    expect(Math.min(...inside)).toBeGreaterThan(90);
    expect(Math.max(...inside)).toBeLessThan(165);
  });

  it("enlarges on half-pixel centres", async () => {
    const row = [0, 0, 255, 255, 0, 100];
    const bytes = await picture(Buffer.from(row.flatMap((value) => [value, value, value])), 6, 1)
      .png()
      .toBuffer();
    const wide = await decode(bytes, { width: 24, height: 1, fit: "squash" });
    const source = (x: number) => Math.min(Math.max((x + 0.5) / 4 - 0.5, 0), 5);
    const expected = Array.from({ length: 24 }, (_, x) => {
      const [low, weight] = [Math.floor(source(x)), source(x) % 1];
      return Math.floor(row[low] * (1 - weight) + row[Math.min(low + 1, 5)] * weight + 0.5);
    });
    expect([...wide.subarray(0, 24)]).toEqual(expected);
    const tall = await decode(await sharp(bytes).rotate(90).png().toBuffer(), { width: 1, height: 24, fit: "squash" });
    expect([...tall.subarray(0, 24)]).toEqual(expected);
  });

  it("sees the same part of a smooth picture at any size", async () => {
    const bytes = await picture(ramp(96, 64), 96, 64).png().toBuffer();
    for (const size of [8, 20, 64, 100, 300]) {
      const decoded = await decode(bytes, exact(size, size));
      // The red ramp runs from column 16 to column 80 of 96: half-pixel centres keep its ends and its middle in place.
      const expected = Uint8Array.from({ length: size }, (_, x) => (200 * (16 + ((x + 0.5) * 64) / size - 0.5)) / 96);
      expect(difference(decoded.subarray(0, size), expected).max).toBeLessThanOrEqual(4);
    }
  });

  it("copes with extreme proportions", async () => {
    const line = await picture(noise(3000, 1), 3000, 1).png().toBuffer();
    for (const fit of ["crop", "squash", "pad"] as const) {
      expect(await decode(line, { width: 16, height: 16, fit })).toHaveLength(3 * 16 * 16);
      expect(await decode(await sharp(line).rotate(90).png().toBuffer(), { width: 16, height: 9, fit })).toHaveLength(
        432,
      );
    }
  });

  it("gives the same pixels for a JPEG as for a PNG of its pixels, however much it shrinks", async () => {
    const jpeg = await picture(noise(400, 300), 400, 300)
      .blur(2)
      .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const same = await sharp(jpeg).png().toBuffer();
    expect(await decode(jpeg, exact(24, 24))).toEqual(await decode(same, exact(24, 24)));
  });
});

describe("a damaged picture is refused by name", () => {
  let good: Record<"jpeg" | "png" | "webp" | "gif" | "tiff", Buffer>;
  beforeAll(async () => {
    const source = picture(noise(64, 64), 64, 64);
    good = {
      jpeg: await source.clone().jpeg().toBuffer(),
      png: await source.clone().png().toBuffer(),
      webp: await source.clone().webp().toBuffer(),
      gif: await source.clone().gif().toBuffer(),
      tiff: await source.clone().tiff().toBuffer(),
    };
  });
  const refused = (bytes: Uint8Array, why: RegExp) => {
    const attempt = decode(bytes, exact(64, 64), "cat/1.jpg");
    return Promise.all([
      expect(attempt).rejects.toBeInstanceOf(DamagedImage),
      expect(attempt).rejects.toThrow(/^decoding cat\/1\.jpg: [^\n]+$/),
      expect(attempt).rejects.toThrow(why),
    ]);
  };

  it.each(["jpeg", "png", "webp", "gif", "tiff"] as const)("truncated %s", async (format) => {
    await refused(good[format].subarray(0, good[format].length >> 1), /./);
    await refused(good[format].subarray(0, 20), /./);
  });

  it("flipped bytes in a PNG", async () => {
    const bytes = Buffer.from(good.png);
    bytes[bytes.length >> 1] ^= 0x5a;
    await refused(bytes, /png/);
  });

  it("what is no picture", async () => {
    await refused(Buffer.alloc(0), /the file is empty; expected JPEG, PNG/);
    await refused(Buffer.from("not a picture at all"), /no picture; expected JPEG, PNG/);
    await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /no picture/);
    await refused(Buffer.from("BM is how a bitmap begins"), /it is a BMP file; .*convert it/);
  });

  it("a header that claims 100000 x 100000 pixels, at once and without memory", async () => {
    const bytes = Buffer.from(good.png);
    bytes.writeUInt32BE(100_000, 16);
    bytes.writeUInt32BE(100_000, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    const before = process.memoryUsage().rss;
    await refused(bytes, /pixel limit/);
    expect(process.memoryUsage().rss - before).toBeLessThan(1e8);
  });

  it("but harmless extras are not damage", async () => {
    const view = exact(64, 64);
    const expected = await decode(good.jpeg, view);
    expect(await decode(Buffer.concat([good.jpeg, Buffer.from("trailing bytes")]), view)).toEqual(expected);
  });
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A PNG with one more chunk, after its header. */
const withChunk = (bytes: Buffer, type: string, data: Buffer) =>
  Buffer.concat([bytes.subarray(0, 33), chunk(type, data), bytes.subarray(33)]);

// A picture written by hand, so that writing and reading do not share a mistake.
it("decodes a PNG that no library wrote", async () => {
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const bytes = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3, 251, 252, 253]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  expect([...(await decode(bytes, exact(2, 1)))]).toEqual([1, 251, 2, 252, 3, 253]);
});
