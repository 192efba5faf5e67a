#!/usr/bin/env node
/** `milan` as a process: the program, its arguments and its exit code, which is 130 when it is interrupted. */
import { runMilan } from "./program.js";

// A reader that closes the pipe (`milan show RUN | head`) has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runMilan(process.argv.slice(2));
