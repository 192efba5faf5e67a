/** Checkpoints as files, which are gone after the tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { checkpointBytes } from "./forge.js";

const folder = mkdtempSync(join(tmpdir(), "milan-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let serial = 0;

/** Writes bytes to a temporary file and returns its path. */
export function temporary(bytes: Uint8Array): string {
  const path = join(folder, `${serial++}.pth`);
  writeFileSync(path, bytes);
  return path;
}

/** A checkpoint file with this pickle and one storage, `0`. */
export const checkpoint = (data: Uint8Array, storage?: Uint8Array): string => temporary(checkpointBytes(data, storage));
