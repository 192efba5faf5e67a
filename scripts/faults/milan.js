/** `milan` as processes: once to its end, or under way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
/** The compiled program; `MILAN_DIST` names another folder than `dist/`. */
export const DIST = process.env.MILAN_DIST ?? fileURLToPath(new URL("dist", ROOT));
export const ASSETS = fileURLToPath(new URL("src/builtin/assets", ROOT));
const HOOK = fileURLToPath(new URL("kill-at-write.cjs", import.meta.url));

/** Starts a command. `ended` gives `code`, `signal`, `stderr`, `stdout` and how long it took. */
export function start(args, env = {}) {
  const began = performance.now();
  const child = spawn(process.execPath, ["--require", HOOK, `${DIST}/cli/main.js`, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MILAN_THREADS: "1", ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = once(child, "close").then(([code, signal]) => ({
    ...{ code, signal, stdout, stderr, ms: performance.now() - began },
  }));
  return { child, ended, said: () => stdout };
}

/** Runs a command to its end. Errors: when it does not end well. */
export async function milan(...args) {
  const { code, signal, stderr, stdout, ms } = await start(args).ended;
  if (code !== 0) throw new Error(`milan ${args.join(" ")}: ${code ?? signal}\n${stderr}`);
  return { stdout, stderr, ms };
}
