/**
 * One process at a time: a file beside the study that names its holder. A holder that was killed leaves it behind; whoever comes next sees that
 * it is gone and takes over, one of however many.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf, fileProblem, UserError } from "../base/errors.js";
import { temporaryName } from "../base/files.js";
import { sha256 } from "../base/hash.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts it; "" where it does not tell. Numbers of processes are used again. */
  readonly began: string;
  /** What it is at: "serving the study at http://127.0.0.1:8000/". */
  readonly purpose: string;
}

/** Takes the lock at `path`, and gives what lets it go. Errors: `UserError` that names the process which holds it. */
export function takeLock(path: string, purpose: string): () => void {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), began: beginOf(process.pid), purpose });
  if (!created(path, mine)) takeOver(path, mine);
  return () => {
    if (holderOf(textOf(path))?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Says what a lock's holder does now. */
export function restate(path: string, purpose: string): void {
  const holder = holderOf(textOf(path));
  if (holder?.pid === process.pid) replace(path, JSON.stringify({ ...holder, purpose }));
}

/**
 * Takes the lock of a process that is no more. Several may notice at once: who marks that very lock as taken over, and finds it still there
 * after that, is the one.
 */
function takeOver(path: string, mine: string): void {
  const stale = textOf(path);
  const holder = holderOf(stale);
  if (stale !== undefined && (holder === undefined || isAlive(holder))) throw held(path, holder);
  const mark = `${path}.${sha256(stale ?? "").slice(0, 12)}`;
  if (!created(mark, mine)) {
    const taker = holderOf(textOf(mark));
    if (taker === undefined || isAlive(taker)) throw held(path, taker);
    rmSync(mark, { force: true }); // killed while it took over
    throw held(path, taker);
  }
  try {
    if (textOf(path) !== stale) throw held(path, holderOf(textOf(path)));
    replace(path, mine);
  } finally {
    rmSync(mark, { force: true });
  }
}

/** Makes the file with all its text at once, unless there is one. */
function created(path: string, text: string): boolean {
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, text);
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw fileProblem("writing", path, error);
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

function held(path: string, holder: Holder | undefined): UserError {
  const study = path.replace(/\.holder$/, "");
  if (holder === undefined) {
    return new UserError(
      `opening ${study}: another process is at it; expected to be alone, try again, or delete ${path} if no milan runs`,
    );
  }
  const elsewhere = holder.host === hostname() ? "" : ` on ${holder.host}`;
  return new UserError(
    `opening ${study}: process ${holder.pid}${elsewhere} is ${holder.purpose}; expected to be alone, stop it first, or ask it: its review page exports too`,
  );
}
