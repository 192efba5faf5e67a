/** Which process: what locks and files under way are named after, so that those of a process that was killed can be told. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./errors.js";

export interface Process {
  readonly pid: number;
  readonly host: string;
  /** When it began, as the system counts it; "" where it does not tell. Numbers of processes are used again: in a container, each time. */
  readonly began: string;
}

/** This process. */
export const thisProcess = (): Process => ({ pid: process.pid, host: hostname(), began: beginOf(process.pid) });

/** Whether a process still runs, as far as can be told: of another machine's, nothing can, and it counts as running. */
export function isRunning({ pid, host, began }: Process): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0); // asks only
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
