/**
 * What a dissection will cost: time, memory and disk of the sweep, of shards of it on several workers, and of adding them up. From the plan of the sweep, which
 * says how much is kept, and constants of the model, the pictures and the machine, which `measure.ts` finds by running a few batches.
 *
 * Only one part is not simply a number of images times what each costs: the more images have been seen, the fewer activations can still decide a level, and the
 * less has to be looked at. How many follows from the tails' buffers (`tail.ts`). A shard never gets beyond the expensive beginning.
 */
import type { LayerPlan } from "./plan.js";
import { WANTED } from "./sample.js";
import { ROOM, roomOf } from "./tail.js";

/** Constants of a model, a probe set and a machine. Times in milliseconds where nothing else is said. */
export interface SweepCosts {
  /** Opening the network with what the sweep adds to it. */
  readonly openMs: number;
  /** Listing the probe set, a picture. */
  readonly listMs: number;
  /** Reading and decoding a picture: what that adds to the network's time, beside which it goes on. */
  readonly decodeMs: number;
  /** The bare network, a picture. */
  readonly forwardMs: number;
  /** What the statistics add to the network's time, a picture: by the age of the sweep, see `AGES`. */
  readonly statisticsMs: readonly number[];
  /** Selecting the largest of a full buffer, nanoseconds a value. */
  readonly selectNs: number;
  /** Writing a state, and adding one up, nanoseconds a byte. */
  readonly saveNs: number;
  readonly addNs: number;
  /** How far winners crowd on few images, see `winnersOf`. */
  readonly crowding: number;
  /** Running a picture that won for its maps: what that adds to decoding and network. */
  readonly visitMs: number;
  /** Copying a map from a part that another process made. */
  readonly copyMs: number;
  /** Memory of a process that has the network and the probe set open, without what it keeps of the images. */
  readonly baseBytes: number;
}

/** What there is to do. */
export interface Task {
  readonly plans: readonly LayerPlan[];
  readonly images: number;
  readonly k: number;
  /** Length of a picture's path, on average. */
  readonly nameBytes: number;
}

/** What a dissection costs on a number of workers, each of which sweeps one shard. One worker makes the run in one piece. */
export interface Prediction {
  readonly workers: number;
  /** Until the slowest worker has swept its shard. */
  readonly sweepMs: number;
  /** Of that, listing and opening; the rest is pictures and saved states. */
  readonly startMs: number;
  /** A picture, on average: decoding, network and statistics. */
  readonly imageMs: number;
  /** Images that win a place among some unit's exemplars, and running them once more, shared out among the workers. */
  readonly winners: number;
  readonly mapsMs: number;
  /** Adding up the shards and putting their maps together, by one process; 0 with one worker. */
  readonly addMs: number;
  /** Levels and tables. */
  readonly tablesMs: number;
  readonly totalMs: number;
  /** Memory of a worker, at most. */
  readonly workerBytes: number;
  /** Of one shard, when it is done, and of all. */
  readonly stateBytes: number;
  readonly statesBytes: number;
  /** Of the finished run. */
  readonly runBytes: number;
}

/**
 * How many of the activations still matter at each age of a sweep: a third as many each time the buffers have been filled and emptied, since a buffer has room for
 * `ROOM` tails and is emptied down to one.
 */
export const AGES: readonly number[] = [0, 1, 2, 3, 4].map((age) => ROOM ** -age);

/** Shares of a sweep at each of `AGES`, when a unit shows `seen` activations and `capacity` are kept. */
export function agesOf(seen: number, capacity: number): number[] {
  const ends = AGES.map((_, age) => (age === AGES.length - 1 ? seen : Math.min(seen, capacity * ROOM ** (age + 1))));
  return ends.map((end, age) => (end - (ends[age - 1] ?? 0)) / seen);
}

/** Bytes of a picture in the list of a probe set, without its name. */
const ENTRY_BYTES = 200;
/** Least milliseconds between two saves, and how many times as long as one (`sweep.ts`). */
const SAVE_EVERY_MS = 30_000;
const SAVE_SHARE = 20;

