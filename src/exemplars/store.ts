/**
 * Exemplars for whoever looks at them (the describer, the pages, the export), wherever they lie: in a run, whose images are
 * read from the probe set again, or in a MILANNOTATIONS folder, which holds its own.
 */
import { existsSync } from "node:fs";
import { UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { decode } from "../data/images/decode.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";
import { IMAGENET, type Preprocessing } from "../data/images/preprocess.js";
import { findLayer } from "../run/layer-name.js";
import { isRun, type UnitFlaw } from "../run/manifest.js";
import { Run } from "../run/run.js";
import { digestsPath, expectSame, readDigests } from "./digests.js";
import { maskOf } from "./masks.js";
import { openMilannotations } from "./milannotations.js";
import { pictureName, picturePath } from "./pictures.js";

/** The exemplars of one layer's units. */
export interface ExemplarLayer {
  readonly name: string;
  readonly shortNames: readonly string[];
  /** The units' numbers in the layer, one a row. */
  readonly units: readonly number[];
  /** [unit, k]: which image each exemplar is; equal numbers are the same image, -1 is none. */
  readonly images: Int32Array;
  /** float32 [unit, k], when known. */
  readonly activations?: Float32Array;
  /** float32 [unit], when known. */
  readonly levels?: Float32Array;
  /** Units that cannot be judged. */
  readonly flaws: readonly UnitFlaw[];
}

/** An open set of exemplars. Close it when done. */
export interface ExemplarStore {
  readonly folder: string;
  readonly k: number;
  /** Size of images and masks, in pixels. */
  readonly height: number;
  readonly width: number;
  readonly layers: readonly ExemplarLayer[];
  /** An image, uint8 [3, height, width]. @param image a number from `ExemplarLayer.images`. */
  image(image: number): Promise<Uint8Array>;
  /** A mask, uint8 [height, width], 0 or 1. */
  mask(layer: ExemplarLayer, row: number, rank: number): Promise<Uint8Array>;
  /** What the image is called, when known. */
  imageName(image: number): string | undefined;
  close(): Promise<void>;
}

/**
 * Opens a run or a MILANNOTATIONS folder.
 * @param images where the probe set is now, when it has moved since the run was made; for MILANNOTATIONS without pictures,
 *   their source images.
 */
export async function openExemplars(folder: string, images?: string): Promise<ExemplarStore> {
  return isRun(folder) ? runExemplars(await Run.open(folder), images) : openMilannotations(folder, images);
}

/** The exemplars of a run. Errors: `UserError` when its probe set is not there, or another one. */
export async function runExemplars(run: Run, images?: string): Promise<ExemplarStore> {
  const digests = await readDigests(digestsPath(run.folder));
  return exemplarsOf(run, run.manifest.probeKind === "images" ? await openProbe(run, images) : undefined, digests);
}

/** The exemplars of a run whose pictures cannot be had: all but these. @param why thrown by `image`. */
export function blindExemplars(run: Run, why: UserError): ExemplarStore {
  const image = () => Promise.reject(why);
  return { ...exemplarsOf(run, undefined), image, imageName: () => undefined };
}

function exemplarsOf(run: Run, set: ImageSet | undefined, digests?: ReadonlyMap<number, string>): ExemplarStore {
  const { k, pictureHeight: height, pictureWidth: width, flaws } = run.manifest;
  const view: Preprocessing = { ...(run.manifest.preprocessing ?? IMAGENET), height, width };
  const layers = run.layers.map(
    (layer): ExemplarLayer => ({
      name: layer.name,
      shortNames: layer.shortNames,
      units: layer.unitNumbers,
      images: layer.ids,
      activations: layer.activations,
      levels: layer.levels,
      flaws: Object.hasOwn(flaws, layer.name) ? flaws[layer.name] : [],
    }),
  );
  const layerOf = new Map(layers.map((layer, i) => [layer, run.layers[i]]));
  return {
    folder: run.folder,
    k,
    height,
    width,
    layers,
    async image(id) {
      if (set) {
        const bytes = await set.read(id);
        expectSame(set.entries[id].file, bytes, digests?.get(id));
        return decode(bytes, view, set.entries[id].file);
      }
      const path = picturePath(run.folder, id);
      return decode(await readWhole("reading", path), view, path);
    },
    async mask(layer, row, rank) {
      const found = layerOf.get(layer)!;
      const map = await run.map(found, row, rank);
      const into = new Uint8Array(height * width);
      return maskOf(map, [found.height, found.width], found.levels[row], into, [height, width]);
    },
    imageName: (id) => (set ? set.entries[id]?.file : pictureName(id)),
    async close() {
      await set?.close();
      await run.close();
    },
  };
}

/** The run's probe set, checked to be the one it was made with. */
async function openProbe({ folder, manifest }: Run, images: string | undefined): Promise<ImageSet> {
  const path = images ?? manifest.probePath;
  if (!existsSync(path)) {
    throw new UserError(
      `reading the images of ${folder}: ${path} is not there any more; say where they are now with --images`,
    );
  }
  const set = await openImages(path);
  if (set.fingerprint === manifest.probeFingerprint) return set;
  await set.close();
  throw new UserError(
    `reading the images of ${folder}: ${path} is not the probe set the run was made with (files or sizes differ); point --images at that one`,
  );
}

/** The layers called so, by any of their names; undefined: all. Errors: `UserError` naming the nearest of one that is not there. */
export const chooseLayers = (store: ExemplarStore, wanted: readonly string[] | undefined): readonly ExemplarLayer[] =>
  wanted ? wanted.map((name) => findLayer(store.layers, name, store.folder)) : store.layers;
