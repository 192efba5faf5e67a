/**
 * Files that are either whole or absent: written beside their final name, flushed to the disk, then renamed. A process
 * killed at any moment leaves the old file or the new one, never half of one.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileProblem } from "./errors.js";

let serial = 0;
const temporaryName = (path: string) => join(dirname(path), `.${basename(path)}.${process.pid}-${serial++}.tmp`);

/** Writes `path` through `fill`, which gets an open file positioned at its start. Nothing appears at `path` if it throws. */
export async function writeAtomically(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx");
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileProblem("writing", path, error);
  }
}

/** Writes a whole file atomically. */
export function writeFileAtomically(path: string, data: string | Uint8Array): Promise<void> {
  return writeAtomically(path, (file) => file.writeFile(data));
}

/** Makes a rename durable: on most file systems the folder itself has to be flushed as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined); // Windows cannot open folders
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Reads a whole file; a missing or unreadable one is a `UserError` naming the operation. */
export async function readWhole(operation: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileProblem(operation, path, error);
  }
}

/** Removes what killed processes left half-written in a folder. */
export function removeLeftovers(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (/^\..*\.\d+-\d+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
  }
}
