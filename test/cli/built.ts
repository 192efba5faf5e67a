/**
 * The compiled library, which child processes run. `npm test` builds before it tests; where `dist/` is absent, or older than
 * the source, a build in the temporary folder of this run of tests stands in, so that no test looks at yesterday's code.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../src/base/lock.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the compiled library. */
export const BUILT = isFresh(join(ROOT, "dist")) ? join(ROOT, "dist") : await build();

function isFresh(dist: string): boolean {
  const main = join(dist, "cli", "main.js");
  if (!existsSync(main)) return false;
  const builtMs = statSync(main).mtimeMs;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true }) as string[];
  return sources.every((file) => statSync(join(ROOT, "src", file)).mtimeMs <= builtMs);
}

/** Builds unless another test file has. */
async function build(): Promise<string> {
  const folder = join(tmpdir(), "milan-built");
  const dist = join(folder, "dist");
  const work = async () => {
    if (isFresh(dist)) return;
    mkdirSync(folder, { recursive: true });
    execFileSync(process.execPath, [join(ROOT, "scripts", "build.js"), dist], { stdio: "inherit" });
    copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
    const modules = join(folder, "node_modules");
    if (!existsSync(modules)) symlinkSync(join(ROOT, "node_modules"), modules, "junction");
  };
  await withLock(tmpdir(), "building the library", work, { part: "milan-built", waitMs: 600_000 });
  return dist;
}
