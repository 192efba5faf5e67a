/** Pictures that are passed over several times are decoded once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { openImages } from "../../../src/data/images/open.js";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { writeWorld } from "../../../src/data/world/folder.js";
import { imageProbe } from "../../../src/exemplars/probe.js";
import { Passes } from "../../../src/studies/ablation/passes.js";

const folder = mkdtempSync(join(tmpdir(), "milan-passes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a second pass has the pictures of the first, without reading them; without one, nothing is kept", async () => {
  await writeWorld(folder, { set: "world-objects", seed: 1, count: 7, size: 16 });
  const set = await openImages(folder);
  const read = { count: 0 };
  const counting = {
    ...set,
    entries: set.entries,
    read(index: number) {
      read.count++;
      return set.read(index);
    },
  };
  const probe = imageProbe(counting as typeof set, { ...IMAGENET, width: 16, height: 16 }, "image", silent);
  const order = Uint32Array.of(6, 2, 4, 0, 1);
  const passOf = async (passes: Passes) => {
    const found: [number[], number[]][] = [];
    for await (const { ids, feeds } of passes.pass())
      found.push([Array.from(ids), [...(feeds.image.data as Float32Array)]]);
    return found;
  };
  const repeated = new Passes(probe, order, 2, true);
  const first = await passOf(repeated);
  expect(first.map(([ids]) => ids)).toEqual([[6, 2], [4, 0], [1]]);
  expect(await passOf(repeated)).toEqual(first);
  expect(read.count).toBe(order.length);
  const single = new Passes(probe, order, 2, false);
  expect(await passOf(single)).toEqual(first);
  expect(await passOf(single)).toEqual(first);
  expect(read.count).toBe(3 * order.length);
  await set.close();
});
