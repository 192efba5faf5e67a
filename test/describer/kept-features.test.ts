/** Features kept on disk: those of whole batches, of the same units only. */
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { KeptFeatures } from "../../src/describer/kept-features.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";

const folder = mkdtempSync(join(tmpdir(), "milan-kept-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "features");
const [these, others] = ["a".repeat(64), "b".repeat(64)];
const batch = (rows: number, first: number) =>
  ndarray(
    "float32",
    [rows, 1, 3],
    Float32Array.from({ length: 3 * rows }, (_, i) => first + i / 7),
  );

async function keptOf(of: string, rows: readonly number[]) {
  const kept = await KeptFeatures.open(path, of);
  const count = kept.agreeing(rows);
  const batches = [];
  for (let i = 0; i < count; i++) batches.push(await kept.read(i));
  return { kept, batches };
}

test("batches come back as they were; what is cut, changed or of others does not", async () => {
  const all = [batch(2, 0), batch(4, 10), batch(1, 20)];
  const rows = all.map(({ shape }) => shape[0]);
  const { kept } = await keptOf(these, rows);
  for (const each of all) await kept.add(each);
  await kept.close();
  const whole = readFileSync(path);
  const found = async (of = these, wanted: readonly number[] = rows) => {
    const { kept: again, batches } = await keptOf(of, wanted);
    await again.close();
    return batches;
  };
  expect(await found()).toEqual(all);
  expect(await found(these, [2, 3, 1])).toEqual(all.slice(0, 1));
  for (const missing of [1, 12, 30]) {
    writeFileSync(path, whole);
    truncateSync(path, whole.length - missing);
    expect(await found()).toEqual(all.slice(0, 2));
  }
  const changed = Buffer.from(whole);
  changed[whole.length - 2] ^= 1;
  writeFileSync(path, changed);
  const { kept: torn, batches } = await keptOf(these, rows);
  expect(batches).toEqual(all.slice(0, 2));
  await torn.add(all[2]);
  await torn.close();
  expect(readFileSync(path).equals(whole)).toBe(true);
  expect(await found(others)).toEqual([]);
  await (await keptOf(others, rows)).kept.remove();
  expect(existsSync(path)).toBe(false);
});
