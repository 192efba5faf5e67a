/** Shards: swept apart and added up in any order, they are the dissection in one piece, byte for byte. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { openSafetensors, writeSafetensors } from "../../src/engine/tensor/safetensors.js";
import { dissect, dissectShard } from "../../src/exemplars/dissect.js";
import { merge, mergeShard } from "../../src/exemplars/merge.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import type { Run } from "../../src/run/run.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";

const IMAGES = 46;
const folder = mkdtempSync(join(tmpdir(), "milan-shards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

const settings = { k: 5, layers: ["colours", "summary"], batchSize: 4, saveEveryMs: 0 };
const probe = (name = "pictures") => imageFolder(at(name), { mean: [0.5], std: [0.5] });

beforeAll(async () => {
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(IMAGES, 5), 64);
  // at the end of a batch, where one shard ends
  writeFileSync(at("pictures/0015.png"), "damaged");
  await (await dissect(await openModel(at("net.onnx")), probe(), { ...settings, out: at("whole") })).close();
});

const shard = async (number: number, of: number, out: string, more: Partial<typeof settings> = {}) =>
  dissectShard(await openModel(at("net.onnx")), probe(), { number, of }, { ...settings, ...more, out: at(out) });

/** SHA-256 of every file below a folder. */
function contents(name: string): Record<string, string> {
  const files = (readdirSync(at(name), { recursive: true }) as string[]).filter((each) =>
    statSync(at(name, each)).isFile(),
  );
  const hash = (each: string) =>
    createHash("sha256")
      .update(readFileSync(at(name, each)))
      .digest("hex");
  return Object.fromEntries(files.sort().map((each) => [each, hash(each)]));
}

const close = async (merged: Awaited<ReturnType<typeof merge>>) => (merged as Run).close();

test("shards of one folder, swept in any order", async () => {
  const ranges = [];
  for (const number of [3, 1, 2]) ranges.push(await shard(number, 3, "together"));
  expect(ranges.map(({ from, to }) => [from, to])).toEqual([
    [32, 46],
    [0, 16],
    [16, 32],
  ]);
  expect(ranges.map(({ skipped }) => skipped)).toEqual([[], [15], []]);
  await close(await merge([at("together")], { out: at("together") }));
  expect(contents("together")).toEqual(contents("whole"));
  // once finished, both have nothing to do
  const before = contents("together");
  await close(await merge([at("together")], { out: at("together") }));
  await shard(1, 3, "together");
  expect(contents("together")).toEqual(before);
});

test("maps made in parts, some of them, in any order; what a killed process left of one is made again", async () => {
  for (const number of [1, 2]) await shard(number, 2, "mapped");
  const made = [];
  for (const number of [3, 1]) made.push(await mergeShard([at("mapped")], { number, of: 3 }, { out: at("mapped") }));
  const all = made[0].of;
  expect(made[0].images + made[1].images).toBeLessThan(all);
  const parts = readdirSync(at("mapped", "layers", "colours")).sort();
  expect(parts).toHaveLength(2);
  rmSync(at("mapped", "layers", "summary", parts[1]));
  await close(await merge([at("mapped")], { out: at("mapped") }));
  expect(contents("mapped")).toEqual(contents("whole"));
  expect(await mergeShard([at("mapped")], { number: 1, of: 3 }, { out: at("mapped") })).toEqual({ images: 0, of: 0 });
});

test("all maps made in parts: nothing is left to be run", async () => {
  for (const number of [1, 2]) await shard(number, 2, "apart");
  for (const number of [1, 2]) await mergeShard([at("apart")], { number, of: 2 }, { out: at("apart") });
  await expect(mergeShard([at("apart")], { number: 1, of: 99 }, { out: at("apart") })).rejects.toThrow(
    /making maps in 99 shards: there are \d+ images/,
  );
  // the last step decodes no picture: the damaged one aside, they are not read
  for (const name of readdirSync(at("pictures")).filter((each) => /\.png$/.test(each))) {
    cpSync(at("pictures", name), at("blank", name));
    writeFileSync(at("blank", name), Buffer.alloc(statSync(at("pictures", name)).size));
  }
  await close(await merge([at("apart")], { out: at("apart"), probe: at("blank") }));
  const { "run.json": own, ...rest } = contents("apart");
  const { "run.json": others, ...expected } = contents("whole");
  expect(rest).toEqual(expected);
  expect(own).not.toBe(others); // it says where the pictures were
});

test("one batch a shard, each in its folder; parts merged first, in whatever order", async () => {
  const of = Math.ceil(IMAGES / settings.batchSize);
  const names = Array.from({ length: of }, (_, i) => `part-${i + 1}`);
  for (const [i, name] of names.entries()) await shard(i + 1, of, name);
  const folders = names.map((name) => at(name));
  const pick = (numbers: readonly number[]) => numbers.map((number) => folders[number]);
  const odd = await merge(pick([9, 1, 5, 3, 7, 11]), { out: at("odd"), partial: true });
  expect(odd).toMatchObject({ images: IMAGES });
  expect("covered" in odd && odd.covered).toHaveLength(6);
  const some = await merge([at("odd"), ...pick([4, 2])], { out: at("some"), partial: true });
  expect("covered" in some && some.covered.map(({ from, to }) => [from, to])).toEqual([
    [4, 24],
    [28, 32],
    [36, 40],
    [44, 46],
  ]);
  // into a folder of its own shards
  await merge([at("some"), ...pick([8])], { out: at("some"), partial: true });
  expect(readdirSync(at("some")).sort()).toEqual([
    "run.json",
    "sweep-28-40.safetensors",
    "sweep-4-24.safetensors",
    "sweep-44-46.safetensors",
  ]);
  await close(await merge([...pick([10, 0]), at("some"), folders[6]], { out: at("merged") }));
  expect(contents("merged")).toEqual(contents("whole"));
  await close(await merge(folders.toReversed(), { out: at("at-once") }));
  expect(contents("at-once")).toEqual(contents("whole"));
});

