/** Runs Milan's command line in a process of its own, and says how long it took and how much memory it held at most. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/**
 * Starts a command.
 * @returns the process; `finished`, with seconds, peak memory in bytes (0 where the system does not tell it: not Linux) and what it printed, which fails when the
 *   command fails; `onSample`, to be called about twenty times a second with the resident memory now and at most, in bytes, and what it printed so far.
 */
export function start(args) {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let listener = () => {};
  let peakBytes = 0;
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const finished = new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const status = statusOf(child.pid);
      if (status === undefined) return;
      peakBytes = Math.max(peakBytes, status.peak);
      listener(status, stderr);
    }, 50);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, peakBytes, stdout, stderr });
      else reject(new Error(`milan ${args.join(" ")}: exit code ${code}\n${stderr}`));
    });
  });
  finished.catch(() => {}); // whoever kills it knows
  return {
    child,
    finished,
    onSample(own) {
      listener = own;
    },
  };
}

/** Runs a command to its end. */
export const milan = (args) => start(args).finished;

function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
    return { now: of("VmRSS"), peak: of("VmHWM") };
  } catch {
    return undefined;
  }
}

export const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;

/** The machine's load, to be printed with every figure. */
export const load = () => `load ${loadavg()[0].toFixed(1)}`;
