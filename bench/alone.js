/**
 * What it costs to ask each exemplar by itself (`describe` with `each`), with the built-in describer: time of describing with it over time without, taking
 * turns in one process. Run `npm run build` first, then
 *
 *     node bench/alone.js [units, default 64] [rounds, default 3] [RUN]
 *
 * Of a run's first layer; by default of a shipped network over 400 pictures of the made world, in a folder that it removes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  builtInDescriber,
  builtInNetwork,
  describe,
  dissect,
  imageFolder,
  loadDescriber,
  openExemplars,
  openModel,
  writeWorld,
} from "../dist/index.js";

const units = Number(process.argv[2] ?? 64);
const rounds = Number(process.argv[3] ?? 3);
const given = process.argv[4];
const folder = await mkdtemp(join(tmpdir(), "milan-bench-"));
const describer = await loadDescriber(builtInDescriber());
try {
  const store = await openExemplars(given ?? (await made(join(folder, "run"))));
  const layers = [store.layers[0].name];
  const wanted = new Set(store.layers[0].units.slice(0, units));
  const timed = async (each) => {
    const begin = performance.now();
    for await (const _ of describe(store, describer, { each, layers, only: (_layer, unit) => wanted.has(unit) }));
    return performance.now() - begin;
  };
  await timed(true);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const [together, each] = [await timed(false), await timed(true)];
    ratios.push(each / together);
  }
  await store.close();
  ratios.sort((a, b) => a - b);
  console.log(
    `describing ${wanted.size} units with each exemplar asked by itself, over without: median ${ratios[rounds >> 1].toFixed(2)}, ` +
      `from ${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)} of ${rounds} rounds`,
  );
} finally {
  await describer.close();
  await rm(folder, { recursive: true, force: true });
}

async function made(out) {
  await writeWorld(join(folder, "pictures"), { set: "world-objects", count: 400, seed: 1, size: 64 });
  const probe = imageFolder(join(folder, "pictures"));
  await (
    await dissect(await openModel(builtInNetwork("alexnet-objects")), probe, { out, layers: ["features.12"] })
  ).close();
  return out;
}
