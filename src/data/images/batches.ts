/**
 * Pictures in batches, decoded ahead of the network.
 *
 * Running a network blocks the JavaScript thread inside native code. Reading and decoding go on in libuv's threads (four,
 * or as many as UV_THREADPOOL_SIZE says), but each step of a picture (read, look at the header, decode) is started from
 * JavaScript. So that the threads have work during a run, many pictures are under way at once: up to `concurrency`
 * pictures of this and the next `ahead` batches. Measured on two cores: twice the pictures per second of a loop of one at a time.
 *
 * Memory does not grow with the set: `ahead + 1` batches of pixels, one of network input, and the files of `concurrency`
 * pictures.
 */
import { UserError } from "../../base/errors.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { decode } from "./decode.js";
import { DamagedImage, type ImageSet } from "./imageset.js";
import { CHANNELS, checkPreprocessing, normalise, type Preprocessing } from "./preprocess.js";

/** Some pictures of a set. Valid until the next batch is asked for: the arrays are then written anew. */
export interface Batch {
  /** Dataset ids, in the order asked for. Damaged pictures are missing, so a batch may be short, but never empty. */
  readonly ids: Uint32Array;
  readonly count: number;
  /** uint8 [count, 3, height, width], RGB, 0..255. */
  readonly pixels: NdArray<"uint8">;
  /** float32 [count, channel, height, width] (or as the preprocessing says), what the network is fed. */
  readonly input: NdArray<"float32">;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly preprocessing: Preprocessing;
  /** Batches being prepared while one is in use; default 3. */
  readonly ahead?: number;
  /** Pictures under way at once; default 64. */
  readonly concurrency?: number;
  /**
   * Called once for each picture that cannot be used, in order, before the batch it is missing from.
   * @param reason a whole line that names the file.
   */
  readonly onSkip?: (index: number, file: string, reason: string) => void;
}

/**
 * Reads pictures in the given order.
 * @param order dataset ids.
 * Errors: damaged pictures are skipped; what no single picture is to blame for (too many open files, say) is thrown.
 * Leaving the loop early stops the work that is under way.
 */
export async function* batches(set: ImageSet, order: ArrayLike<number>, options: BatchOptions): AsyncGenerator<Batch> {
  const { batchSize, preprocessing, ahead = 3, concurrency = 64, onSkip } = options;
  checkPreprocessing(preprocessing);
  for (const [name, count, least] of [
    ["batchSize", batchSize, 1],
    ["concurrency", concurrency, 1],
    ["ahead", ahead, 0],
  ] as const) {
    if (Number.isInteger(count) && count >= least) continue;
    throw new UserError(`reading images: ${name} out of range; expected a whole number from ${least}, got ${count}`);
  }
  const { width, height } = preprocessing;
  const imageSize = 3 * width * height;
  const input = new Float32Array(batchSize * width * height * CHANNELS[preprocessing.channels]);
  const buffers = Array.from({ length: ahead + 1 }, () => new Uint8Array(batchSize * imageSize));
  const lanes = new Lanes(concurrency);

  const load = async (index: number, into: Uint8Array): Promise<Loaded> => {
    const { file } = set.entries[index];
    try {
      const picture = await set.read(index);
      if (!lanes.isClosed) await decode(picture, preprocessing, file, into);
      return { index };
    } catch (error) {
      if (error instanceof DamagedImage) return { index, problem: error.message };
      throw error;
    }
  };
  const begin = (first: number): Promise<Loaded[]> => {
    const buffer = buffers[(first / batchSize) % buffers.length];
    const count = Math.min(batchSize, order.length - first);
    const images = Array.from({ length: count }, (_, i) =>
      lanes.run(() => load(order[first + i], buffer.subarray(i * imageSize, (i + 1) * imageSize))),
    );
    const all = Promise.all(images);
    all.catch(() => {}); // thrown when its turn comes, if it comes
    return all;
  };

  const underWay: Promise<Loaded[]>[] = [];
  let next = 0;
  try {
    for (let first = 0; first < order.length; first += batchSize) {
      for (; next < order.length && underWay.length <= ahead; next += batchSize) underWay.push(begin(next));
      const loaded = await underWay.shift()!;
      await new Promise((resume) => setImmediate(resume)); // finished steps start their successors
      const pixels = buffers[(first / batchSize) % buffers.length];
      const ids = keepWhole(loaded, pixels, imageSize, (index, problem) => {
        onSkip?.(index, set.entries[index].file, problem);
      });
      const count = ids.length;
      if (count === 0) continue;
      const seen = pixels.subarray(0, count * imageSize);
      yield {
        ids,
        count,
        pixels: ndarray("uint8", [count, 3, height, width], seen),
        input: normalise(seen, preprocessing, input),
      };
    }
  } finally {
    await lanes.close();
  }
}

/** A picture that has been decoded, or the reason why not. */
interface Loaded {
  readonly index: number;
  readonly problem?: string;
}

/** Closes the gaps that damaged pictures left in a batch's pixels; returns the ids of the others. */
function keepWhole(
  loaded: readonly Loaded[],
  pixels: Uint8Array,
  imageSize: number,
  skip: (index: number, problem: string) => void,
): Uint32Array {
  const ids: number[] = [];
  for (const [from, { index, problem }] of loaded.entries()) {
    if (problem !== undefined) {
      skip(index, problem);
      continue;
    }
    const to = ids.push(index) - 1;
    if (to !== from) pixels.copyWithin(to * imageSize, from * imageSize, (from + 1) * imageSize);
  }
  return Uint32Array.from(ids);
}

/** Runs tasks in the order given, so many at a time. */
class Lanes {
  isClosed = false;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Tasks that have not begun when the lanes close never do, and never settle. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        this.#free--;
        const running = task()
          .then(resolve, reject)
          .finally(() => {
            this.#free++;
            this.#running.delete(running);
            if (!this.isClosed) this.#waiting.shift()?.();
          });
        this.#running.add(running);
      };
      if (this.#free > 0 && this.#waiting.length === 0) begin();
      else this.#waiting.push(begin);
    });
  }

  /** Begins nothing more and waits for what runs. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }
}
