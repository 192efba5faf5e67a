/** Runs the built command line as a user would: a process of its own. `npm test` builds before it tests. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

if (!existsSync(MAIN)) throw new Error("the command line is not built; run `npm run build` first");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function milan(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

/** Starts the command and kills it, with no chance to clean up, once its standard error matches. */
export function milanKilledAt(pattern: RegExp, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.on("data", (piece: Buffer) => {
      text += piece;
      if (pattern.test(text)) child.kill("SIGKILL");
    });
    child.on("close", () => resolve(text));
  });
}
