/** Same inputs, same bytes: again, and with other numbers of threads (`scripts/determinism.js` measures larger networks). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { expectDone, milan, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();
beforeAll(prepare);

/** The files of a folder, by path. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length), readFileSync(path).toString("latin1")];
    }),
  );
}

async function dissected(name: string, ...more: string[]): Promise<Map<string, string>> {
  const options = ["--images", at("pictures"), "--k", "5", ...NORMALISED, ...more];
  expectDone(await milan("dissect", at("net.onnx"), "--out", at(name), ...options));
  return contents(at(name));
}

test("a dissection", async () => {
  const once = await dissected("once", "--threads", "1");
  expect(once.size).toBeGreaterThan(6);
  expect(await dissected("again", "--threads", "1")).toEqual(once);
  expect(await dissected("threads", "--threads", "2")).toEqual(once);
  expect(await dissected("saved", "--threads", "4", "--save-every", "0")).toEqual(once);
});
