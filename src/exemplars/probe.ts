/**
 * What a network is shown: a probe set with the way it is fed. Pictures are decoded, resized and normalised; a generator's
 * latents are fed as they are, and its pictures are what it makes of them. A dissection does not know which.
 */

import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { batches } from "../data/images/batches.js";
import { decode } from "../data/images/decode.js";
import type { ImageSet } from "../data/images/imageset.js";
import type { LatentSet } from "../data/images/latents.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import type { Arrays } from "../engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf } from "../engine/tensor/ndarray.js";

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
  close(): Promise<void>;
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
    close: () => set.close(),
  };
}

/** A probe set of latents. */
export function latentProbe(
  latents: LatentSet,
  location: string,
  generated: string,
  picture: readonly [number, number],
): Probe {
  return {
    kind: "latents",
    location,
    fingerprint: latents.fingerprint,
    size: latents.length,
    preprocessing: null,
    picture,
    generated,
    entry: (id) => ({ file: `latent ${id}`, label: undefined }),
    async *batches(order, batchSize, fixed) {
      for (let first = 0; first < order.length; first += batchSize) {
        const ids = Array.from({ length: Math.min(batchSize, order.length - first) }, (_, i) => order[first + i]);
        const rows = await latents.feeds(ids);
        const feeds = Object.entries(rows).map(([name, array]) => [name, fixed ? filledUp(array, batchSize) : array]);
        yield { ids, feeds: Object.fromEntries(feeds) };
      }
    },
    close: () => latents.close(),
  };
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

/** Pictures of a set at a size, uint8 [n, 3, height, width]. Errors: a picture that cannot be read is a `UserError`. */
export async function pictures(set: ImageSet, ids: ArrayLike<number>, view: Preprocessing): Promise<NdArray<"uint8">> {
  const size = 3 * view.height * view.width;
  const all = new Uint8Array(ids.length * size);
  const load = async (id: number, i: number) => {
    const entry = set.entries[id];
    if (!entry) throw new UserError(`reading the probe set: no image ${id}; expected the set the run was made with`);
    await decode(await set.read(id), view, entry.file, all.subarray(i * size, (i + 1) * size));
  };
  await Promise.all(Array.from(ids, load));
  return ndarray("uint8", [ids.length, 3, view.height, view.width], all);
}
