/**
 * Exemplars in the layout the reference publishes its data in (MILANNOTATIONS): for every layer a folder with `images.npy`
 * uint8 [unit, k, 3, height, width], `masks.npy` [unit, k, 1, height, width], `ids.csv`, `activations.csv`, and `units.npy`
 * when only some units are there. Arrays are read a row at a time, so a set may be larger than memory.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { type NpyFile, openNpy, readNpy, writeNpy, writeNpyRows } from "../engine/tensor/npy.js";
import type { Description } from "../run/descriptions.js";
import { displayName, type Named } from "../run/layer-name.js";
import { readTable, writeIntegers, writeReals } from "../run/table.js";
import type { ExemplarLayer, ExemplarStore } from "./store.js";

interface OpenLayer {
  readonly layer: ExemplarLayer;
  readonly images: NpyFile;
  readonly masks: NpyFile;
}

/** Opens a MILANNOTATIONS folder. Errors: no layer in it, or arrays that do not belong together. */
export async function openMilannotations(folder: string): Promise<ExemplarStore> {
  const names = await layerNames(folder);
  const open: OpenLayer[] = [];
  const close = async () => {
    for (const { images, masks } of open) await Promise.all([images.close(), masks.close()]);
  };
  try {
    let first = 0;
    for (const name of names) {
      open.push(await openLayer(folder, name, first));
      first += open.at(-1)!.layer.images.length;
    }
    const [, k, , height, width] = open[0].images.shape;
    const uneven = open.find(({ images }) => `${images.shape.slice(1)}` !== `${[k, 3, height, width]}`);
    if (uneven) {
      throw new UserError(
        `opening ${folder}: images of layer ${uneven.layer.name} are [${uneven.images.shape}]; expected [units, ${k}, 3, ${height}, ${width}] as in ${names[0]}, open the layers as separate folders`,
      );
    }
    const layerOf = (image: number) => open.findLast(({ layer }) => layer.images[0] <= image)!;
    return {
      folder,
      k,
      height,
      width,
      layers: open.map(({ layer }) => layer),
      async image(image) {
        const { layer, images } = layerOf(image);
        const at = image - layer.images[0];
        return (await images.readAt(Math.floor(at / k), at % k)).data as Uint8Array;
      },
      async mask(layer, row, rank) {
        const { masks } = open.find((entry) => entry.layer === layer)!;
        return (await masks.readAt(row, rank)).data as Uint8Array;
      },
      imageName: () => undefined,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function layerNames(folder: string): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const layers = names.filter((name) => existsSync(join(folder, name, "images.npy"))).sort();
  if (layers.length > 0) return layers;
  throw new UserError(
    `opening ${folder}: expected a run (run.json) or a MILANNOTATIONS folder (<layer>/images.npy, masks.npy), found neither; check the path`,
  );
}

async function openLayer(folder: string, name: string, first: number): Promise<OpenLayer> {
  const path = (file: string) => join(folder, name, file);
  const images = await openNpy(path("images.npy"));
  const masks = await openNpy(path("masks.npy")).catch(async (error) => {
    await images.close();
    throw error;
  });
  const [rows, k, channels, height, width] = images.shape;
  const fits =
    images.shape.length === 5 &&
    channels === 3 &&
    images.dtype === "uint8" &&
    `${masks.shape}` === `${[rows, k, 1, height, width]}` &&
    (masks.dtype === "uint8" || masks.dtype === "bool");
  if (!fits) {
    await Promise.all([images.close(), masks.close()]);
    throw new UserError(
      `opening ${path("images.npy")}: expected uint8 [unit, k, 3, height, width] and masks uint8 [unit, k, 1, height, width], got ${images.dtype} [${images.shape}] and ${masks.dtype} [${masks.shape}]`,
    );
  }
  const units = existsSync(path("units.npy"))
    ? Array.from((await readNpy(path("units.npy"))).data as BigInt64Array, Number)
    : Array.from({ length: rows }, (_, unit) => unit);
  const activations = existsSync(path("activations.csv")) ? await readTable(path("activations.csv")) : undefined;
  const layer: ExemplarLayer = {
    name,
    shortNames: [],
    units,
    images: Int32Array.from({ length: rows * k }, (_, i) => first + i), // every image is stored, so each is its own
    flaws: [],
    ...(activations?.values.length === rows * k && { activations: Float32Array.from(activations.values) }),
  };
  return { layer, images, masks };
}

/** Writes any exemplars in this layout. A folder named after each layer's short name, or its tensor, is made in `out`. */
export async function writeMilannotations(source: ExemplarStore, out: string, progress: Progress): Promise<void> {
  const { k, height, width } = source;
  progress.begin(
    "export",
    source.layers.reduce((n, { units }) => n + units.length, 0),
    "unit",
  );
  let done = 0;
  for (const layer of source.layers) {
    const folder = join(out, publishedName(layer));
    const rows = layer.units.length;
    const exemplars = Array.from({ length: rows * k }, (_, i) => [Math.floor(i / k), i % k] as const);
    await writeNpyRows(
      join(folder, "images.npy"),
      "uint8",
      [rows, k, 3, height, width],
      each(exemplars, async ([row, rank]) => {
        const image = layer.images[row * k + rank];
        if (rank === k - 1) progress.update(++done);
        return image < 0 ? new Uint8Array(3 * height * width) : source.image(image);
      }),
    );
    await writeNpyRows(
      join(folder, "masks.npy"),
      "uint8",
      [rows, k, 1, height, width],
      each(exemplars, ([row, rank]) => source.mask(layer, row, rank)),
    );
    await writeIntegers(join(folder, "ids.csv"), layer.images, k);
    if (layer.activations) await writeReals(join(folder, "activations.csv"), layer.activations, k);
    if (layer.units.some((unit, row) => unit !== row)) await writeNpy(join(folder, "units.npy"), unitsArray(layer));
  }
  progress.end();
}

/** The folder a layer is published under: its name as shown, made a plain file name. */
export const publishedName = (layer: Named): string =>
  displayName(layer)
    .replace(/[^\w.-]+/g, "_")
    .replace(/^[_.]+/, "");

const unitsArray = ({ units }: ExemplarLayer): NdArray =>
  ndarray("int64", [units.length], BigInt64Array.from(units, BigInt));

async function* each<T>(items: readonly T[], make: (item: T) => Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const item of items) yield await make(item);
}

/** `annotations.csv` of the reference, `layer,unit,summary`, from descriptions of the same units; those without one are left out. */
export function annotationsTable(store: ExemplarStore, descriptions: readonly Description[]): string {
  const names = new Map(store.layers.map((layer) => [layer.name, publishedName(layer)]));
  const rows = descriptions
    .filter(({ description }) => description !== "")
    .map(({ layer, unit, description }) => [names.get(layer) ?? layer, unit, description]);
  return stringify([["layer", "unit", "summary"], ...rows]);
}
