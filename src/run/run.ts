/**
 * A finished run, for reading: all that one dissection left behind (design: the run directory). Tables are small and read
 * at once; activation maps are read a row at a time.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { type NpyFile, openNpy, readNpy } from "../engine/tensor/npy.js";
import { openSafetensors, readSafetensors } from "../engine/tensor/safetensors.js";
import { layerFolder } from "./layer-folder.js";
import { findLayer } from "./layer-name.js";
import { type LayerRecord, type Manifest, readManifest } from "./manifest.js";
import { readTable } from "./table.js";

/** One layer of a run. Arrays have one row per dissected unit. */
export interface RunLayer extends LayerRecord {
  /** The units' numbers in the layer. */
  readonly unitNumbers: readonly number[];
  /** int32 [unit, k], dataset ids, best first; -1 where there is none. */
  readonly ids: Int32Array;
  /** float32 [unit, k], the unit's maximum on that image. */
  readonly activations: Float32Array;
  /** float32 [unit], the level at the run's quantile; NaN for a unit that cannot be judged. */
  readonly levels: Float32Array;
}

export class Run {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly layers: readonly RunLayer[];
  readonly #maps = new Map<string, Promise<NpyFile>>();

  private constructor(folder: string, manifest: Manifest, layers: readonly RunLayer[]) {
    this.folder = folder;
    this.manifest = manifest;
    this.layers = layers;
  }

  /** Opens a run. Errors: `UserError` when it is not one, is unfinished, or a file of it is missing or damaged. */
  static async open(folder: string): Promise<Run> {
    const manifest = await readManifest(folder);
    if (!manifest.complete) {
      throw new UserError(
        `opening ${folder}: its dissection was interrupted; run the same \`milan dissect\` again to finish it`,
      );
    }
    const layers = await Promise.all(manifest.layers.map((record) => readLayer(folder, manifest, record)));
    return new Run(folder, manifest, layers);
  }

  /** The layer called `wanted`, by tensor name or short name. */
  layer(wanted: string): RunLayer {
    return findLayer(this.layers, wanted, this.folder);
  }

  /** The activation map of one exemplar, float32 [height, width]. @param row the unit's row in the layer. */
  async map(layer: RunLayer, row: number, rank: number): Promise<Float32Array> {
    const file = await this.#open(layer);
    return (await file.readAt(row, rank)).data as Float32Array;
  }

  /** What the sweep remembers of a layer's activations: see `Tails` and `Sample`. */
  quantiles(layer: RunLayer): ReturnType<typeof readSafetensors> {
    return readSafetensors(join(layerFolder(this.folder, layer.name), "quantiles.safetensors"));
  }

  /** The same, for reading some of it. Close it when done. */
  openQuantiles(layer: RunLayer): ReturnType<typeof openSafetensors> {
    return openSafetensors(join(layerFolder(this.folder, layer.name), "quantiles.safetensors"));
  }

  /** Whether the maps and the quantiles of all layers are there: what masks at other levels are made of. */
  hasMaps(): boolean {
    return this.layers.every(({ name }) =>
      ["maps.npy", "quantiles.safetensors"].every((file) => existsSync(join(layerFolder(this.folder, name), file))),
    );
  }

  /** The probe set's files, by dataset id. */
  async probeFiles(): Promise<string[]> {
    const path = join(this.folder, "probe.csv");
    const text = await readWhole("reading", path);
    // a row at a time becomes its name: of a million rows, lists of cells would take a gigabyte
    return parse(text, { from: 2, onRecord: ([, file]) => file as never }) as unknown as string[];
  }

  async close(): Promise<void> {
    for (const file of this.#maps.values()) await (await file).close();
    this.#maps.clear();
  }

  #open(layer: RunLayer): Promise<NpyFile> {
    let file = this.#maps.get(layer.name);
    if (!file) {
      file = openNpy(join(layerFolder(this.folder, layer.name), "maps.npy"));
      this.#maps.set(layer.name, file);
      file.catch(() => this.#maps.delete(layer.name)); // it may be there the next time, and is nothing to close
    }
    return file;
  }
}

async function readLayer(run: string, { k }: Manifest, record: LayerRecord): Promise<RunLayer> {
  const folder = layerFolder(run, record.name);
  const ids = await readTable(join(folder, "ids.csv"));
  const activations = await readTable(join(folder, "activations.csv"));
  const levels = await readNpy(join(folder, "levels.npy"));
  const unitsPath = join(folder, "units.npy");
  const unitNumbers = existsSync(unitsPath)
    ? Array.from((await readNpy(unitsPath)).data as BigInt64Array, Number)
    : Array.from({ length: record.units }, (_, unit) => unit);
  const rows = unitNumbers.length;
  for (const [file, found] of Object.entries({ "ids.csv": ids, "activations.csv": activations })) {
    if (found.rows === rows && found.columns === k) continue;
    throw new UserError(
      `reading ${join(folder, file)}: ${found.rows} x ${found.columns} numbers; expected ${rows} x ${k}, dissect again`,
    );
  }
  if (levels.dtype !== "float32" || levels.shape[0] !== rows) {
    throw new UserError(`reading ${join(folder, "levels.npy")}: expected float32 [${rows}], dissect again`);
  }
  return {
    ...record,
    unitNumbers,
    ids: Int32Array.from(ids.values),
    activations: Float32Array.from(activations.values),
    levels: levels.data as Float32Array,
  };
}
