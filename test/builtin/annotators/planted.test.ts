/** Planted units do what was drawn for them: their regions show it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { annotateStore } from "../../../src/builtin/annotators/annotate.js";
import { plantedNetwork } from "../../../src/builtin/annotators/planted.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { openWorldFolder, writeWorld } from "../../../src/data/world/folder.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";

const folder = mkdtempSync(join(tmpdir(), "milan-planted-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const SIZE = 32;

test("the regions of a planted unit show what it was planted for, and are annotated like any others", async () => {
  await writeWorld(at("world"), { set: "world-objects", count: 120, seed: 3, size: SIZE });
  const source = await openWorldFolder(at("world"));
  const options = { units: 8, seed: 1, size: SIZE };
  const { model, queries } = await plantedNetwork(at("world"), source, options);
  expect(new Set(queries.map((query) => JSON.stringify(query))).size).toBe(8);
  expect((await plantedNetwork(at("world"), source, options)).queries).toEqual(queries);
  await writeModel(model, at("planted.onnx"));
  const subject = await openModel(at("planted.onnx"));
  const probe = imageFolder(at("world"));
  const run = await dissect(subject, probe, { out: at("run"), layers: ["units"], k: 5, quantile: 0.99 });
  await run.close();
  const store = await openExemplars(at("run"), at("world"));
  const [layer] = store.layers;
  const shares: number[] = [];
  for (const [row, unit] of layer.units.entries()) {
    let [inside, area] = [0, 0];
    for (let rank = 0; rank < store.k; rank++) {
      const mask = await store.mask(layer, row, rank);
      const labels = await source.labels(store.imageName(layer.images[row * store.k + rank])!, SIZE);
      const is = evaluate(queries[unit], labels);
      for (let i = 0; i < mask.length; i++) inside += mask[i] & is[i];
      area += mask.reduce((sum, value) => sum + value, 0);
    }
    shares.push(inside / area);
  }
  // cells are coarse, so thin things do not fill the regions; a question true of these pictures at random holds of a tenth of them
  expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.4);
  const annotations = await annotateStore(store, source, { seed: 0, sample: 20 });
  expect(annotations.length).toBe(24);
  await store.close();
}, 60_000);
