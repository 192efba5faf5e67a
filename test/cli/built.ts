/**
 * The compiled library, which child processes run. `npm test` builds before it tests; where `dist/` is absent, or older than
 * the source, a build of its own in a temporary folder stands in, so that no test looks at yesterday's code.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the compiled library. */
export const BUILT = isFresh(join(ROOT, "dist")) ? join(ROOT, "dist") : build();

function isFresh(dist: string): boolean {
  const main = join(dist, "cli", "main.js");
  if (!existsSync(main)) return false;
  const builtMs = statSync(main).mtimeMs;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true }) as string[];
  return sources.every((file) => statSync(join(ROOT, "src", file)).mtimeMs <= builtMs);
}

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), "milan-built-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, "dist");
  spawnSync(process.execPath, [join(ROOT, "scripts", "build.js"), dist], { stdio: "inherit" });
  copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  return dist;
}
