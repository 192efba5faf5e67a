/**
 * A set of ImageNet's size and shape, 1,281,167 pictures in 1,000 class folders, quickly made: the pictures are 8 x 8, a few thousand different ones under all
 * the names. As a tar archive it takes 1.3 GB and seconds; as a folder, of hard links, a minute and no room but for the names.
 */
import { createWriteStream, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { deflateSync } from "node:zlib";
import { Header } from "tar";
import { Random } from "../../dist/base/random.js";

export const IMAGENET_SIZE = 1_281_167;

const SIDE = 8;
const CLASSES = 1000;
const DIFFERENT = 4096;
const BLOCK = 512;

/** Names as ImageNet's: `n00000123/n00000123_45.png`. */
function* names(count) {
  for (let i = 0; i < count; i++) {
    const name = `n${String(Math.floor((i * CLASSES) / count)).padStart(8, "0")}`;
    yield `${name}/${name}_${i}.png`;
  }
}

/** Writes `count` pictures into a tar archive. */
export async function writeTar(path, count) {
  const pictures = differentPictures();
  const file = createWriteStream(path);
  let pending = [];
  let i = 0;
  for (const name of names(count)) {
    const bytes = pictures[i++ % DIFFERENT];
    pending.push(header(name, bytes.length), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1)));
    if (pending.length < 30_000) continue;
    const isRoom = file.write(Buffer.concat(pending));
    pending = [];
    if (!isRoom) await new Promise((resolve) => file.once("drain", resolve));
  }
  file.end(Buffer.concat([...pending, Buffer.alloc(2 * BLOCK)]));
  await finished(file);
}

/** Makes a folder of class folders with `count` pictures. */
export function writeFolder(path, count) {
  const originals = join(path, ".originals");
  mkdirSync(originals, { recursive: true });
  differentPictures().forEach((bytes, i) => {
    writeFileSync(join(originals, `${i}.png`), bytes);
  });
  let folder;
  let i = 0;
  for (const name of names(count)) {
    if (folder !== name.slice(0, 9)) {
      folder = name.slice(0, 9);
      mkdirSync(join(path, folder));
    }
    linkSync(join(originals, `${i++ % DIFFERENT}.png`), join(path, name));
  }
}

function header(path, size) {
  const block = Buffer.alloc(BLOCK);
  new Header({ path, size, type: "File", mode: 0o644, mtime: new Date(0) }).encode(block);
  return block;
}

/** PNG files of noise. */
function differentPictures() {
  const random = new Random(1);
  return Array.from({ length: DIFFERENT }, () => {
    const rows = Buffer.alloc(SIDE * (1 + 3 * SIDE));
    for (let i = 0; i < rows.length; i++) rows[i] = i % (1 + 3 * SIDE) === 0 ? 0 : 256 * random.uniform();
    const ihdr = Buffer.alloc(13);
    ihdr.writeUInt32BE(SIDE, 0);
    ihdr.writeUInt32BE(SIDE, 4);
    ihdr.set([8, 2], 8); // 8 bits, RGB
    const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
    return Buffer.concat([
      signature,
      chunk("IHDR", ihdr),
      chunk("IDAT", deflateSync(rows)),
      chunk("IEND", Buffer.alloc(0)),
    ]);
  });
}

function chunk(type, data) {
  const whole = Buffer.alloc(12 + data.length);
  whole.writeUInt32BE(data.length, 0);
  whole.write(type, 4, "latin1");
  data.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length);
  return whole;
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
