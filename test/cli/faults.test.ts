/** A handful of the kills of `scripts/faults.js`, by real processes: what is left at last is what an undisturbed run leaves. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { BUILT } from "./built.js";

const folder = mkdtempSync(join(tmpdir(), "milan-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(process.platform === "win32")(
  "killed at changes of the file system and gone on with",
  async () => {
    const only = ["dissect", "export --format milannotations", "annotate"];
    const options = ["--fast", "--kills", "1", "--seed", "5", "--only", only.join(","), "--work", folder];
    const env = { ...process.env, MILAN_DIST: BUILT };
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/faults.js", ...options], { env });
    // `dissect` is also the beginning of the shards' name; a command that is done before its moment has another trial
    expect(stdout).toMatch(/\n\| all \| \| \d \+ \d = [34] \| (\d+) \| \1 \| 0 \| \|\n$/);
  },
  300_000, // some twenty processes, on whatever else the machine does
);
