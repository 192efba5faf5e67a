/**
 * The one way into a probe set: looks at what a path is, by contents rather than by name, and opens it.
 */
import { open, stat } from "node:fs/promises";
import { fileProblem, UserError } from "../../base/errors.js";
import { openArray } from "./arrays.js";
import { openFolder, openSingle } from "./folder.js";
import type { ImageSet } from "./imageset.js";
import { SNIFF_BYTES, sniff } from "./sniff.js";
import { headerIn, openTar } from "./tar.js";
import { openZip } from "./zip.js";

const COMPRESSED: Readonly<Record<string, string>> = {
  gzip: "gunzip",
  bzip2: "bunzip2",
  xz: "unxz",
  zstd: "unzstd",
  "7z": "7z x",
  rar: "unrar x",
};

/**
 * Opens a probe set of pictures.
 * @param path a folder (class folders, or flat), a `.zip` or `.tar` archive (read in place), a `.npy` array
 *   (see `openArray`), or a single picture.
 * Errors: `UserError` when there is no such thing, it is damaged as a whole, or no picture is in it. Damaged pictures
 * are found when they are read.
 */
export async function openImages(path: string): Promise<ImageSet> {
  const start = await firstBytes(path);
  if (start === undefined) return openFolder(path);
  const format = sniff(start) ?? (isOldTar(start) ? "tar" : undefined);
  if (format === "zip") return openZip(path);
  if (format === "tar") return openTar(path);
  if (format === "npy") return openArray(path);
  const remedy = COMPRESSED[format ?? ""];
  if (remedy) {
    throw new UserError(
      `opening the images ${path}: a file compressed by ${format} cannot be read in place; ` +
        `expected a folder, .zip, .tar or .npy, unpack it first (${remedy} ${path})`,
    );
  }
  if (format) return openSingle(path);
  throw new UserError(
    `opening the images ${path}: neither an archive nor a picture; expected a folder, .zip, .tar, .npy or picture, check the path`,
  );
}

/** The beginning of a file; undefined for a folder. */
async function firstBytes(path: string): Promise<Buffer | undefined> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return undefined;
    if (!facts.isFile()) throw new UserError(`opening the images ${path}: neither a file nor a folder; check the path`);
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(SNIFF_BYTES);
      const { bytesRead } = await file.read(bytes, 0, SNIFF_BYTES, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileProblem("opening the images", path, error);
  }
}

/** Tar archives from before 1988 have no signature, but a checksum. */
function isOldTar(start: Buffer): boolean {
  return start.length === SNIFF_BYTES && headerIn(start)?.cksumValid === true;
}
