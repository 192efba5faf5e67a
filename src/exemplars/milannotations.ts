/**
 * Exemplars in the layout the reference publishes its data in (MILANNOTATIONS): for every layer a folder with `images.npy`
 * uint8 [unit, k, 3, height, width], `masks.npy` [unit, k, 1, height, width], `ids.csv`, `activations.csv`, and `units.npy`
 * when only some units are there. Where `images.npy` may not be published, the pictures are read from the source images.
 * Arrays are read a row at a time, so a set may be larger than memory.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { decode } from "../data/images/decode.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import { type NpyFile, openNpy, readNpy, writeNpy, writeNpyRows } from "../engine/tensor/npy.js";
import type { Description } from "../run/descriptions.js";
import { displayName, type Named } from "../run/layer-name.js";
import { readTable, writeIntegers, writeReals } from "../run/table.js";
import type { ExemplarLayer, ExemplarStore } from "./store.js";

interface OpenLayer {
  readonly layer: ExemplarLayer;
  /** Absent where the pictures are those of the source images. */
  readonly images: NpyFile | undefined;
  readonly masks: NpyFile;
}

/**
 * Opens a MILANNOTATIONS folder.
 * @param images the source images of layers without `images.npy` (as published for ImageNet), which `ids.csv` counts in sorted
 *   order of their paths, as torchvision's ImageFolder does.
 * Errors: no layer in it, arrays that do not belong together, source images missing or not those.
 */
export async function openMilannotations(folder: string, images?: string): Promise<ExemplarStore> {
  return openLayers(folder, (isNeeded) => (isNeeded ? openSource(folder, images) : undefined));
}

/** The same without source images, where they are needed and cannot be had: masks, but no pictures. @param why thrown by `image`. */
export async function blindMilannotations(folder: string, why: UserError): Promise<ExemplarStore> {
  const store = await openLayers(folder, () => undefined);
  return { ...store, image: () => Promise.reject(why), imageName: () => undefined };
}

