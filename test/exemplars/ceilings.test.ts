/** Units whose activations end at a ceiling that many positions reach. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import type { OnnxModel } from "../../src/engine/onnx/model.js";
import { dissect, dissectShard } from "../../src/exemplars/dissect.js";
import { merge } from "../../src/exemplars/merge.js";
import { runExemplars } from "../../src/exemplars/store.js";
import { openModel } from "../../src/exemplars/subject.js";
import { maskLevel } from "../../src/exemplars/tail.js";
import { readManifest } from "../../src/run/manifest.js";
import type { Run } from "../../src/run/run.js";
import { layoutFor } from "../../src/studies/described-run.js";
import { dissected as dissectedPatches, floats, folder, HEIGHT, patches, WIDTH } from "./patches.js";

const open: Run[] = [];
afterEach(async () => {
  for (const run of open.splice(0)) await run.close();
});

async function dissected(...parameters: Parameters<typeof dissectedPatches>): Promise<Run> {
  open.push(await dissectedPatches(...parameters));
  return open.at(-1)!;
}

/**
 * Brightness of every pixel times `gain`, through ReLU6 ("ends") and through a gate that ends at 6 as well and shows nothing of what it cut off ("gate"). The
 * darkest patch has 100 / 255: by a gain of 40 all of them are far above 6.
 */
function clipped(gain: number): OnnxModel {
  const g = new GraphBuilder("clipped");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const loud = g.node("Conv", [image, g.constant(floats([1, 3, 1, 1], [gain / 3, gain / 3, gain / 3]))], {}, ["loud"]);
  const limits = [0, 6].map((limit) => g.constant(floats([], [limit])));
  g.node("Clip", [loud, ...limits], {}, ["ends"]);
  // the same values as "ends", from a sum that ends nowhere itself
  g.node("Add", [g.node("Clip", [loud, ...limits]), g.constant(floats([1], [0]))], {}, ["gate"]);
  g.output("gate", "gate", "float32", ["batch", 1, HEIGHT, WIDTH]);
  g.output("ends", "ends", "float32", ["batch", 1, HEIGHT, WIDTH]);
  return g.build();
}

/** Share of the best exemplar's patch that its mask covers, and how much of the mask lies elsewhere. */
async function coverage(run: Run, rank = 0) {
  const store = await runExemplars(run);
  const [layer] = store.layers;
  const id = layer.images[rank];
  const mask = await store.mask(layer, 0, rank);
  await store.close();
  const [top, left] = [8 * (id % 2), 8 * (id % 4)];
  let [inside, outside] = [0, 0];
  for (const [at, value] of mask.entries()) {
    const [y, x] = [Math.floor(at / WIDTH) - top, (at % WIDTH) - left];
    if (y >= 0 && y < 8 && x >= 0 && x < 8) inside += value / 64;
    else outside += value;
  }
  return { inside, outside };
}

test("before its ceiling, images that reach it are ranked, and the masks are where the unit is most active", async () => {
  const run = await dissected(clipped(40), "lifted", { layers: ["ends"], quantile: 0.95 });
  const layer = run.layer("ends");
  expect(layer.ceiling).toEqual({ at: 6, before: "loud", rectified: true });
  expect(Array.from(layer.ids)).toEqual([11, 10, 9]);
  expect(layer.activations[0]).toBeCloseTo((40 * 210) / 255, 3);
  // a twenty-fourth of a picture is bright, by twelve pictures; the level is among the brightest
  expect(layer.levels[0]).toBeGreaterThan(6);
  expect(layoutFor(layer)).toMatchObject({ ceiling: layer.ceiling });
  const { inside, outside } = await coverage(run);
  expect(inside).toBeGreaterThan(0.7);
  expect(outside).toBe(0);
});

test("a unit that never reaches its ceiling is measured the same, to the bit", async () => {
  const lifted = await dissected(clipped(2), "low-lifted", { layers: ["ends"] });
  const kept = await dissected(clipped(2), "low-kept", { layers: ["ends"], ceiling: "keep" });
  const of = ({ layers: [{ ids, activations, levels }] }: Run) => ({ ids, activations, levels });
  expect(of(lifted)).toEqual(of(kept));
  expect(kept.layers[0].ceiling).toBeUndefined();
  expect(await lifted.map(lifted.layers[0], 0, 0)).toEqual(await kept.map(kept.layers[0], 0, 0));
});

test.each([
  ["ends", "keep"],
  ["gate", "lift"],
] as const)(
  "behind a ceiling (%s, %s) what reaches it is masked, though nothing exceeds it",
  async (layer, ceiling) => {
    const run = await dissected(clipped(40), `behind-${layer}`, { layers: [layer], quantile: 0.9, ceiling });
    const { levels, ids, activations } = run.layer(layer);
    expect(Array.from(activations)).toEqual([6, 6, 6]);
    expect(Array.from(ids)).toEqual([0, 1, 2]); // ties go to the smaller id
    expect(levels[0]).toBeLessThan(6);
    expect(levels[0]).toBeGreaterThan(5.99999);
    const { inside, outside } = await coverage(run);
    expect(inside).toBeGreaterThan(0.7);
    expect(outside).toBe(0);
  },
);

test("in parts the bytes are those of one piece, and a run made the other way is refused", async () => {
  const whole = await dissected(clipped(40), "whole", { layers: ["ends"], quantile: 0.9, batchSize: 4 });
  const subject = await openModel(join(folder, "whole.onnx"));
  const options = { ...{ layers: ["ends"], quantile: 0.9, batchSize: 4, k: 3 }, out: join(folder, "parts") };
  for (const number of [1, 2]) await dissectShard(subject, patches(), { number, of: 2 }, options);
  const merged = (await merge([options.out], { out: options.out, progress: silent })) as Run;
  open.push(merged);
  const of = ({ layers: [{ ids, activations, levels, ceiling }] }: Run) => ({ ids, activations, levels, ceiling });
  expect(of(merged)).toEqual(of(whole));
  expect(await merged.map(merged.layers[0], 0, 1)).toEqual(await whole.map(whole.layers[0], 0, 1));
  await expect(dissect(subject, patches(), { ...options, ceiling: "keep" })).rejects.toThrow(
    "it was made with another --ceiling; choose a new --out folder",
  );
  expect((await readManifest(options.out)).layers[0].ceiling?.at).toBe(6);
});

test("a level is put just below the largest activation where several reach that, and others do not", () => {
  const level = (quantile: number, largest: number[], varies = true) =>
    maskLevel(quantile, Float32Array.from(largest), varies);
  expect(level(6, [6, 6, 6])).toBe(Math.fround(6 - 2 ** -21));
  expect(level(-6, [-6, -6])).toBe(Math.fround(-6 - 2 ** -21));
  expect(level(0, [0, 0])).toBe(-(2 ** -149));
  expect(level(6, [6, 6], false)).toBe(6);
  expect(level(5, [6, 6, 5])).toBe(5);
  // of a hundred activations or fewer the largest is the quantile: no ceiling
  expect(level(6, [6, 5])).toBe(6);
  expect(level(6, [6])).toBe(6);
  expect(level(Number.POSITIVE_INFINITY, Array(2).fill(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  expect(level(Number.NaN, [Number.NaN, 6])).toBeNaN();
});
