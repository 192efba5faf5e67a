/** A describer knows the kind of exemplars it learned from, and says when it is shown others. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { Random } from "../../../src/base/random.js";
import { openAnnotatedSets } from "../../../src/describer/annotated-set.js";
import { describe } from "../../../src/describer/describe.js";
import { loadDescriber } from "../../../src/describer/describer.js";
import { openDescriberFiles, saveDescriber } from "../../../src/describer/directory.js";
import { distanceOf } from "../../../src/describer/familiarity.js";
import { openEncoder } from "../../../src/describer/training/encoder-source.js";
import { trainDescriber } from "../../../src/describer/training/train.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../../src/engine/tensor/npy.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { K, SIZE, writeEyes, writeShapeSet } from "./shape-set.js";

const folder = mkdtempSync(join(tmpdir(), "milan-familiarity-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  await writeShapeSet(at("known"), { units: 240, seed: 1 });
  await writeShapeSet(at("alike"), { units: 120, seed: 2 });
  const source = await openEncoder(at("eyes.onnx"), { layers: ["colours", "edges"] });
  const sets = await openAnnotatedSets([at("known")]);
  await trainDescriber(sets, source, {
    ...{ out: at("describer"), epochs: 1, rare: 0, length: 4, seed: 3, holdOut: 0.2, now: () => performance.now() },
    sizes: { embedding: 8, hidden: 12 },
  });
  for (const { store } of sets) await store.close();
}, 120_000);

/** Writes exemplars with masks like those of shapes, a disc near the middle, but other pictures. */
async function writeOthers(
  name: string,
  units: number,
  draw: (random: Random) => (channel: number, x: number, y: number) => number,
) {
  const random = new Random(9);
  const area = SIZE ** 2;
  const images = new Uint8Array(units * K * 3 * area);
  const masks = new Uint8Array(units * K * area);
  for (let at = 0; at < units * K; at++) {
    const picture = draw(random);
    const [cx, cy] = [0, 1].map(() => SIZE * (0.35 + 0.3 * random.uniform()));
    for (let i = 0; i < area; i++) {
      const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
      for (let c = 0; c < 3; c++) images[(at * 3 + c) * area + i] = Math.max(0, Math.min(255, picture(c, x, y)));
      masks[at * area + i] = Number(Math.hypot(x - cx, y - cy) < 9);
    }
  }
  mkdirSync(at(name, "layer1"), { recursive: true });
  await writeNpy(at(name, "layer1", "images.npy"), ndarray("uint8", [units, K, 3, SIZE, SIZE], images));
  await writeNpy(at(name, "layer1", "masks.npy"), ndarray("uint8", [units, K, 1, SIZE, SIZE], masks));
}

/** Describes a set; gives the share of unfamiliar units, and what was warned of. */
async function shown(name: string, describer = at("describer")) {
  const opened = await loadDescriber(describer);
  const store = await openExemplars(at(name));
  const warnings: string[] = [];
  const progress = { ...silent, warn: (message: string) => void warnings.push(message) };
  let [units, unfamiliar] = [0, 0];
  for await (const { doubts } of describe(store, opened, { search: "greedy", progress })) {
    units += 1;
    if (doubts.includes("unfamiliar")) unfamiliar += 1;
  }
  await Promise.all([opened.close(), store.close()]);
  return { share: unfamiliar / units, warnings };
}

test("its own kind is familiar, and nothing is said", async () => {
  const { share, warnings } = await shown("alike");
  expect(share).toBeLessThan(0.06);
  expect(warnings).toEqual([]);
});

test.each<[string, (random: Random) => (channel: number, x: number, y: number) => number]>([
  ["noise", (random) => () => random.integer(256)],
  [
    "clouds, smooth in all colours, as photographs are in large",
    (random) => {
      const waves = Array.from({ length: 12 }, () => ({
        ...{ fx: 0.5 * random.normal(), fy: 0.5 * random.normal(), phase: 6.3 * random.uniform() },
        tint: [0, 1, 2].map(() => 25 * random.normal()),
      }));
      const level = [0, 1, 2].map(() => 60 + 140 * random.uniform());
      return (c, x, y) =>
        level[c] + waves.reduce((sum, w) => sum + w.tint[c] * Math.sin(w.fx * x + w.fy * y + w.phase), 0);
    },
  ],
  [
    "white pages with a black line",
    (random) => {
      const row = 8 + random.integer(16);
      return (_, __, y) => (Math.abs(y - row) < 2 ? 10 : 250);
    },
  ],
])("%s: unfamiliar, and said once in one line", async (name, draw) => {
  await writeOthers(name, 20, draw);
  const { share, warnings } = await shown(name);
  expect(share).toBeGreaterThan(0.8);
  expect(warnings.length).toBe(1);
  expect(warnings[0]).toMatch(
    /^describing: the exemplars of \d+ of 20 units are unlike those .*\(doubt: unfamiliar\)$/,
  );
});

test("a describer without such a memory is read as before and says nothing", async () => {
  const { familiarity, ...others } = await openDescriberFiles(at("describer"));
  expect(familiarity!.limit).toBeGreaterThanOrEqual(familiarity!.quantiles[2]);
  await saveDescriber(others, at("forgetful"));
  expect(readFileSync(at("forgetful", "config.json"), "utf8")).not.toContain('"familiarity"');
  expect(await shown("noise", at("forgetful"))).toEqual({ share: 0, warnings: [] });
});

test("a damaged memory is an error in one line", async () => {
  await saveDescriber(await openDescriberFiles(at("describer")), at("damaged"));
  const path = at("damaged", "config.json");
  writeFileSync(path, readFileSync(path, "utf8").replace(/"limit": [\d.]+/, '"limit": "far"'));
  await expect(openDescriberFiles(at("damaged"))).rejects.toThrow(/`familiarity.limit` is "far"; expected a number/);
});

test("vectors of empty masks do not count", async () => {
  const { familiarity } = await openDescriberFiles(at("describer"));
  const size = familiarity!.mean.data.length;
  const one = Float32Array.from(familiarity!.mean.data, (m, i) => m + familiarity!.deviation.data[i]);
  const two = new Float32Array(2 * size);
  two.set(one, size);
  expect(distanceOf(familiarity!, two)).toBe(distanceOf(familiarity!, one));
  expect(distanceOf(familiarity!, new Float32Array(size))).toBeNaN();
});
