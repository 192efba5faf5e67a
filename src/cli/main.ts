#!/usr/bin/env node
/** `milan` as a process: the program, its arguments, its exit code, and what it does when it is interrupted. */
import { isInterruptionAwaited, tidyUp } from "../base/interruption.js";
import { howToGoOn, runMilan } from "./program.js";

// A reader that closes the pipe (`milan show RUN | head`) has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted(signal));

/**
 * Ends as whoever does not listen to the signal ends, so that a shell ends its loop as well, and says 130 or 143: but locks are let go, and a line
 * says how to go on. A second signal is not listened to.
 */
function interrupted(signal: NodeJS.Signals): void {
  if (isInterruptionAwaited()) return;
  const said = howToGoOn();
  if (said !== undefined)
    process.stderr.write(`${process.stderr.isTTY ? "\r\x1b[2K" : ""}milan: interrupted; ${said}\n`);
  tidyUp();
  process.kill(process.pid, signal);
}

process.exitCode = await runMilan(process.argv.slice(2));
