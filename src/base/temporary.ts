/**
 * Files and folders under way: they grow under a name that says which process is at work, beside the name that they will have. What a killed process
 * left under such a name is removed by the next one that begins something in that folder.
 */
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { sha256 } from "./hash.js";
import { onInterruption } from "./interruption.js";
import { isRunning, type Process, thisProcess } from "./running.js";

// processes of several machines, or containers, may share a folder and have the same number
let serial = randomInt(2 ** 40);

/** Folders in which this process has begun files. */
const begunIn = new Set<string>();

/** A name beside `path` for a file or folder that will be renamed to it. @param owner default: this process. */
export function temporaryName(path: string, owner?: Process): string {
  if (owner === undefined) clearOnce(dirname(resolve(path)));
  return join(dirname(path), `.${basename(path)}.${tokenOf(owner ?? thisProcess())}-${serial++}.tmp`);
}

/** The first time that this process begins something in a folder: removes what killed ones left there. */
function clearOnce(folder: string): void {
  if (begunIn.has(folder)) return;
  if (begunIn.size === 0) onInterruption(removeOwn);
  begunIn.add(folder);
  removeIn(folder, false, isAbandoned);
}

const tokenOf = ({ host, pid, began }: Process) => `${sha256(host).slice(0, 6)}-${pid}-${began || "0"}`;
const TEMPORARY = /^\..*\.([0-9a-f]{6})-(\d+)-(\d+)-\d+\.tmp$/;
export const isTemporary = (name: string) => TEMPORARY.test(name);

/** Whether a name is one of something that a process of this machine began which is no more. */
function isAbandoned(name: string): boolean {
  const [, host, pid, began] = TEMPORARY.exec(name) ?? [];
  if (host === undefined || host !== sha256(hostname()).slice(0, 6)) return false;
  return !isRunning({ host: hostname(), pid: Number(pid), began: began === "0" ? "" : began });
}

/** Whether a name is one of something that a process of this machine is at. */
function isUnderWay(name: string): boolean {
  const [, host] = TEMPORARY.exec(name) ?? [];
  return host === sha256(hostname()).slice(0, 6) && !isAbandoned(name);
}

/** Removes what this process has begun and not finished. */
function removeOwn(): void {
  const own = tokenOf(thisProcess());
  for (const folder of begunIn) removeIn(folder, false, (name) => isTemporary(name) && name.includes(`.${own}-`));
}

/**
 * Removes what killed processes left half-written in a folder and in those below it: for who is alone there. What processes of other machines began
 * goes too, since none is at work.
 */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  removeIn(folder, true, (name) => isTemporary(name) && !name.startsWith("..milan-lock") && !isUnderWay(name));
}

/** Removes what is called so in a folder; what cannot be removed stays. */
function removeIn(folder: string, recursive: boolean, isCalledSo: (name: string) => boolean): void {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive, encoding: "utf8" });
  } catch {
    return;
  }
  for (const name of names) {
    if (!isCalledSo(basename(name))) continue;
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {}
  }
}
