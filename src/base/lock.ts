/**
 * One process at a time: a file that names who holds it. A holder that was killed leaves it behind; whoever comes next sees that it is gone and takes over, one of
 * however many. On another machine a process cannot be seen: its lock stands until it is let go or deleted by hand, and the message says so.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, fileProblem, UserError } from "./errors.js";
import { isLock, isRangeLock, lockName } from "./files.js";
import { sha256 } from "./hash.js";
import { onInterruption } from "./interruption.js";
import { parseJson } from "./json.js";
import { isRunning, type Process, thisProcess } from "./running.js";
import { temporaryName } from "./temporary.js";

interface Holder extends Process {
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
export class Held extends UserError {}

/** Takes the lock at `path`, and gives what lets it go. Errors: `UserError` that names the process which holds it. */
export function takeLock(path: string, purpose: string, refusal: Refusal): () => void {
  const mine = JSON.stringify({ ...thisProcess(), purpose } satisfies Holder);
  take(path, mine, refusal);
  const letGo = () => {
    if (holderOf(textOf(path))?.pid === process.pid) rmSync(path, { force: true });
  };
  const forget = onInterruption(letGo);
  return () => {
    forget();
    letGo();
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
  /** Of that part, when others may work on other ranges; whoever works on all of it is then alone. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
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
  { part, range, waitMs = 0 }: LockOptions = {},
): Promise<T> {
  const path = resolve(folder, lockName(part, range));
  const isNew = !existsSync(folder);
  const until = performance.now() + waitMs;
  let unlock: (() => void) | undefined;
  while (!unlock) {
    try {
      unlock = takeLock(path, purpose, { wanted: purpose });
      expectNoOther(folder, purpose, part, range !== undefined);
    } catch (error) {
      unlock?.();
      unlock = undefined;
      if (!(error instanceof Held) || performance.now() >= until) {
        if (isNew) removeEmpty(folder);
        throw error;
      }
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

/**
 * Does what a process left undone that was killed when its result was there, and lets go of its lock. Where nothing can be written, and while another process
 * is at it, nothing is done.
 */
export async function tidyUp(folder: string, work: () => Promise<void>, options: LockOptions = {}): Promise<void> {
  try {
    await withLock(folder, `tidying up ${folder}`, work, options);
  } catch (error) {
    if (!(error instanceof UserError) && codeOf(error) === undefined) throw error;
  }
}

/** Reads and writes a table while no other process does: it takes a moment, and others wait for it. @param path the table. */
export const withTableLock = <T>(path: string, work: () => Promise<T>): Promise<T> =>
  withLock(dirname(path), `writing ${path}`, work, { part: `writing-${basename(path)}`, waitMs: 10_000 });

/**
 * Whoever works on all is alone, whoever works on a range is not beside them. Looked for when the own lock is there already: of two that come at
 * once, one sees the other, or both do.
 */
function expectNoOther(folder: string, wanted: string, part: string | undefined, isRange: boolean): void {
  for (const name of readdirSync(folder)) {
    const isOther = isRange ? name === lockName(part) : isRangeLock(name, part);
    if (!isOther) continue;
    const path = resolve(folder, name);
    const holder = holderOf(textOf(path));
    if (holder && isRunning(holder)) throw held(path, holder, { wanted });
    if (holder && !isRange) takeLock(path, wanted, { wanted })(); // leaves nothing of who was killed at a range
  }
}

/** What is not empty is no trace, but a result. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {}
}

/** Takes a lock that is free, or that a process left which is no more. */
function take(path: string, mine: string, refusal: Refusal): void {
  while (!created(path, mine)) {
    const stale = textOf(path);
    if (stale === undefined) continue; // let go just now
    const holder = holderOf(stale);
    if (holder === undefined || isRunning(holder)) throw held(path, holder, refusal);
    takeOver(path, stale, mine, refusal);
    return;
  }
}

/**
 * Takes the lock of a process that is no more. Several may notice at once: who holds a lock on taking over that very lock, and finds it still there
 * after that, is the one. That second lock may have been left by a killed process, too, and is then taken over likewise.
 */
function takeOver(path: string, stale: string, mine: string, refusal: Refusal): void {
  const mark = `${path}.${sha256(stale).slice(0, 12)}`;
  take(mark, mine, refusal);
  try {
    const now = textOf(path);
    if (now !== stale) throw held(path, holderOf(now), refusal);
    replace(path, mine);
  } finally {
    rmSync(mark, { force: true });
  }
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || !isLock(name)) continue;
    const left = holderOf(textOf(join(dirname(path), name)));
    if (left && !isRunning(left)) rmSync(join(dirname(path), name), { force: true }); // killed when it had just taken over
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
    const found = parseJson(text ?? "") as Holder;
    const isSound = [found.host, found.began, found.purpose].every((each) => typeof each === "string");
    return Number.isInteger(found.pid) && found.pid > 0 && isSound ? found : undefined;
  } catch {
    return undefined;
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
