/**
 * How often units with one meaning are split, and units with two are found, by `describe` with `meanings: "auto"` and the built-in
 * describer. Run `npm run build` first, then
 *
 *     node bench/meanings.js [seed, default 21] [planted units a world, default 200]
 *
 * Two kinds of units of which the answer is known. `colours`: hand-made, for a colour or for two, over coloured shapes; clean.
 * Planted in the made world (`scripts/plant-units.js`): as units of networks are, coarse and noisy, each with as much as 0.3 of another mixed in. One
 * meaning: questions to one thing, colour, texture, ...; two: "or" of two of them, where at least 3 exemplars show either and 13 show
 * one of both three times as much as the other. Takes some two minutes, in a folder that it removes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plantedNetwork } from "../dist/builtin/annotators/planted.js";
import { evaluate } from "../dist/data/labels/evaluate.js";
import {
  builtInDescriber,
  describe,
  dissect,
  imageFolder,
  loadDescriber,
  openExemplars,
  openModel,
  openWorldFolder,
  shapeScenes,
  writeModel,
  writeShapes,
  writeWorld,
} from "../dist/index.js";
import { colourUnions } from "../dist/zoo/hand-made.js";

const SIZE = 64;
const K = 15;
const seed = Number(process.argv[2] ?? 21);
const plantedUnits = Number(process.argv[3] ?? 200);
const folder = await mkdtemp(join(tmpdir(), "milan-bench-"));
const describer = await loadDescriber(builtInDescriber());
try {
  for (const i of [0, 1, 2]) await measure(`colours ${seed + i}`, await colours(seed + i));
  for (const set of ["world-objects", "world-scenes"]) await measure(`planted, ${set}`, await planted(set));
} finally {
  await describer.close();
  await rm(folder, { recursive: true, force: true });
}

/** A unit for each colour, and for each pair. */
async function colours(seed) {
  const at = (name) => join(folder, `colours-${seed}-${name}`);
  const numbers = [0, 1, 2, 3, 4, 5];
  const pairs = numbers.flatMap((a) => numbers.slice(a + 1).map((b) => [a, b]));
  const units = [...numbers.map((a) => [a]), ...pairs];
  await writeModel(colourUnions(SIZE, units), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(250, 100_003 * seed), SIZE);
  const options = { mean: [0.5], std: [0.5] };
  await run(at("net.onnx"), at("pictures"), at("run"), "unions", options);
  return { run: at("run"), meaningsOf: async (unit) => units[unit].length };
}

async function planted(set) {
  const at = (name) => join(folder, `${set}-${name}`);
  await writeWorld(at("pictures"), { set, count: 800, seed: seed + 500, size: SIZE });
  const source = await openWorldFolder(at("pictures"));
  const { model, queries } = await plantedNetwork(at("pictures"), source, { units: plantedUnits, seed, size: SIZE });
  await writeModel(model, at("net.onnx"));
  await run(at("net.onnx"), at("pictures"), at("run"), "units");
  return {
    run: at("run"),
    /** How many meanings a unit's exemplars show; undefined where that cannot be said. */
    async meaningsOf(unit, store) {
      const query = queries[unit];
      if (["above", "below", "beside"].includes(query.is)) return undefined; // what is beside is anything
      if (query.is !== "or") return 1;
      const [layer] = store.layers;
      const shown = [0, 0];
      for (let rank = 0; rank < K; rank++) {
        const mask = await store.mask(layer, unit, rank);
        const labels = await source.labels(store.imageName(layer.images[unit * K + rank]), SIZE);
        const [a, b] = query.of.map((part) => evaluate(part, labels).reduce((sum, is, i) => sum + (is & mask[i]), 0));
        if (a > 3 * b) shown[0] += 1;
        else if (b > 3 * a) shown[1] += 1;
      }
      return Math.min(...shown) >= 3 && shown[0] + shown[1] >= 13 ? 2 : undefined;
    },
  };
}

async function run(model, pictures, out, layer, options) {
  const opened = await openModel(model);
  await (await dissect(opened, imageFolder(pictures, options), { out, layers: [layer], k: K, quantile: 0.99 })).close();
}

async function measure(name, { run, meaningsOf }) {
  const store = await openExemplars(run);
  const counts = { 1: [0, 0], 2: [0, 0] };
  const begun = performance.now();
  const descriptions = [];
  for await (const item of describe(store, describer, { meanings: "auto" })) descriptions.push(item);
  const seconds = (performance.now() - begun) / 1000;
  for (const { unit, meanings } of descriptions) {
    const truth = await meaningsOf(unit, store);
    if (truth === undefined) continue;
    counts[truth][1] += 1;
    if (meanings) counts[truth][0] += 1;
  }
  await store.close();
  const share = ([part, all]) => `${part} of ${all} (${((100 * part) / all).toFixed(1)} %)`;
  console.log(
    `${name}: one meaning, split: ${share(counts[1])}; two, found: ${share(counts[2])}; ${seconds.toFixed(0)} s for ${descriptions.length} units`,
  );
}
