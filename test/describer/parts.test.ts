/** Descriptions in parts, and descriptions that were interrupted: the same table as in one go. */
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withLock } from "../../src/base/lock.js";
import { openAnnotatedSets } from "../../src/describer/annotated-set.js";
import { type DescribeRunOptions, describeRun } from "../../src/describer/describe-run.js";
import { openEncoder } from "../../src/describer/training/encoder-source.js";
import { trainDescriber } from "../../src/describer/training/train.js";
import type { Witness } from "../../src/describer/witness.js";
import { writeEyes, writeShapeSet } from "./training/shape-set.js";

const folder = mkdtempSync(join(tmpdir(), "milan-parts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

/** Two whole batches and some. */
const UNITS = 150;

beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  await writeShapeSet(at("known"), { units: 30, seed: 1 });
  await writeShapeSet(at("whole"), { units: UNITS, seed: 2 });
  await writeShapeSet(at("two"), { units: 80, seed: 3, layer: "layer1" });
  await writeShapeSet(at("two"), { units: 80, seed: 4, layer: "layer2" });
  rmSync(at("whole", "annotations.csv"));
  for (const name of ["parts", "killed", "other", "lost"]) cpSync(at("whole"), at(name), { recursive: true });
  const source = await openEncoder(at("eyes.onnx"), { layers: ["colours"] });
  const sets = await openAnnotatedSets([at("known")]);
  await trainDescriber(sets, source, {
    ...{ out: at("describer"), epochs: 2, batch: 32, length: 4, rare: 0, seed: 4, sizes: { embedding: 8, hidden: 12 } },
    now: () => performance.now(),
  });
  for (const { store } of sets) await store.close();
  await describing("whole");
}, 60_000);

const describing = (name: string, options: Partial<DescribeRunOptions> = {}) =>
  describeRun(at(name), { describer: at("describer"), beam: 8, ...options });

const tables = (name: string) =>
  ["descriptions.csv", "descriptions.jsonl"].map((file) => readFileSync(at(name, file), "utf8"));
const left = (name: string) => readdirSync(at(name)).filter((file) => file.includes("part") || file.startsWith("."));

test("parts, in any order, are put together by the last", async () => {
  const first = await describing("parts", { shard: { number: 3, of: 3 } });
  expect(first.descriptions).toHaveLength(UNITS - 128);
  expect(first.missing).toEqual([{ from: 0, to: 128 }]);
  const second = await describing("parts", { shard: { number: 1, of: 3 } });
  expect(second.missing).toEqual([{ from: 64, to: 128 }]);
  expect(left("parts").sort()).toEqual(["descriptions.part-0-64.jsonl", "descriptions.part-128-150.jsonl"]);
  const last = await describing("parts", { shard: { number: 2, of: 3 } });
  expect([last.missing, last.descriptions.length]).toEqual([[], UNITS]);
  expect(left("parts")).toEqual([]);
  expect(tables("parts")).toEqual(tables("whole"));
});

test("parts that are finished at the same time", async () => {
  rmSync(at("parts", "descriptions.csv"));
  await Promise.all([1, 2, 3].map((number) => describing("parts", { shard: { number, of: 3 } })));
  expect(left("parts")).toEqual([]);
  expect(tables("parts")).toEqual(tables("whole"));
});

/** Stops the work at a unit, as a kill would: nothing is tidied up behind it but the lock. */
const stoppingAt = (row: number, seen: number[]) => async (): Promise<Witness> => ({
  title: "nobody",
  testify: async (_layer, each, texts) => {
    seen.push(each);
    if (each === row) throw new Error("stopped");
    return texts.map(() => ({ contradicted: false }));
  },
});

test("interrupted, it goes on behind the last batch", async () => {
  const options = { witness: stoppingAt(-1, []) };
  await describing("other", options);
  const seen: number[] = [];
  await expect(describing("killed", { witness: stoppingAt(140, seen) })).rejects.toThrow("stopped");
  // a line that was cut, and one of the next batch
  const part = at("killed", "descriptions.part.jsonl");
  const [, ...lines] = readFileSync(part, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(128);
  appendFileSync(part, `${lines[0]}\n${lines[1].slice(0, 40)}`);
  // and features of which the last batch is not whole
  const features = at("killed", "descriptions.part.features");
  truncateSync(features, statSync(features).size - 10);
  seen.length = 0;
  await describing("killed", { witness: stoppingAt(-1, seen) });
  expect(Math.min(...seen)).toBe(128);
  expect(left("killed")).toEqual([]);
  expect(tables("killed")).toEqual(tables("other"));
});

test("what was described otherwise, or of other exemplars, is not gone on with", async () => {
  await expect(describing("killed", { witness: stoppingAt(140, []) })).rejects.toThrow("stopped");
  const seen: number[] = [];
  await describing("killed", { witness: stoppingAt(-1, seen), lambda: 0.5 });
  expect(Math.min(...seen)).toBe(0);
  await describing("lost", { shard: { number: 1, of: 3 } });
  const otherwise = { shard: { number: 2, of: 3 }, lambda: 0.5 };
  await expect(describing("lost", otherwise)).rejects.toThrow(/was made otherwise; .* delete it/);
  rmSync(at("lost", "descriptions.part-64-128.jsonl"));
  await describing("lost", { shard: { number: 3, of: 3 } });
  await expect(describing("lost", { shard: { number: 2, of: 2 } })).rejects.toThrow(/in another part/);
  writeFileSync(at("lost", "descriptions.part-0-64.jsonl"), "{}\n");
  await expect(describing("lost", { shard: { number: 2, of: 2 } })).rejects.toThrow(/part-0-64.jsonl: it is damaged/);
});

test("other layers are not gone on with, though they have as many units", async () => {
  await expect(describing("two", { layers: ["layer1"], witness: stoppingAt(70, []) })).rejects.toThrow("stopped");
  const { descriptions } = await describing("two", { layers: ["layer2"], witness: stoppingAt(-1, []) });
  expect(new Set(descriptions.map(({ layer }) => layer))).toEqual(new Set(["layer2"]));
});

test("refused before any work", async () => {
  await expect(describing("whole", { shard: { number: 1, of: 4 } })).rejects.toThrow(
    /4 shards: there are 150 units, 3 batches of 64/,
  );
  await expect(describing("whole", { shard: { number: 1, of: 2 }, meanings: "auto" })).rejects.toThrow(/leave one out/);
  await withLock(
    at("whole"),
    "describing elsewhere",
    async () => {
      await expect(describing("whole")).rejects.toThrow(
        new RegExp(`describing .*whole: process ${process.pid} is describing elsewhere; expected to be alone`),
      );
    },
    { part: "describing-descriptions.csv" },
  );
});
