/** Real files made for the tests: pictures of known pixels, folders, archives. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { Header } from "tar";
import { afterAll } from "vitest";
import { ZipFile } from "yazl";

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "milan-images-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their paths below `folder`. */
export function writeAll(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

/** RGB noise [height, width, 3], the same for the same seed. */
export function noise(width: number, height: number, seed = 0): Buffer {
  const size = width * height * 3;
  const pieces: Buffer[] = [];
  for (let i = 0; i * 32 < size; i++) pieces.push(createHash("sha256").update(`${seed}:${i}`).digest());
  return Buffer.concat(pieces).subarray(0, size);
}

/** Interleaved RGB pixels as a sharp picture. */
export const picture = (pixels: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4 = 3) =>
  sharp(pixels, { raw: { width, height, channels } });

/** A small PNG of noise. */
export const png = (seed = 0, width = 6, height = 4) =>
  picture(noise(width, height, seed), width, height)
    .png()
    .toBuffer();

/** [height, width, 3] to [3, height, width]. */
export function planes(interleaved: Uint8Array): Uint8Array {
  const area = interleaved.length / 3;
  return Uint8Array.from({ length: interleaved.length }, (_, i) => interleaved[(i % area) * 3 + Math.floor(i / area)]);
}

/** A zip archive as `yazl` writes it. */
export async function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  options: { compress?: boolean; forceZip64Format?: boolean; mode?: number } = {},
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, bytes] of Object.entries(files)) zip.addBuffer(Buffer.from(bytes), path, options);
  zip.end(options.forceZip64Format ? { forceZip64Format: true } : {});
  const pieces: Buffer[] = [];
  for await (const piece of zip.outputStream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

type TarType = Header["type"];

/** One entry of a tar archive: a header of the old kind, and the data. */
export function tarEntry(
  path: string,
  data: Uint8Array | string = "",
  type: TarType = "File",
  sizeBytes?: number,
): Buffer {
  const bytes = Buffer.from(data as string);
  const header = new Header({ path, size: sizeBytes ?? bytes.length, type, mode: 0o644, linkpath: "elsewhere" });
  header.encode();
  return Buffer.concat([header.block!, bytes, Buffer.alloc(-bytes.length & 511)]);
}

export const TAR_END = Buffer.alloc(1024);
