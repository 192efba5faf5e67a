/** `milan baseline` on the made world: a network made by hand, whose units are for colours. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerBaseline } from "../../src/cli/baseline.js";
import { writeWorld } from "../../src/data/world/folder.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-baseline-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeModel(handMadeNetwork(32), at("net.onnx"));
  await writeWorld(at("world"), { set: "world-objects", count: 80, seed: 1, size: 32 });
  const images = imageFolder(at("world"), { mean: [0.5], std: [0.5] });
  const dissected = await dissect(await openModel(at("net.onnx")), images, {
    ...{ out: at("run"), layers: ["colours"], k: 5, quantile: 0.95 },
  });
  await dissected.close();
});

const baseline = (...options: string[]) => run(registerBaseline, ["baseline", ...options]);

const rows = (name: string) =>
  parse(readFileSync(at(`run/${name}.csv`), "utf8"), { columns: true }) as Record<string, string>[];

test("netdissect names colours by the pictures the run was made with, and counts detectors", async () => {
  const text = await baseline("netdissect", at("run"), "--world", at("world"), "--categories", "colour");
  expect(text).toMatch(/^layer\s+units\s+detectors\s+concepts\s+by category\s+mean IoU\n/);
  expect(text).toMatch(/\ncolours\s+6\s+[3-6]\s+\d\s+colour [3-6]\s+0\.\d{3}\n/);
  const labels = rows("netdissect").map(({ description }) => description);
  // red, green, blue, yellow, white, black; the unit for red is for orange as well
  expect(["red", "orange"]).toContain(labels[0]);
  expect(labels.slice(1)).toEqual(["green", "blue", "yellow", "white", "black"]);
});

test("compexp's formulas overlap no less than single concepts, and are words", async () => {
  const { layers } = JSON.parse(await baseline("compexp", at("run"), "--world", at("world"), "--json"));
  expect(layers[0].iou).toBeGreaterThanOrEqual(layers[0].conceptIou);
  const found = rows("compexp");
  expect(found).toHaveLength(6);
  for (const { iou, concept_iou: single, description } of found) {
    expect(Number(iou)).toBeGreaterThanOrEqual(Number(single));
    expect(description).toMatch(/^[\w ()]+$/);
  }
  expect(found.some(({ description }) => / (?:or|and) /.test(description))).toBe(true);
});

test("refuses unknown categories and layers, and says which labels it wants", async () => {
  await expect(baseline("netdissect", at("run"), "--world", at("world"), "--categories", "smell")).rejects.toThrow(
    /no category smell; expected some of object, part/,
  );
  await expect(baseline("netdissect", at("run"))).rejects.toThrow(/expected one of --world FOLDER/);
  await expect(baseline("netdissect", at("run"), "--world", at("world"), "--layers", "conv9")).rejects.toThrow(/conv9/);
});
