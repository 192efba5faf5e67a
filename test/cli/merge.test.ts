/** `milan dissect --shard` and `milan merge`, as typed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerDissect } from "../../src/cli/dissect.js";
import { registerMerge } from "../../src/cli/merge.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(20, 5), 64);
});

const dissect = (out: string, ...more: string[]) =>
  run(registerDissect, ["dissect", at("net.onnx"), "--images", at("pictures"), "--out", at(out), ...more]);

test("parts in two folders make the run that one command makes", async () => {
  await dissect("whole", "--k", "3");
  expect(await dissect("first", "--k", "3", "--shard", "1/2")).toBe(
    `${at("first")}: images 0 to 7; when all parts are there: milan merge ${at("first")}\n`,
  );
  const said = JSON.parse(await dissect("second", "--k", "3", "--shard", "2/2", "--json"));
  expect(said).toEqual({ run: at("second"), from: 8, to: 20, skipped: 0 });
  const partly = await run(registerMerge, ["merge", at("second"), "--partial"]);
  expect(partly).toBe(`${at("second")}: images 8 to 19 of 20; merge it with the rest when that is there\n`);
  await expect(run(registerMerge, ["merge", at("first"), at("second")])).rejects.toThrow(/say where .* with --out/);
  const folders = ["merge", at("second"), at("first"), "--out", at("run")];
  expect(await run(registerMerge, [...folders, "--shard", "1/2"])).toMatch(
    /^\S+: maps of \d+ of \d+ images; when all parts are there: milan merge \S+second \S+first --out \S+run\n$/,
  );
  const merged = JSON.parse(
    await run(registerMerge, ["merge", at("second"), at("first"), "--out", at("run"), "--json"]),
  );
  expect(merged).toMatchObject({ run: at("run"), images: 20, skipped: 0 });
  expect(readFileSync(join(at("run"), "run.json"), "utf8")).toBe(readFileSync(join(at("whole"), "run.json"), "utf8"));
});

test.each(["0/2", "3/2", "1", "1/0", "a/b", "-1/2"])("a part called %s is none", async (name) => {
  // commander says so and leaves
  await expect(dissect("none", "--shard", name)).rejects.toThrow(/from 1\/n to n\/n|exit/);
});
