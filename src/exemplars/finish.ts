/** The last step of a dissection, in one piece or merged: from what the sweep of all images found to the finished run. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import { writeAtomically } from "../base/files.js";
import { tidyUp } from "../base/lock.js";
import type { Progress } from "../base/progress.js";
import { removeLeftovers } from "../base/temporary.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { writeNpy } from "../engine/tensor/npy.js";
import { writeSafetensors } from "../engine/tensor/safetensors.js";
import { layerFolder } from "../run/layer-folder.js";
import { type Manifest, readManifest, type UnitFlaw, writeManifest } from "../run/manifest.js";
import { Run } from "../run/run.js";
import { writeIntegers, writeReals } from "../run/table.js";
import { digestsOf, digestsPath, writeDigests } from "./digests.js";
import { unitsOf } from "./layout.js";
import { removeParts } from "./map-parts.js";
import type { Probe } from "./probe.js";
import { removeStates } from "./state.js";
import type { LayerStatistics } from "./statistics.js";
import type { Subject } from "./subject.js";
import type { Swept, sweep } from "./sweep.js";
import { visitWinners } from "./visit.js";

/** What a whole sweep is told. */
export type SweepSettings = Omit<Parameters<typeof sweep>[4], "range" | "beforeSave">;

/** From what the sweep of all images found to the finished run: the winners' maps, then the tables. */
export async function finish(
  out: string,
  subject: Subject,
  probe: Probe,
  { layers, skipped }: Swept,
  manifest: Manifest,
  options: SweepSettings,
): Promise<Run> {
  const { k } = options;
  checkCount(probe, skipped, k);
  await writeManifest(out, manifest); // from here on there are files in the folder
  const plans = layers.map(({ plan }) => plan);
  const top = layers.map((layer) => layer.top.save());
  const [ids, activations] = [top.map((each) => each.ids), top.map((each) => each.activations)];
  const { images, digests } = await visitWinners(out, subject, probe, plans, ids, k, options, activations);
  if (probe.read) {
    const others = await digestsOf(
      images.filter((id) => !digests.has(id)),
      probe.read,
    );
    await writeDigests(digestsPath(out), new Map([...digests, ...others]));
  }
  const flaws: Record<string, UnitFlaw[]> = {};
  for (const layer of layers) {
    const found = await writeLayer(out, layer, manifest.quantile);
    if (found.length > 0) flaws[layer.plan.layout.name] = found;
  }
  await writeProbeTable(join(out, "probe.csv"), probe);
  await writeManifest(out, { ...manifest, complete: true, skipped, flaws });
  await removeRemains(out, manifest);
  return Run.open(out);
}

/** Says that a run is finished, for which there is nothing left to do but what a process did not that was killed after its last table. */
export async function sayFinished(out: string, progress: Progress): Promise<void> {
  progress.warn(`${out} is finished already; nothing to do`);
  const manifest = await readManifest(out);
  await tidyUp(out, async () => {
    removeLeftovers(out);
    await removeRemains(out, manifest);
  });
}

/** Removes what only an unfinished run needs. */
async function removeRemains(out: string, { layers }: Manifest): Promise<void> {
  await removeParts(
    out,
    layers.map(({ name }) => name),
  );
  await removeStates(out);
}

function checkCount(probe: Probe, skipped: readonly number[], k: number): void {
  const readable = probe.size - skipped.length;
  if (readable >= k) return;
  const found = readable === 0 ? "no image can be read" : `only ${readable} of ${probe.size} images can be read`;
  throw new UserError(`dissecting: ${found} in ${probe.location}; expected at least ${k}, replace the damaged files`);
}

/** Writes a layer's tables; returns the units that cannot be judged, whose levels and exemplars are left empty. */
async function writeLayer(out: string, layer: LayerStatistics, quantile: number): Promise<UnitFlaw[]> {
  const { layout } = layer.plan;
  const folder = layerFolder(out, layout.name);
  const numbers = unitsOf(layout);
  const flaws = layer.flaws(numbers);
  const { ids, activations } = layer.top.save();
  const levels = layer.levels(quantile);
  const { k } = layer.top;
  for (const { unit, flaw } of flaws) {
    if (flaw !== "nan") continue;
    const row = numbers.indexOf(unit);
    levels[row] = Number.NaN;
    ids.fill(-1, row * k, (row + 1) * k);
    activations.fill(Number.NaN, row * k, (row + 1) * k);
  }
  await writeIntegers(join(folder, "ids.csv"), ids, k);
  await writeReals(join(folder, "activations.csv"), activations, k);
  await writeNpy(join(folder, "levels.npy"), ndarray("float32", [levels.length], levels));
  if (layout.subset) {
    const units = BigInt64Array.from(layout.subset, BigInt);
    await writeNpy(join(folder, "units.npy"), ndarray("int64", [units.length], units));
  }
  const state = layer.save();
  const kept = ["counts", "tail", "sample"].map((name) => [name, state.get(name)!] as const);
  await writeSafetensors(join(folder, "quantiles.safetensors"), new Map(kept));
  return flaws;
}

/** Writes `id,file,class` of every image, some thousands at a time: there may be millions. */
async function writeProbeTable(path: string, probe: Probe): Promise<void> {
  const rowOf = (id: number) => {
    const { file, label } = probe.entry(id);
    return [id, file, label ?? ""];
  };
  await writeAtomically(path, async (out) => {
    await out.writeFile(stringify([["id", "file", "class"]]));
    for (let first = 0; first < probe.size; first += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, probe.size - first);
      await out.writeFile(stringify(Array.from({ length: count }, (_, i) => rowOf(first + i))));
    }
  });
}

const ROWS_AT_ONCE = 10_000;
