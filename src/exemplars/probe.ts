/**
 * What a network is shown: a probe set with the way it is fed. Pictures are decoded, resized and normalised; a generator's
 * latents are fed as they are, and its pictures are what it makes of them. A dissection does not know which.
 */

import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { batches } from "../data/images/batches.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openLatents } from "../data/images/latents.js";
import { openImages } from "../data/images/open.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import type { Layer } from "../engine/onnx/layers.js";
import type { TensorInfo } from "../engine/onnx/values.js";
import type { Arrays } from "../engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf, toFloat32 } from "../engine/tensor/ndarray.js";
import { imageInput, preprocessingOf, type Subject } from "./subject.js";

/** Some of a probe set, ready to be fed. Valid until the next one is asked for. */
export interface ProbeBatch {
  /** Dataset ids; damaged ones are missing. */
  readonly ids: ArrayLike<number>;
  readonly feeds: Arrays;
}

export interface Probe {
  readonly kind: "images" | "latents";
  readonly location: string;
  readonly fingerprint: string;
  readonly size: number;
  readonly preprocessing: Preprocessing | null;
  /** Size of the network's picture, [height, width] in pixels. */
  readonly picture: readonly [number, number];
  /** For generators: the tensor that holds the generated images. */
  readonly generated?: string;
  /** The file and class of a dataset id. */
  entry(id: number): { readonly file: string; readonly label: string | undefined };
  /**
   * Feeds, in the given order.
   * @param fixed whether the network takes batches of exactly `batchSize` only: a short one is then filled up with its last image.
   */
  batches(
    order: ArrayLike<number>,
    batchSize: number,
    fixed: boolean,
    onSkip: (id: number) => void,
  ): AsyncIterable<ProbeBatch>;
  /** Of pictures: their bytes, as `ImageSet.read`. */
  readonly read?: ImageSet["read"];
  close(): Promise<void>;
}

/** Opens a probe set for a model, once the model is known. */
export type ProbeOpener = (subject: Subject, progress: Progress) => Promise<Probe>;

/**
 * Pictures as a probe set.
 * @param path a folder (class folders or flat), `.zip`, `.tar`, `.npy` or one picture.
 * @param settings where the model wants other than its own input size and ImageNet's mean and standard deviation.
 */
export function imageFolder(path: string, settings: Partial<Preprocessing> = {}): ProbeOpener {
  return async (subject, progress) => {
    const preprocessing = preprocessingOf(subject, settings);
    return imageProbe(await openImages(path), preprocessing, imageInput(subject).name, progress);
  };
}

/** A generator's latents as a probe set: see `openLatentProbe`. */
export function latentFolder(path: string, generated?: string): ProbeOpener {
  return (subject) => openLatentProbe(subject, path, generated);
}

/** A probe set of pictures. @param input name of the network's image input. */
export function imageProbe(set: ImageSet, preprocessing: Preprocessing, input: string, progress: Progress): Probe {
  return {
    kind: "images",
    location: set.location,
    fingerprint: set.fingerprint,
    size: set.entries.length,
    preprocessing,
    picture: [preprocessing.height, preprocessing.width],
    entry: (id) => set.entries[id],
    async *batches(order, batchSize, fixed, onSkip) {
      const skip = (id: number, _file: string, reason: string) => {
        progress.warn(reason);
        onSkip(id);
      };
      for await (const batch of batches(set, order, { batchSize, preprocessing, onSkip: skip })) {
        yield { ids: batch.ids, feeds: { [input]: fixed ? filledUp(batch.input, batchSize) : batch.input } };
      }
    },
    read: (id) => set.read(id),
    close: () => set.close(),
  };
}

/**
 * A probe set of latents for a generator.
 * @param location a `.npy` per input in a folder, or one `.npy` for a model with one input.
 * @param generated the output that holds the images, [n, 3 or 1, height, width] in [-1, 1]; default: the first that can.
 */
