/** What is in a folder, to be compared. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../src/base/hash.js";

/** SHA-256 of every file below a folder, by its path. */
export function contents(folder: string): Record<string, string> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(files.sort().map((name) => [name, sha256(readFileSync(join(folder, name)))]));
}
