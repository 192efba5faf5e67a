// Compiles src/ to dist/, or to the folder that is named, from scratch, so that a deleted source file leaves nothing behind. What is no TypeScript
// (pages, tables, weights) is copied; the pages of src/web are bundled.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const out = resolve(process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url)));
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
rmSync(out, { recursive: true, force: true });
const options = ["-p", "tsconfig.build.json", "--outDir", out];
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", ...options], { stdio: "inherit" });
const isWeb = (path) => /^src[/\\]web([/\\]|$)/.test(path);
cpSync("src", out, { recursive: true, filter: (path) => !/\.(ts|proto)$/.test(path) && !isWeb(path) });
await build({ configFile: "src/web/vite.config.ts", build: { outDir: join(out, "web") } });
chmodSync(join(out, "cli/main.js"), 0o755);
