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
    const damaged = new UserError(
      `reading ${path}: it is damaged; expected the columns id, file, class, dissect again`,
    );
    const fileOf = ([, file]: readonly string[]) => {
      if (file === undefined) throw damaged;
      return file as never;
    };
    try {
      // a row at a time becomes its name: of a million rows, lists of cells would take a gigabyte
      return parse(text, { from: 2, onRecord: fileOf }) as unknown as string[];
    } catch {
      throw damaged;
    }
  }

  async close(): Promise<void> {
    for (const file of this.#maps.values()) await (await file).close();
    this.#maps.clear();
  }

  #open(layer: RunLayer): Promise<NpyFile> {
    let file = this.#maps.get(layer.name);
    if (!file) {
      file = openMaps(join(layerFolder(this.folder, layer.name), "maps.npy"), [
        ...[layer.unitNumbers.length, this.manifest.k, layer.height, layer.width],
      ]);
      this.#maps.set(layer.name, file);
      file.catch(() => this.#maps.delete(layer.name)); // it may be there the next time, and is nothing to close
    }
    return file;
  }
}

/** The maps of a layer. @param shape what they must be: [unit, k, height, width]. */
async function openMaps(path: string, shape: readonly number[]): Promise<NpyFile> {
  const file = await openNpy(path);
  if (file.dtype === "float32" && `${file.shape}` === `${shape}`) return file;
  await file.close();
  throw new UserError(`reading ${path}: ${file.dtype} [${file.shape}]; expected float32 [${shape}], dissect again`);
}

async function readLayer(run: string, { k, probeSize }: Manifest, record: LayerRecord): Promise<RunLayer> {
  const folder = layerFolder(run, record.name);
  const ids = await readTable(join(folder, "ids.csv"));
  const activations = await readTable(join(folder, "activations.csv"));
  const levels = await readNpy(join(folder, "levels.npy"));
  const numbers = await readUnits(folder, record);
  const rows = numbers?.length ?? record.units;
  for (const [file, found] of Object.entries({ "ids.csv": ids, "activations.csv": activations })) {
    if (found.rows === rows && (found.columns === k || rows === 0)) continue;
    throw new UserError(
      `reading ${join(folder, file)}: ${found.rows} x ${found.columns} numbers; expected ${rows} x ${k}, dissect again`,
    );
  }
  const strange = ids.values.find((id) => !(Number.isInteger(id) && id >= -1 && id < probeSize));
  if (strange !== undefined)
    throw new UserError(
      `reading ${join(folder, "ids.csv")}: image ${strange}; expected -1 to ${probeSize - 1}, dissect again`,
    );
  if (levels.dtype !== "float32" || `${levels.shape}` !== `${[rows]}`) {
    throw new UserError(`reading ${join(folder, "levels.npy")}: expected float32 [${rows}], dissect again`);
  }
  return {
    ...record,
    unitNumbers: numbers ?? Array.from({ length: rows }, (_, unit) => unit),
    ids: Int32Array.from(ids.values),
    activations: Float32Array.from(activations.values),
    levels: levels.data as Float32Array,
  };
}

/** The numbers of the units, undefined where all of the layer were dissected. */
async function readUnits(folder: string, { units }: LayerRecord): Promise<number[] | undefined> {
  const path = join(folder, "units.npy");
  if (!existsSync(path)) return undefined;
  const { dtype, shape, data } = await readNpy(path);
  const numbers = Array.from(data as BigInt64Array, Number);
  if (dtype === "int64" && shape.length === 1 && numbers.every((unit) => unit >= 0 && unit < units)) return numbers;
  throw new UserError(`reading ${path}: expected int64 numbers of units, 0 to ${units - 1}, dissect again`);
}
