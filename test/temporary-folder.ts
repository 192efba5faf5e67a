/**
 * One temporary folder for all tests of a run, gone when it ends, however it ends but by a kill. Tests remove what they make; what a failing or skipped
 * one leaves goes with the folder.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VARIABLES = process.platform === "win32" ? ["TEMP", "TMP"] : ["TMPDIR"];

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "milan-tests-"));
  const before = VARIABLES.map((name) => process.env[name]);
  for (const name of VARIABLES) process.env[name] = folder;
  return () => {
    for (const [i, name] of VARIABLES.entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