describe("refused, with nothing written", () => {
  beforeAll(async () => {
    for (const number of [1, 2, 4]) await shard(number, 4, "gaps");
    await shard(2, 3, "overlap");
    await shard(3, 4, "third");
  });

  const refused = async (names: string[], message: RegExp, more: object = {}) => {
    await expect(
      merge(
        names.map((name) => at(name)),
        { out: at("refused"), ...more },
      ),
    ).rejects.toThrow(message);
    expect(existsSync(at("refused"))).toBe(false);
  };

  test("gaps and overlaps", async () => {
    await refused(["gaps"], /images 24 to 35 of 46 are in no shard/);
    await refused(["gaps", "overlap"], /have seen images 16 to 23/);
    await refused(["gaps", "gaps"], /named twice/);
    cpSync(at("third"), at("again"), { recursive: true });
    await refused(["third", "gaps", "again"], /have seen images 24 to 35/);
  });

  test("shards of something else, or none", async () => {
    await shard(3, 4, "deeper", { k: 6 });
    await refused(["gaps", "deeper"], /made with another k/);
    await shard(2, 4, "other-batches", { batchSize: 3 });
    await refused(["third", "other-batches"], /in batches of 4, .* of 3|in batches of 3, .* of 4|have seen/, {
      partial: true,
    });
    await refused(["gaps", "whole"], /finished run/);
    await expect(shard(1, 99, "many")).rejects.toThrow(/99 shards: there are 46 images, 12 batches of 4/);
    expect(existsSync(at("many"))).toBe(false);
    const model = await openModel(at("net.onnx"));
    await expect(dissect(model, probe(), { ...settings, out: at("gaps") })).rejects.toThrow(/holds shards/);
  });

  test("an unfinished shard, and a damaged one", async () => {
    const path = at("third", "sweep-24-36.safetensors");
    const file = await openSafetensors(path);
    const arrays = new Map(await Promise.all(file.names.map(async (name) => [name, await file.read(name)] as const)));
    await file.close();
    cpSync(at("third"), at("half"), { recursive: true });
    await writeSafetensors(at("half", "sweep-24-36.safetensors"), arrays, { ...file.metadata, done: "28" });
    await refused(["gaps", "half"], /images 28 to 35 are still to be seen/);
    cpSync(at("third"), at("damaged"), { recursive: true });
    const damaged = at("damaged", "sweep-24-36.safetensors");
    await writeSafetensors(damaged, arrays, { ...file.metadata, skipped: "[7000]" });
    await refused(["gaps", "damaged"], /is damaged/);
    arrays.delete("1.counts");
    await writeSafetensors(damaged, arrays, file.metadata);
    await expect(merge([at("gaps"), at("damaged")], { out: at("fits") })).rejects.toThrow(/does not fit the run/);
    writeFileSync(damaged, "no tensors");
    await refused(["gaps", "damaged"], /damaged/);
  });

  test("pictures that changed since", async () => {
    cpSync(at("pictures"), at("changed"), { recursive: true });
    cpSync(at("pictures/0001.png"), at("changed/0002.png"));
    await expect(merge([at("gaps"), at("third")], { out: at("elsewhere"), probe: at("changed") })).rejects.toThrow(
      /another probe set; say where/,
    );
  });
});

test("a shard that was interrupted goes on, and what a killed merge had added up counts once", async () => {
  const out = at("stopped");
  const model = await openModel(at("net.onnx"));
  const stopped = { ...settings, out, progress: { ...quiet, update: stopAt(8) } };
  await expect(dissectShard(model, probe(), { number: 3, of: 4 }, stopped)).rejects.toThrow("stopped");
  await expect(merge([out], { out, partial: true })).rejects.toThrow(/images 28 to 35 are still to be seen/);
  await shard(3, 4, "stopped");
  await shard(2, 4, "stopped");
  // the sum is written before its parts go, so a kill between leaves both
  const parts = ["sweep-12-24.safetensors", "sweep-24-36.safetensors"];
  for (const part of parts) cpSync(at("stopped", part), at(part));
  await merge([out], { out, partial: true });
  expect(readdirSync(out).sort()).toEqual(["run.json", "sweep-12-36.safetensors"]);
  for (const part of parts) cpSync(at(part), at("stopped", part));
  for (const number of [1, 4]) await shard(number, 4, "stopped");
  await close(await merge([out], { out }));
  expect(contents("stopped")).toEqual(contents("whole"));
});

const quiet = { begin() {}, end() {}, warn() {} };
function stopAt(image: number) {
  return (done: number) => {
    if (done >= image) throw new Error("stopped");
  };
}
