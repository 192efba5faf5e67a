/**
 * Features of a set of units, computed once and kept: every epoch reads them again, and the encoder costs a hundred times what
 * a step of training does. In parts of 256 units, each a whole `.npy` file or absent, so that a killed computation goes on
 * where it stopped; `features.json` says of what they are, and others are refused.
 *
 * On disk 234 kB a unit at the paper's sizes (15 exemplars of 3,904 features): 0.9 GB for 3,904 units. In memory only as much as
 * is allowed; the rest is read when it is needed.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { parseJson } from "../../base/json.js";
import { type Progress, silent } from "../../base/progress.js";
import { ndarray, zeros } from "../../engine/tensor/ndarray.js";
import { type NpyFile, openNpy, writeNpy } from "../../engine/tensor/npy.js";
import type { ExemplarLayer, ExemplarStore } from "../../exemplars/store.js";
import type { ImageEncoder } from "../features.js";

/** A unit whose exemplars are looked at: a row of a layer of a store. All its ranks must have an image. */
export interface FeatureUnit {
  readonly layer: ExemplarLayer;
  readonly row: number;
}

/** What features depend on. */
export interface FeatureIdentity {
  /** Of the encoder, and of the exemplars (images, masks, which). */
  readonly encoder: string;
  readonly exemplars: string;
  /** [layer, unit] of each. */
  readonly units: readonly (readonly [string, number])[];
}

export interface FeatureOptions {
  readonly folder: string;
  readonly store: ExemplarStore;
  readonly units: readonly FeatureUnit[];
  readonly encoder: ImageEncoder;
  /** SHA-256 of the encoder and of the exemplars. */
  readonly identity: Pick<FeatureIdentity, "encoder" | "exemplars">;
  /** Memory for features that were read before; default 1 GiB. */
  readonly cacheBytes?: number;
  readonly progress?: Progress;
}

/** Features of units, by their place in the list they were computed for. */
export interface Features {
  /** Vectors of each unit: exemplars times places. */
  readonly exemplars: number;
  readonly featureSize: number;
  /** Those of one unit, float32 [exemplar, feature]; do not change them. */
  read(index: number): Promise<Float32Array>;
  close(): Promise<void>;
}

const PART = 256;

/**
 * Computes the features that are not there yet, and opens them.
 * Errors: `UserError` when the folder holds features of other units, exemplars, or another encoder.
 */
export async function openFeatures(options: FeatureOptions): Promise<Features> {
  const { folder, store, units, encoder, identity, progress = silent } = options;
  await claim(folder, {
    ...identity,
    units: units.map(({ layer, row }) => [layer.name, layer.units[row]] as const),
  });
  const path = (part: number) => join(folder, `${String(part).padStart(5, "0")}.npy`);
  const parts = Array.from({ length: Math.ceil(units.length / PART) }, (_, part) => part);
  const done = parts.filter((part) => existsSync(path(part))).length;
  progress.begin("features", units.length, "unit", Math.min(units.length, done * PART));
  for (const part of parts) {
    if (!existsSync(path(part))) {
      await writeNpy(path(part), await encode(store, units.slice(part * PART, (part + 1) * PART), encoder));
    }
    progress.update(Math.min(units.length, (part + 1) * PART));
  }
  progress.end();
  return open(parts.map(path), encoder.featureSize, options.cacheBytes ?? 2 ** 30);
}

/** float32 [unit, exemplar, feature]. */
async function encode(store: ExemplarStore, units: readonly FeatureUnit[], encoder: ImageEncoder) {
  const { k, height, width } = store;
  const owner = units.flatMap(({ layer, row }) => Array.from(layer.images.subarray(row * k, (row + 1) * k)));
  const features = await encoder.encodeExemplars(owner, {
    image: async (id) => ndarray("uint8", [3, height, width], await store.image(id)),
    mask: async (at) => {
      const { layer, row } = units[Math.floor(at / k)];
      return ndarray("uint8", [height, width], await store.mask(layer, row, at % k));
    },
  });
  return { ...features, shape: [units.length, k * features.shape[1], encoder.featureSize] };
}

async function open(paths: readonly string[], featureSize: number, cacheBytes: number): Promise<Features> {
  const files: NpyFile[] = [];
  const close = async () => {
    for (const file of files) await file.close();
  };
  try {
    for (const path of paths) files.push(await openNpy(path));
    const exemplars = files[0]?.shape[1] ?? 0;
    const wrong = files.findIndex(({ shape }) => shape[1] !== exemplars || shape[2] !== featureSize);
    if (wrong >= 0) {
      throw new UserError(
        `reading ${paths[wrong]}: features [${files[wrong].shape}]; expected [units, ${exemplars}, ${featureSize}], delete its folder and train again`,
      );
    }
    const kept = new Map<number, Float32Array>();
    const most = cacheBytes / (4 * exemplars * featureSize);
    return {
      exemplars,
      featureSize,
      async read(index) {
        const before = kept.get(index);
        if (before) return before;
        const data = (await files[Math.floor(index / PART)].readAt(index % PART)).data as Float32Array;
        if (kept.size < most) kept.set(index, data);
        return data;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes a folder the one of these features, or refuses it. */
async function claim(folder: string, identity: FeatureIdentity): Promise<void> {
  const path = join(folder, "features.json");
  const text = `${JSON.stringify({ format: 1, ...identity })}\n`;
  if (!existsSync(path)) return writeFileAtomically(path, text);
  const found = (await readWhole("reading", path)).toString("utf8");
  if (found === text) return;
  let there: Partial<FeatureIdentity>;
  try {
    there = parseJson(found) as typeof there;
  } catch (error) {
    throw new UserError(`reading ${path}: it is damaged (${messageOf(error)}); delete the folder and train again`);
  }
  const differs =
    there.encoder !== identity.encoder
      ? "another encoder"
      : there.exemplars !== identity.exemplars
        ? "other exemplars"
        : "other units";
  throw new UserError(
    `reading ${folder}: its features are of ${differs}; expected those of this training, delete the folder or choose another with --cache`,
  );
}

/** Copies the features of some units behind one another: float32 [unit, exemplar, feature]. @param into reused if given. */
export async function gather(
  features: Features,
  indices: ArrayLike<number>,
  into: Float32Array = zeros("float32", [indices.length * features.exemplars * features.featureSize]).data,
) {
  const size = features.exemplars * features.featureSize;
  for (let i = 0; i < indices.length; i++) into.set(await features.read(indices[i]), i * size);
  return ndarray("float32", [indices.length, features.exemplars, features.featureSize], into);
}