/** Predicts a dissection on `workers` workers like the one that was measured. */
export function predictSweep({ plans, images, k, nameBytes }: Task, costs: SweepCosts, workers: number): Prediction {
  const own = Math.ceil(images / workers);
  const layers = plans.map((plan) => keptOf(plan, own));
  const whole = plans.map((plan) => keptOf(plan, images));
  const sum = (of: (layer: Kept) => number, list = layers) => list.reduce((total, layer) => total + of(layer), 0);

  // the statistics' time is of all layers together, so ages are averaged, weighted by how much there is to look at
  const looked = sum((layer) => layer.rows * layer.seen);
  const shares = AGES.map((_, age) => sum((layer) => layer.rows * layer.seen * layer.ages[age]) / looked);
  const statisticsMs = shares.reduce((total, share, age) => total + share * costs.statisticsMs[age], 0);
  const selectMs = (sum((layer) => layer.rows * layer.selected) * costs.selectNs) / 1e6;
  const imageMs = costs.decodeMs + costs.forwardMs + statisticsMs + selectMs / own;
  const stateBytes = sum((layer) => layer.stateBytes) + sum(({ rows }) => rows * (8 * k + 9));
  const saveMs = (stateBytes * costs.saveNs) / 1e6;
  const saving = saveMs / (Math.max(SAVE_EVERY_MS, SAVE_SHARE * saveMs) + saveMs);
  const startMs = costs.listMs * images + costs.openMs;
  const sweptMs = own * imageMs;
  const savesMs = sweptMs < SAVE_EVERY_MS ? 0 : (sweptMs * saving) / (1 - saving);
  const sweepMs = startMs + sweptMs + savesMs + (workers > 1 ? saveMs : 0);

  const statesBytes = workers * stateBytes;
  const places = sum(({ rows }) => rows * k);
  const winners = winnersOf(images, places, costs.crowding);
  const visitsMs = costs.openMs + (winners / workers) * (costs.decodeMs + costs.forwardMs + costs.visitMs);
  // a worker that makes maps reads the best images of all shards; whoever adds up also copies the maps of all
  const topsMs = (8 * places * workers * costs.addNs) / 1e6;
  const mapsMs = workers > 1 ? costs.listMs * images + topsMs + visitsMs : visitsMs;
  const addMs = workers > 1 ? costs.listMs * images + (statesBytes * costs.addNs) / 1e6 + places * costs.copyMs : 0;
  const tailBytes = sum((layer) => layer.stateBytes, whole);
  const tablesMs = (2 * tailBytes * costs.saveNs) / 1e6; // levels are taken from sorted tails, and those are written
  return {
    ...{ workers, sweepMs, startMs, imageMs, addMs, winners, mapsMs, tablesMs },
    totalMs: sweepMs + addMs + mapsMs + tablesMs,
    workerBytes:
      costs.baseBytes +
      sum((layer) => layer.bufferBytes + layer.sampleBytes) +
      Math.max(...layers.map((layer) => layer.stateBytes)),
    ...{ stateBytes, statesBytes },
    runBytes:
      plans.reduce((total, { rows, layout }) => total + rows * k * (4 * layout.height * layout.width + 20), 0) +
      tailBytes +
      images * (nameBytes + 20),
  };
}

/**
 * Different images that win `places` places. Units of a network respond to the same images more often than chance has it.
 * @param crowding 1/2 where places fall on images by chance and are few, more where a few images win much; `crowdingOf` finds it from some of the images.
 */
export const winnersOf = (images: number, places: number, crowding: number): number =>
  (images * places) / (images + crowding * places);

/** What `winnersOf` needs to know, where `winners` of some images were seen to win `places`. */
export const crowdingOf = (images: number, places: number, winners: number): number =>
  Math.max(1 / 2, images / winners - images / places);

/** Memory that a list of pictures takes. */
export const listBytes = (images: number, nameBytes: number): number => images * (ENTRY_BYTES + nameBytes);

/** What a sweep over some of the images keeps of a layer. */
interface Kept {
  readonly rows: number;
  /** Activations that each unit shows. */
  readonly seen: number;
  readonly ages: readonly number[];
  /** Values that each unit's selections go through. */
  readonly selected: number;
  readonly bufferBytes: number;
  readonly sampleBytes: number;
  readonly stateBytes: number;
}

/** @param images of the shard; the plan is that of the whole. */
function keptOf(plan: LayerPlan, images: number): Kept {
  const { rows, positions, every, capacity, shown } = plan;
  const seen = positions * Math.ceil(images / every);
  const room = roomOf(capacity, positions);
  const selections = seen < room ? 0 : Math.floor(Math.log(seen / capacity) / Math.log(ROOM));
  const sampled = Math.min(WANTED, shown) * Math.min(1, (positions * images) / shown);
  const sampleBytes = 4 * rows * Math.ceil(sampled);
  return {
    ...{ rows, seen, sampleBytes },
    ages: agesOf(seen, capacity),
    selected: selections * room,
    bufferBytes: 4 * rows * Math.min(room, seen),
    stateBytes: 4 * rows * Math.min(capacity, seen) + sampleBytes,
  };
}

/** Bytes of the buffers that a sweep has written to after some images. */
export const buffersBytes = (plans: readonly LayerPlan[], images: number): number =>
  plans.reduce((total, plan) => total + keptOf(plan, images).bufferBytes, 0);
