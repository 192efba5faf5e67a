/**
 * A worker's own folder on its machine, where it sweeps. Another worker of the same machine takes another; one that comes after a worker that was killed
 * takes over what that left, and goes on with its part if it is given the same.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileProblem, UserError } from "../base/errors.js";
import { lockName } from "../base/files.js";
import { Held, takeLock } from "../base/lock.js";

export interface Slot {
  readonly folder: string;
  release(): void;
}

const MOST = 1024;

/** Where slots are unless said otherwise: a place of one's own among the system's temporary files. */
export const defaultSlots = (): string => join(tmpdir(), `milan-worker-${userInfo().username}`);

/** Makes a folder that nobody else can write to. Errors: `UserError` where nothing can be written, or somebody else could. */
export function ownFolder(base: string): string {
  try {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(`${base}/`);
    if (process.getuid && uid !== process.getuid()) {
      throw new UserError(
        `working in ${base}: it belongs to another user; expected one of your own, name it with --work`,
      );
    }
  } catch (error) {
    throw fileProblem("working in", base, error);
  }
  return base;
}

/** Takes the first folder that no living worker has. Errors: see `ownFolder`. */
export function takeSlot(base: string): Slot {
  ownFolder(base);
  for (let number = 0; ; number++) {
    const folder = join(base, `slot-${number}`);
    try {
      const release = takeLock(join(folder, lockName()), "sweeping parts", { wanted: `working in ${folder}` });
      return { folder, release };
    } catch (error) {
      if (!(error instanceof Held) || number >= MOST) throw error;
    }
  }
}

/** Removes what earlier parts left in a slot. @param keep names of what stays. */
export function tidy(folder: string, keep: ReadonlySet<string>): void {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    return; // nothing there yet
  }
  for (const name of names) {
    if (!keep.has(name) && !name.startsWith(".milan-lock"))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
