/**
 * Folders that are either whole or absent, as files are (`files.ts`): filled under another name, then renamed. A process killed on the way leaves nothing
 * by the folder's own name, so the same call begins anew.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileProblem, UserError } from "./errors.js";
import { checkWritable, isVacant } from "./files.js";
import { temporaryName } from "./temporary.js";

/** Refuses a folder that holds something, or cannot be written. @param doing for the message: "exporting to site". */
export async function expectVacant(folder: string, doing: string): Promise<void> {
  await checkWritable(folder);
  if (!isVacant(folder)) throw new UserError(`${doing}: the folder is not empty; expected a new or empty one`);
}

/**
 * Fills a folder that is not there yet, or empty. One that is there may be a file system of its own, or stand where nothing else may be written: what it shall
 * hold then grows inside it, and appears in it at the end, an entry at a time.
 * @param fill gets the folder to write into. Errors: what `fill` throws; nothing is left then.
 */
export async function writeWholeFolder<T>(folder: string, fill: (under: string) => Promise<T>): Promise<T> {
  const path = resolve(folder);
  const isThere = existsSync(path);
  const growing = temporaryName(isThere ? join(path, "growing") : path);
  try {
    if (!isThere) await mkdir(dirname(path), { recursive: true });
    await mkdir(growing);
    const result = await fill(growing);
    if (!isThere) await rename(growing, path);
    else for (const name of await readdir(growing)) await rename(join(growing, name), join(path, name));
    return result;
  } catch (error) {
    throw fileProblem("writing", folder, error);
  } finally {
    await rm(growing, { recursive: true, force: true });
  }
}
