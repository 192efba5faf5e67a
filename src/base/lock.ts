/**
 * One process at a time in a folder. The lock is a file that says who holds it; that of a process which has died is taken over, so that a kill leaves nothing to
 * clean up. On another machine a process cannot be seen: its lock stands until it is let go or deleted by hand, and the message says so.
 *
 * Shared folders of old NFS versions do not create files exclusively; there the lock is advice.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { link, mkdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, fileProblem, UserError } from "./errors.js";
import { lockName, temporaryName } from "./files.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Date and time, ISO 8601. */
  readonly since: string;
  /** What it does, such as "dissecting". */
  readonly doing: string;
}

/** Folders that this process itself holds. */
const held = new Set<string>();
process.on("exit", () => {
  for (const path of held) rmSync(path, { force: true });
});

export interface LockOptions {
  /** Of what is in the folder, when others may work on other parts. */
  readonly part?: string;
  /** How long to wait for another process, in milliseconds; default: not at all. */
  readonly waitMs?: number;
}

/**
 * Does some work while no other process does any in the folder under the same lock.
 * @param folder made when it is not there. @param doing for the message that another process gets, such as "dissecting into runs/net".
 * Errors: `UserError` naming the process that holds the lock.
 */
export async function withLock<T>(
  folder: string,
  doing: string,
  work: () => Promise<T>,
  { part, waitMs = 0 }: LockOptions = {},
): Promise<T> {
  const path = resolve(folder, lockName(part));
  const isNew = !existsSync(folder);
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      await take(path, doing);
      break;
    } catch (error) {
      if (!(error instanceof UserError) || performance.now() >= until) throw error;
      await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    held.delete(path);
    await rm(path, { force: true });
    // a refusal leaves no trace
    if (isNew) await rmdir(folder).catch(() => {}); // what is not empty is no trace, but a result
  }
}

async function take(path: string, doing: string): Promise<void> {
  const own: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString(), doing };
  const temporary = temporaryName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, JSON.stringify(own));
    // a link, unlike an open file, appears with its content; two tries: the first may find a dead process's
    for (let tries = 0; ; tries++) {
      try {
        await link(temporary, path);
        held.add(path);
        return;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        await yieldTo(path, doing, tries);
      }
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw fileProblem("locking", dirname(path), error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Removes the lock of a process that is no more. Errors: `UserError` for one that is there. */
async function yieldTo(path: string, doing: string, tries: number): Promise<void> {
  const holder = holderOf(path);
  if (holder === "gone") return;
  if (tries < 2 && (holder === undefined ? await isOld(path) : isDead(path, holder))) {
    await remove(path, holder);
    return;
  }
  const { pid, host, since, doing: theirs } = holder ?? { pid: "?", host: "?", since: "?", doing: "at work" };
  const elsewhere = host === hostname() ? "wait for it" : `wait for it, or, if it is gone, delete ${path}`;
  throw new UserError(
    `${doing}: process ${pid} on ${host} is ${theirs} since ${since}; expected one process at a time, ${elsewhere}`,
  );
}

/** Removes a dead process's lock, unless a third process has been faster and the lock is now its own. */
async function remove(path: string, dead: Holder | undefined): Promise<void> {
  const aside = temporaryName(path);
  await rename(path, aside).catch(() => {});
  const found = holderOf(aside);
  if (found !== "gone" && JSON.stringify(found) !== JSON.stringify(dead)) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function holderOf(path: string): Holder | "gone" | undefined {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Holder;
    return Number.isInteger(found?.pid) && typeof found.host === "string" ? found : undefined;
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "gone" : undefined;
  }
}

/** An unreadable lock is somebody's who is just writing it, or damaged. */
async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs > 60_000;
}

function isDead(path: string, { pid, host, since }: Holder): boolean {
  if (host !== hostname()) return false;
  // a container that starts again has the same name, and its first process the same number
  if (pid === process.pid) return !held.has(path);
  const startedMs = Date.now() - uptime() * 1000;
  if (Date.parse(since) < startedMs - 60_000) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}