export async function openLatentProbe(subject: Subject, location: string, generated?: string): Promise<Probe> {
  const images = generatedImages(subject, generated);
  const only = subject.inputs.length === 1 && location.endsWith(".npy");
  const latents = await openLatents(only ? { [subject.inputs[0].name]: location } : location);
  const wanted = subject.inputs.map(({ name }) => name).sort();
  if (`${latents.inputs}` !== `${wanted}`) {
    await latents.close();
    throw new UserError(
      `feeding ${subject.path}: latents for ${latents.inputs.join(", ")}; expected one .npy for each input, ${wanted.join(", ")}; rename the files`,
    );
  }
  const feedsOf = async (ids: ArrayLike<number>) => {
    const rows = await latents.feeds(ids);
    return subject.inputs.map((input): [string, NdArray] => [
      input.name,
      fitted(rows[input.name], input, subject.path),
    ]);
  };
  await feedsOf([0]).catch(async (error) => {
    await latents.close();
    throw error;
  });
  return {
    kind: "latents",
    location,
    fingerprint: latents.fingerprint,
    size: latents.length,
    preprocessing: null,
    picture: [images.shape[2], images.shape[3]],
    generated: images.name,
    entry: (id) => ({ file: `latent ${id}`, label: undefined }),
    async *batches(order, batchSize, fixed) {
      for (let first = 0; first < order.length; first += batchSize) {
        const ids = Array.from({ length: Math.min(batchSize, order.length - first) }, (_, i) => order[first + i]);
        const feeds = await feedsOf(ids);
        const filled = feeds.map(([name, array]) => [name, fixed ? filledUp(array, batchSize) : array]);
        yield { ids, feeds: Object.fromEntries(filled) };
      }
    },
    close: () => latents.close(),
  };
}

/** Latents as an input takes them: of its shape and type, but any numbers (NumPy's are float64) where it takes float32. */
function fitted(array: NdArray, { name, dtype, shape }: TensorInfo, path: string): NdArray {
  const rest = array.shape.slice(1);
  const open = (n: number | string) => typeof n === "string" || n <= 0;
  const fits =
    shape.length === 0 ||
    (shape.length === array.shape.length && rest.every((n, i) => open(shape[i + 1]) || n === shape[i + 1]));
  const converted = dtype === "float32" ? toFloat32(array) : array;
  if (fits && converted.dtype === dtype) return converted;
  throw new UserError(
    `feeding ${path}: the latents of ${name} are ${array.dtype} [n, ${rest.join(", ")}]; expected ${dtype} [${shape.join(", ")}], write them anew`,
  );
}

function generatedImages({ path, model, layers }: Subject, wanted: string | undefined): Layer {
  const outputs = new Set(model.proto.graph?.output.map(({ name }) => name));
  const isPicture = ({ kind, units }: Layer) => kind === "map" && (units === 3 || units === 1);
  const found = layers.find(
    (layer) => isPicture(layer) && (wanted === undefined ? outputs.has(layer.name) : layer.name === wanted),
  );
  if (found) return found;
  throw new UserError(
    `feeding ${path}: ${wanted === undefined ? "no output" : `${wanted} is no tensor that`} holds images; expected [n, 3 or 1, height, width], name one with --generated`,
  );
}

/** A batch with its last row repeated up to `count` rows. */
function filledUp<A extends NdArray>(array: A, count: number): A {
  if (array.shape[0] === count) return array;
  const row = sizeOf(array.shape.slice(1));
  const source = array.data as Float32Array; // stands for any typed array: elements are only moved
  const data = new (source.constructor as typeof Float32Array)(count * row);
  data.set(source.subarray(0, array.shape[0] * row));
  for (let i = array.shape[0]; i < count; i++)
    data.copyWithin(i * row, (array.shape[0] - 1) * row, array.shape[0] * row);
  return ndarray(array.dtype, [count, ...array.shape.slice(1)], data) as A;
}
