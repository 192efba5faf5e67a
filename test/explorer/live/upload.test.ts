/** Pictures of strangers: what is let in, and what never reaches a decoder. */
import sharp from "sharp";
import { expect, test } from "vitest";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { sniff } from "../../../src/data/images/sniff.js";
import { readUpload, UPLOAD_BYTES } from "../../../src/explorer/live/upload.js";
import { hugePng } from "./made.js";

const VIEW = { ...IMAGENET, width: 20, height: 10 };
const photo = () => sharp({ create: { width: 40, height: 20, channels: 3, background: "#ff8000" } });

test("the five formats come out at the network's size, in RGB planes", async () => {
  const files = [photo().png(), photo().jpeg(), photo().webp(), photo().gif(), photo().avif()];
  for (const file of files) {
    const pixels = await readUpload(await file.toBuffer(), VIEW);
    expect(pixels).toHaveLength(3 * 20 * 10);
    for (const [channel, value] of [255, 128, 0].entries())
      expect(Math.abs(pixels[200 * channel + 100] - value)).toBeLessThan(12);
  }
});

test("other formats are refused by their bytes, whatever they claim to be", async () => {
  const refused = async (bytes: Uint8Array, problem: RegExp) =>
    await expect(readUpload(bytes, VIEW)).rejects.toThrow(problem);
  await refused(new Uint8Array(0), /it is empty/);
  await refused(await photo().tiff().toBuffer(), /it is a TIFF file; expected PNG, JPEG, WebP, GIF, AVIF/);
  await refused(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), /no picture that is known here/);
  await refused(Buffer.from("<html><script>alert(1)</script>"), /no picture that is known here/);
  await refused(Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(100)]), /it is a zip file/);
  await refused(Buffer.alloc(UPLOAD_BYTES + 1), /expected at most 25 MB/);
});

test("a drawing that bears the letters of another format is none of it", async () => {
  const drawing = Buffer.from(`<svg    WEBP="" xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>`);
  expect((await sharp(drawing).metadata()).format).toBe("svg"); // a decoder would take it
  expect(sniff(drawing)).toBeUndefined();
  await expect(readUpload(drawing, VIEW)).rejects.toThrow(/no picture that is known here/);
});

test("damaged and cut-off files are refused in a line", async () => {
  const png = await photo().png().toBuffer();
  await expect(readUpload(png.subarray(0, 60), VIEW)).rejects.toThrow(/^decoding the picture: /);
  const jpeg = await photo().jpeg().toBuffer();
  await expect(readUpload(Buffer.concat([jpeg.subarray(0, 20), Buffer.alloc(400, 7)]), VIEW)).rejects.toThrow(
    /^decoding the picture: /,
  );
});

test("a small file of a huge picture is refused by its header, before anything is decoded", async () => {
  const bomb = hugePng(30_000, 30_000);
  expect(bomb.length).toBeLessThan(1000);
  const began = performance.now();
  await expect(readUpload(bomb, VIEW)).rejects.toThrow(/^(decoding|reading) the picture: /);
  const half = hugePng(9000, 9000); // below the limit of probe sets
  await expect(readUpload(half, VIEW)).rejects.toThrow(/9000 x 9000 pixels; expected at most 50 million/);
  expect(performance.now() - began).toBeLessThan(1000);
});
