// Compiles src/ to dist/ from scratch, so that a deleted source file leaves nothing behind.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
cpSync("src/explorer/page", "dist/explorer/page", { recursive: true });
cpSync("src/data/world/art.json.gz", "dist/data/world/art.json.gz");
cpSync("src/data/world/licences", "dist/data/world/licences", { recursive: true });
cpSync("src/language/syntax/model.bin", "dist/language/syntax/model.bin");
cpSync("src/data/labels/wordnet-names.json", "dist/data/labels/wordnet-names.json");
cpSync("src/builtin/assets", "dist/builtin/assets", { recursive: true });
chmodSync("dist/cli/main.js", 0o755);