async function openLayers(
  folder: string,
  openIfNeeded: (isNeeded: boolean) => Promise<ImageSet> | undefined,
): Promise<ExemplarStore> {
  const names = await layerNames(folder);
  const open: OpenLayer[] = [];
  let source: ImageSet | undefined;
  const close = async () => {
    for (const layer of open) await Promise.all([layer.images?.close(), layer.masks.close()]);
    await source?.close();
  };
  try {
    source = await openIfNeeded(names.some((name) => !existsSync(join(folder, name, "images.npy"))));
    // pictures are numbered: first the source images, then those that are stored
    const stored = source?.entries.length ?? 0;
    let first = stored;
    for (const name of names) {
      open.push(await openLayer(folder, name, first, source));
      if (open.at(-1)!.images) first += open.at(-1)!.layer.images.length;
    }
    const [, k, , height, width] = open[0].masks.shape;
    const uneven = open.find(({ masks }) => `${masks.shape.slice(1)}` !== `${[k, 1, height, width]}`);
    if (uneven) {
      throw new UserError(
        `opening ${folder}: masks of layer ${uneven.layer.name} are [${uneven.masks.shape}]; expected [units, ${k}, 1, ${height}, ${width}] as in ${names[0]}, open the layers as separate folders`,
      );
    }
    const layerOf = (image: number) => open.findLast((each) => each.images && each.layer.images[0] <= image)!;
    return {
      folder,
      k,
      height,
      width,
      layers: open.map(({ layer }) => layer),
      async image(image) {
        if (image < stored) return sourcePicture(source!, image, height, width);
        const found = layerOf(image);
        const at = image - found.layer.images[0];
        return (await found.images!.readAt(Math.floor(at / k), at % k)).data as Uint8Array;
      },
      async mask(layer, row, rank) {
        const { masks } = open.find((entry) => entry.layer === layer)!;
        return (await masks.readAt(row, rank)).data as Uint8Array;
      },
      imageName: (image) => (image < stored ? source?.entries[image]?.file : undefined),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSource(folder: string, images: string | undefined): Promise<ImageSet> {
  if (images !== undefined) return openImages(images);
  throw new UserError(
    `opening ${folder}: it holds no pictures (images.npy), only their numbers (ids.csv); expected the source images, such as ImageNet's validation set: say where they are with --images`,
  );
}

/**
 * A source image as the exemplars were computed from: its short side 8/7 of the picture's (256 for 224), then the middle of it.
 * The reference's own merging squashes the whole image instead, so that masks and pictures do not quite meet.
 */
async function sourcePicture(source: ImageSet, image: number, height: number, width: number): Promise<Uint8Array> {
  const [tall, wide] = [height, width].map((n) => Math.round((n * 8) / 7));
  const view = { height: tall, width: wide, fit: "crop" } as const;
  const pixels = await decode(await source.read(image), view, source.entries[image].file);
  const [top, left] = [Math.round((tall - height) / 2), Math.round((wide - width) / 2)];
  const picture = new Uint8Array(3 * height * width);
  for (let row = 0; row < 3 * height; row++) {
    const from = (Math.floor(row / height) * tall + top + (row % height)) * wide + left;
    picture.set(pixels.subarray(from, from + width), row * width);
  }
  return picture;
}

async function layerNames(folder: string): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const holds = (name: string, file: string) => existsSync(join(folder, name, file));
  const layers = names.filter((name) => holds(name, "images.npy") || holds(name, "masks.npy")).sort();
  if (layers.length > 0) return layers;
  throw new UserError(
    `opening ${folder}: expected a run (run.json) or a MILANNOTATIONS folder (<layer>/images.npy, masks.npy), found neither; check the path`,
  );
}

async function openLayer(
  folder: string,
  name: string,
  first: number,
  source: ImageSet | undefined,
): Promise<OpenLayer> {
  const path = (file: string) => join(folder, name, file);
  const masks = await openNpy(path("masks.npy"));
  let images: NpyFile | undefined;
  try {
    const [rows, k] = masks.shape;
    checkMasks(path("masks.npy"), masks);
    if (existsSync(path("images.npy"))) {
      images = await openNpy(path("images.npy"));
      checkImages(path("images.npy"), images, masks);
    }
    const units = existsSync(path("units.npy"))
      ? await unitNumbers(path("units.npy"), rows)
      : Array.from({ length: rows }, (_, unit) => unit);
    const activations = existsSync(path("activations.csv")) ? await readTable(path("activations.csv")) : undefined;
    const layer: ExemplarLayer = {
      name,
      shortNames: [],
      units,
      // every stored image is its own
      images: images
        ? Int32Array.from({ length: rows * k }, (_, i) => first + i)
        : await sourceIds(path("ids.csv"), rows * k, source),
      flaws: [],
      ...(activations?.values.length === rows * k && { activations: Float32Array.from(activations.values) }),
    };
    return { layer, images, masks };
  } catch (error) {
    await Promise.all([images?.close(), masks.close()]);
    throw error;
  }
}

/** Which units the rows are. */
async function unitNumbers(path: string, rows: number): Promise<number[]> {
  const { shape, dtype, data } = await readNpy(path);
  const units = Array.from<number | bigint, number>(data, Number);
  const isSound =
    units.every((unit) => Number.isSafeInteger(unit) && unit >= 0) && new Set(units).size === units.length;
  if (`${shape}` === `${rows}` && isSound) return units;
  throw new UserError(
    `opening ${path}: expected ${rows} different whole numbers, a unit for each row of masks.npy, got ${dtype} [${shape}]${isSound ? "" : " with others"}; write it again`,
  );
}

/** Which source images a layer's exemplars are. */
async function sourceIds(path: string, count: number, source: ImageSet | undefined): Promise<Int32Array> {
  if (!existsSync(path)) {
    throw new UserError(`opening ${path}: no such file; expected the numbers of the source images, or images.npy`);
  }
  const { values } = await readTable(path);
  if (values.length !== count) {
    throw new UserError(`opening ${path}: ${values.length} numbers; expected ${count}, one for each mask`);
  }
  const size = source?.entries.length ?? 2 ** 31;
  const wrong = values.find((id) => !Number.isInteger(id) || id < 0 || id >= size);
  if (wrong === undefined) return Int32Array.from(values);
  throw new UserError(
    `opening ${path}: image ${wrong}; expected numbers below ${size}, the images there are: point --images at the set the exemplars were computed from`,
  );
}

function checkMasks(path: string, { shape, dtype }: NpyFile): void {
  if (shape.length === 5 && shape[2] === 1 && (dtype === "uint8" || dtype === "bool")) return;
  throw new UserError(`opening ${path}: expected uint8 [unit, k, 1, height, width], got ${dtype} [${shape}]`);
}

function checkImages(path: string, images: NpyFile, masks: NpyFile): void {
  const [rows, k, , height, width] = masks.shape;
  if (images.dtype === "uint8" && `${images.shape}` === `${[rows, k, 3, height, width]}`) return;
  throw new UserError(
    `opening ${path}: expected uint8 [unit, k, 3, height, width] and masks uint8 [unit, k, 1, height, width], got ${images.dtype} [${images.shape}] and ${masks.dtype} [${masks.shape}]`,
  );
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
