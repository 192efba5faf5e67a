/**
 * One process at a time: a file that names who holds it. A holder that was killed leaves it behind; whoever comes next sees that it is gone and takes over, one of
 * however many. On another machine a process cannot be seen: its lock stands until it is let go or deleted by hand, and the message says so.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, fileProblem, UserError } from "./errors.js";
import { lockName, temporaryName } from "./files.js";
import { sha256 } from "./hash.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts it; "" where it does not tell. Numbers of processes are used again. */
  readonly began: string;
  /** What it is at: "serving the study at http://127.0.0.1:8000/". */
  readonly purpose: string;
}

/** What a process that is refused is told. */
export interface Refusal {
  /** What it wanted, to begin the message with: "opening study.sqlite". */
  readonly wanted: string;
  /** What to do; default: wait for the other. */
  readonly remedy?: string;
}

/** The lock is another process's. */
class Held extends UserError {}

/** Takes the lock at `path`, and gives what lets it go. Errors: `UserError` that names the process which holds it. */
export function takeLock(path: string, purpose: string, refusal: Refusal): () => void {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), began: beginOf(process.pid), purpose });
  if (!created(path, mine)) takeOver(path, mine, refusal);
  return () => {
    if (holderOf(textOf(path))?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Says what a lock's holder does now. */
export function restate(path: string, purpose: string): void {
  const holder = holderOf(textOf(path));
  if (holder?.pid === process.pid) replace(path, JSON.stringify({ ...holder, purpose }));
}

export interface LockOptions {
  /** Of what is in the folder, when others may work on other parts. */
  readonly part?: string;
  /** How long to wait for another process, in milliseconds; default: not at all. */
  readonly waitMs?: number;
}

/**
 * Does some work while no other process does any in the folder under the same lock.
 * @param folder made when it is not there, and gone again when nothing came of the work.
 * @param purpose for the message that another process gets, such as "dissecting into runs/net".
 * Errors: `UserError` naming the process that holds the lock.
 */
export async function withLock<T>(
  folder: string,
  purpose: string,
  work: () => Promise<T>,
  { part, waitMs = 0 }: LockOptions = {},
): Promise<T> {
  const path = resolve(folder, lockName(part));
  const isNew = !existsSync(folder);
  const until = performance.now() + waitMs;
  let unlock: (() => void) | undefined;
  while (!unlock) {
    try {
      unlock = takeLock(path, purpose, { wanted: purpose });
    } catch (error) {
      if (!(error instanceof Held) || performance.now() >= until) throw error;
      await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    unlock();
    if (isNew) removeEmpty(folder);
  }
}

/** What is not empty is no trace, but a result. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {}
}

/**
 * Takes the lock of a process that is no more. Several may notice at once: who marks that very lock as taken over, and finds it still there
 * after that, is the one.
 */
function takeOver(path: string, mine: string, refusal: Refusal): void {
  const stale = textOf(path);
  const holder = holderOf(stale);
  if (stale !== undefined && (holder === undefined || isAlive(holder))) throw held(path, holder, refusal);
  const mark = `${path}.${sha256(stale ?? "").slice(0, 12)}`;
  if (!created(mark, mine)) {
    const taker = holderOf(textOf(mark));
    if (taker === undefined || isAlive(taker)) throw held(path, taker, refusal);
    rmSync(mark, { force: true }); // killed while it took over
    throw held(path, taker, refusal);
  }
  try {
    if (textOf(path) !== stale) throw held(path, holderOf(textOf(path)), refusal);
    replace(path, mine);
  } finally {
    rmSync(mark, { force: true });
  }
}

/** Makes the file with all its text at once, unless there is one. */
function created(path: string, text: string): boolean {
  const temporary = temporaryName(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST" && existsSync(path)) return false;
    throw fileProblem("locking", dirname(path), error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function replace(path: string, text: string): void {
  const temporary = temporaryName(path);
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw fileProblem("reading", path, error);
  }
}

function holderOf(text: string | undefined): Holder | undefined {
  try {
    const found = JSON.parse(text ?? "") as Holder;
    return Number.isInteger(found?.pid) && found.pid > 0 ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a holder still runs, as far as can be told: of another machine's, nothing can. */
function isAlive({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  const now = beginOf(pid);
  return began === "" || now === "" || now === began;
}

function beginOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "dead" : fields[19];
  } catch {
    return "";
  }
}

function held(path: string, holder: Holder | undefined, { wanted, remedy = "wait for it" }: Refusal): UserError {
  if (holder === undefined) {
    return new Held(
      `${wanted}: another process is at it; expected to be alone, try again, or delete ${path} if no milan runs`,
    );
  }
  const isHere = holder.host === hostname();
  return new Held(
    `${wanted}: process ${holder.pid}${isHere ? "" : ` on ${holder.host}`} is ${holder.purpose}; expected to be alone, ${remedy}` +
      (isHere ? "" : `, or, if it is gone, delete ${path}`),
  );
}
