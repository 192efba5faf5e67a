/** Runs Milan's command line in a process of its own, and says how long it took and how much memory it held at most. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/**
 * Starts a script of Node's.
 * @returns the process; `finished`, with seconds, seconds of processors, peak memory in bytes (0 where the system does not tell it: not Linux) and what it printed, which fails when the
 *   command fails; `onSample`, to be called about twenty times a second with the resident memory now and at most, in bytes, and what it printed so far.
 */
export function script(path, args) {
  const began = performance.now();
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let listener = () => {};
  let peakBytes = 0;
  let cpuSeconds = 0;
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
      cpuSeconds = Math.max(cpuSeconds, status.cpuSeconds);
      listener(status, stderr);
    }, 50);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, cpuSeconds, peakBytes, stdout, stderr });
      else reject(new Error(`${path} ${args.join(" ")}: exit code ${code}\n${stderr}`));
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

/** Starts a command of Milan's. */
export const start = (args) => script(MAIN, args);

/** Runs one to its end. */
export const milan = (args) => start(args).finished;

function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]); // of the user and of the system, a hundred a second
    return { now: of("VmRSS"), peak: of("VmHWM"), cpuSeconds: ticks / 100 };
  } catch {
    return undefined;
  }
}

export const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;

/** The machine's load, to be printed with every figure. */
export const load = () => `load ${loadavg()[0].toFixed(1)}`;
