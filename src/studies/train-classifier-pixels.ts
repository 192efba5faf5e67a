/**
 * Pictures at the network's size, as often as epochs want them: decoded once and kept as bytes where they fit into memory
 * (12 kB for 64 x 64 pixels), else decoded anew each time, ahead of the network.
 */
import { UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { batches } from "../data/images/batches.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import type { Labelled } from "./train-classifier-data.js";

/** Some pictures. Valid until the next are asked for. */
export interface Pictures {
  /** uint8 [n, 3, height, width]. */
  readonly pixels: Uint8Array;
  readonly labels: Uint32Array;
}

export interface PixelSource {
  /** Class of every picture that can be had. */
  readonly labels: Uint32Array;
  /** Pictures by their number in `labels`, in this order, in batches. */
  read(order: Uint32Array, batchSize: number): AsyncIterable<Pictures>;
}

export interface PixelOptions {
  readonly preprocessing: Preprocessing;
  /** Most bytes to keep in memory. */
  readonly cacheBytes: number;
  readonly progress: Progress;
}

/** Opens pictures for reading again and again. Damaged ones are left out with a warning. */
export async function openPixels(data: Labelled, options: PixelOptions): Promise<PixelSource> {
  const { width, height } = options.preprocessing;
  return data.ids.length * 3 * width * height <= options.cacheBytes ? keep(data, options) : stream(data, options);
}

const KEEP_BATCH = 64;

async function keep({ set, ids, labels }: Labelled, options: PixelOptions): Promise<PixelSource> {
  const { preprocessing, progress } = options;
  const size = 3 * preprocessing.width * preprocessing.height;
  const pixels = new Uint8Array(ids.length * size);
  const kept = new Uint32Array(ids.length);
  const labelOf = new Map(Array.from(ids, (id, i) => [id, labels[i]]));
  let count = 0;
  progress.begin("images", ids.length, "image");
  const onSkip = (_id: number, _file: string, reason: string) => progress.warn(reason);
  for await (const batch of batches(set, ids, { batchSize: KEEP_BATCH, preprocessing, onSkip })) {
    pixels.set(batch.pixels.data, count * size);
    for (const id of batch.ids) kept[count++] = labelOf.get(id)!;
    progress.update(count);
  }
  progress.end();
  if (count === 0) throw undecodable(set.location);
  const all = kept.subarray(0, count);
  return {
    labels: all,
    async *read(order, batchSize) {
      const buffer = new Uint8Array(batchSize * size);
      for (let first = 0; first < order.length; first += batchSize) {
        const some = order.subarray(first, first + batchSize);
        for (const [i, at] of some.entries()) buffer.set(pixels.subarray(at * size, (at + 1) * size), i * size);
        yield { pixels: buffer.subarray(0, some.length * size), labels: Uint32Array.from(some, (at) => all[at]) };
      }
    },
  };
}

function stream({ set, ids, labels }: Labelled, { preprocessing, progress }: PixelOptions): PixelSource {
  const size = 3 * preprocessing.width * preprocessing.height;
  const labelOf = new Map(Array.from(ids, (id, i) => [id, labels[i]]));
  const known = new Set<number>();
  const onSkip = (id: number, _file: string, reason: string) => {
    if (!known.has(id)) progress.warn(reason);
    known.add(id);
  };
  return {
    labels,
    async *read(order, batchSize) {
      const buffer = new Uint8Array(batchSize * size);
      let wanted = order.length;
      const all = Uint32Array.from(order, (at) => ids[at]);
      for await (const batch of batches(set, all, { batchSize, preprocessing, onSkip })) {
        const count = Math.min(batchSize, wanted);
        wanted -= count;
        // The first of a batch stands in for damaged ones, so that what follows does not depend on what was seen before.
        const at = (i: number) => (i < batch.count ? i : 0);
        for (let i = 0; i < count; i++) {
          buffer.set(batch.pixels.data.subarray(at(i) * size, (at(i) + 1) * size), i * size);
        }
        const found = Uint32Array.from({ length: count }, (_, i) => labelOf.get(batch.ids[at(i)])!);
        yield { pixels: buffer.subarray(0, count * size), labels: found };
      }
      if (wanted > 0) throw undecodable(set.location);
    },
  };
}

const undecodable = (location: string) =>
  new UserError(`reading ${location}: a whole batch of damaged pictures; expected pictures that can be decoded`);
