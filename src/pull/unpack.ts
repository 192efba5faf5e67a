/** A zip archive unpacked into a folder: only files, only below it, no more than it says and than is allowed. */
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise } from "yauzl";
import { messageOf, UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import { temporaryName } from "../base/temporary.js";

export interface UnpackOptions {
  /** Of all files together, unpacked; in bytes. */
  readonly limit: number;
  readonly progress?: Progress;
}

const MOST_FILES = 2_000_000;

/**
 * Unpacks an archive into a folder that appears when it is whole.
 * Errors: `UserError` for an archive that is damaged, holds anything but files and folders, leads out of the folder, or unpacks to too much.
 */
export async function unpack(
  archive: string,
  folder: string,
  { limit, progress = silent }: UnpackOptions,
): Promise<void> {
  const temporary = temporaryName(folder);
  const refuse = (problem: string) =>
    new UserError(`unpacking ${archive}: ${problem}; expected an archive of plain files, delete it and pull it again`);
  try {
    await mkdir(temporary, { recursive: true });
    const zip = await openPromise(archive, { lazyEntries: true, autoClose: false, strictFileNames: true });
    try {
      if (zip.entryCount > MOST_FILES) throw refuse(`it holds ${zip.entryCount} files`);
      progress.begin("unpacking", zip.entryCount, "file");
      let [bytes, files] = [0, 0];
      for await (const entry of zip.eachEntry()) {
        const name = entry.fileName;
        if (isLink(entry) || entry.isEncrypted()) throw refuse(`${name} is no plain file`);
        bytes += entry.uncompressedSize;
        if (bytes > limit) throw refuse(`it unpacks to more than ${limit} bytes`);
        files += 1;
        progress.update(files);
        if (name.endsWith("/")) continue;
        const path = join(temporary, name);
        await mkdir(dirname(path), { recursive: true });
        // yauzl sees to it that as many bytes come as the directory says
        const stream = await zip.openReadStreamPromise(entry);
        await pipeline(stream, counted(entry.uncompressedSize), createWriteStream(path, { flags: "wx" }));
      }
      progress.end();
    } finally {
      zip.close();
    }
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (error instanceof UserError) throw error;
    throw refuse(`it is damaged or cannot be unpacked there (${messageOf(error)})`);
  }
}

/** Of a Unix archive: a link or a device, which could lead anywhere. */
function isLink({ externalFileAttributes }: Entry): boolean {
  const type = (externalFileAttributes >>> 16) & 0o170000;
  return type !== 0 && type !== 0o100000 && type !== 0o040000;
}

/** Passes on at most so many bytes. */
function counted(most: number): Transform {
  let seen = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      seen += piece.length;
      if (seen > most) done(new Error("a file is longer than the archive says"));
      else done(null, piece);
    },
  });
}
