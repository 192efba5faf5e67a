/**
 * Pictures in a folder: class folders as in ImageFolder, nested as deep as you like, or flat; or a single file.
 *
 * Symbolic links are followed, except into a folder that is being listed already. Listing costs one `readdir` per folder
 * and one `stat` per picture (its size enters the fingerprint): some 20 microseconds each when cached.
 */
import type { Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { fileProblem } from "../../base/errors.js";
import { checkEncodedSize, DamagedImage, damaged, type ImageSet } from "./imageset.js";
import { type Listed, Listing } from "./listing.js";
import { isPicture } from "./sniff.js";

/** `stat` calls in flight; more than the thread pool holds gains nothing. */
const STATS_AT_ONCE = 64;

/** The pictures in a folder. Errors: `UserError` when it, or a folder in it, cannot be listed or holds no picture. */
export async function openFolder(location: string): Promise<ImageSet> {
  const listing = new Listing();
  await walk(listing, location, "", [await realpath(location)]);
  return filesBelow(location, location, listing.finish(location));
}

/** One picture, whatever it is called. */
export async function openSingle(location: string): Promise<ImageSet> {
  const listing = new Listing();
  listing.addAnyName(basename(location), { sizeBytes: (await stat(location)).size });
  return filesBelow(location, dirname(location), listing.finish(location));
}

function filesBelow(
  location: string,
  root: string,
  { entries, ignored, fingerprint, columns }: Listed<never>,
): ImageSet {
  return {
    location,
    entries,
    ignored,
    fingerprint,
    async read(index) {
      const path = join(root, entries[index].file);
      const sizeBytes = columns.sizeBytes[index];
      checkEncodedSize(path, sizeBytes);
      const bytes = await readOnce(path, sizeBytes + 1).catch((error) => {
        throw damaged(path, error);
      });
      if (bytes.length === sizeBytes) return bytes;
      throw new DamagedImage(
        `reading ${path}: it changed; expected ${sizeBytes} bytes, got ${bytes.length}, run again`,
      );
    },
    async close() {},
  };
}

/** Up to `limitBytes` of a file in one go; `readFile` would ask for its size and end first, while a network waits. */
async function readOnce(path: string, limitBytes: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(limitBytes);
    let done = 0;
    for (let bytesRead = -1; bytesRead !== 0 && done < limitBytes - 1; done += bytesRead) {
      ({ bytesRead } = await file.read(bytes, done, limitBytes - done, done));
    }
    return bytes.subarray(0, done);
  } finally {
    file.close().catch(() => {});
  }
}

/**
 * Adds what lies in a folder, recursively.
 * @param prefix the folder's path below the root, ending in `/`, or empty.
 * @param trail real paths: the folder's own last, before it those that were left through a link on the way here.
 */
async function walk(listing: Listing, root: string, prefix: string, trail: readonly string[]): Promise<void> {
  const folder = join(root, prefix);
  const here = trail[trail.length - 1];
  const found = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw fileProblem("listing", folder, error);
  });
  const pictures: string[] = [];
  for (const item of found) {
    const path = prefix + item.name;
    const kind = item.name.startsWith(".") ? "other" : await kindOf(item, join(root, path));
    if (kind === "file" && isPicture(path)) {
      pictures.push(path);
    } else if (kind === "folder") {
      const below = item.isSymbolicLink()
        ? [...trail, await realpath(join(root, path))]
        : [...trail.slice(0, -1), join(here, item.name)];
      const target = below[below.length - 1];
      if (item.isSymbolicLink() && trail.some((real) => isWithin(real, target))) listing.ignored++;
      else await walk(listing, root, `${path}/`, below);
    } else {
      listing.ignored++;
    }
  }
  for (let i = 0; i < pictures.length; i += STATS_AT_ONCE) {
    const some = pictures.slice(i, i + STATS_AT_ONCE);
    const sizes = await Promise.all(some.map((path) => sizeOrZero(join(root, path))));
    some.forEach((path, j) => {
      listing.addAnyName(path, { sizeBytes: sizes[j] });
    });
  }
}

/** Whether a real path is a folder or lies below it. */
const isWithin = (path: string, folder: string) =>
  `${path}${sep}`.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** A broken link counts as a file: reading it will say what is wrong. Pipes, sockets and devices would block a reader. */
async function kindOf(item: Dirent, path: string): Promise<"file" | "folder" | "other"> {
  const what = item.isSymbolicLink() ? await stat(path).catch(() => undefined) : item;
  if (what === undefined || what.isFile()) return "file";
  return what.isDirectory() ? "folder" : "other";
}

/** The size of a file; 0 when it is gone or barred, which reading it will report. */
const sizeOrZero = (path: string) =>
  stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
