/** The command line in processes that go on beside the test, to be watched, stopped and killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll } from "vitest";
import { MAIN } from "../cli/milan.js";

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
});

export interface Spawned {
  /** Waits until it has said something that matches, and gives that. Errors: it ended without. */
  said(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it, and all that it said. */
  readonly ended: Promise<{ readonly code: number | string; readonly text: string }>;
}

/** Starts `milan` with these arguments. What it says is kept, on whichever stream. */
export function spawned(args: readonly string[], env: Readonly<Record<string, string>> = {}): Spawned {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  running.add(child);
  let text = "";
  const ended = new Promise<{ code: number | string; text: string }>((resolve) => {
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? signal!, text });
    });
  });
  const hear = (piece: Buffer) => {
    text += piece;
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text);
          if (found) resolve(found[0]);
          return found !== null;
        };
        if (look()) return;
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        child.on("close", () => look() || reject(new Error(`it ended without ${pattern}: ${text}`)));
      }),
  };
}
