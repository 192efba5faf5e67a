/**
 * Files that are either whole or absent: written beside their final name, flushed to the disk, then renamed. A process
 * killed at any moment leaves the old file or the new one, never half of one.
 */
import { constants, existsSync, readdirSync } from "node:fs";
import { access, type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf, fileProblem, UserError } from "./errors.js";
import { isTemporary, temporaryName } from "./temporary.js";

/** The file that says which process is at work in a folder, or on a part of what is in it (`lock.ts`). */
export const lockName = (part?: string, range?: { readonly from: number; readonly to: number }) =>
  `.milan-lock${part === undefined ? "" : `-${part}`}${range === undefined ? "" : `-${range.from}-${range.to}`}.json`;
export const isLock = (name: string) => /^\.milan-lock.*\.json(\.[0-9a-f]{12})*$/.test(name);
/** Whether it is a lock on a range of a part. */
export const isRangeLock = (name: string, part?: string) => {
  const [before, after] = [lockName(part).replace(/\.json$/, "-"), ".json"];
  return name.startsWith(before) && name.endsWith(after) && /^\d+-\d+$/.test(name.slice(before.length, -after.length));
};

/** Writes `path` through `fill`, which gets an open file positioned at its start. Nothing appears at `path` if it throws. */
export async function writeAtomically(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await expectFileOrNothing(path);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w"); // a killed process of the same number may have left one
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

/** A rename puts a file in the place of whatever is there: of a device such as `/dev/null`, for everybody. */
async function expectFileOrNothing(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || there.isFile()) return;
  throw new UserError(
    `writing ${path}: it is a ${there.isDirectory() ? "folder" : "device or a pipe"}; expected a file`,
  );
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

/**
 * Refuses a folder that cannot be made or written into: before hours of work rather than after, and without a trace.
 * Looks at the nearest part of the path that exists.
 */
export async function checkWritable(folder: string): Promise<void> {
  const path = resolve(folder);
  try {
    await access(`${path}/.`, constants.W_OK | constants.X_OK); // with the dot, a file in the way is an error too
  } catch (error) {
    if (codeOf(error) === "ENOENT" && dirname(path) !== path) return checkWritable(dirname(path));
    throw fileProblem("writing", path, error);
  }
}

/** Refuses a file that cannot be written, likewise. */
export async function checkWritableFile(path: string): Promise<void> {
  await expectFileOrNothing(path);
  await checkWritable(dirname(resolve(path)));
}

/** Whether a folder is not there yet, or holds nothing but a lock and what killed processes left half-written. */
export const isVacant = (folder: string): boolean =>
  !existsSync(folder) || readdirSync(folder).every((name) => isLock(name) || isTemporary(name));
