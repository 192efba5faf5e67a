/**
 * Measures what `cost.ts` predicts from, on this machine, with the user's own network and pictures: some batches are swept as they would be at several ages of a
 * sweep, alone and with decoding beside, in turns with the bare network, so that a machine that is busy now and then slows all of them. Takes a quarter to a whole
 * minute, more for networks that need seconds for a picture.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "../base/progress.js";
import { Random } from "../base/random.js";
import { openSession } from "../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../engine/runtime/session.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { openNpy } from "../engine/tensor/npy.js";
import { RowWriter } from "../run/rows.js";
import { AGES, buffersBytes, crowdingOf, type SweepCosts, winnersOf } from "./cost.js";
import type { LayerPlan } from "./plan.js";
import type { Probe, ProbeBatch } from "./probe.js";
import { selectLargest } from "./select.js";
import { addState, saveState } from "./state.js";
import { LayerStatistics } from "./statistics.js";
import type { Subject } from "./subject.js";
import { Sweeper } from "./sweep.js";
import { ROOM } from "./tail.js";
import { visitWinners } from "./visit.js";

export interface MeasureOptions {
  readonly batchSize: number;
  readonly fixed: boolean;
  readonly k: number;
  readonly session: SessionOptions;
  /** Images of the whole sweep; the probe set may hold only some like them. */
  readonly images: number;
  /** How long to take turns, at least twice; default 20 s. */
  readonly forMs?: number;
  /** The clock that costs are read from, milliseconds; default: the wall's. The time that processors took tells more on a machine that does other work. */
  readonly now?: () => number;
}

/** Which age is swept with decoding beside: the one in which a whole sweep spends most of its time. */
const TYPICAL = 3;
/** Batches that fill the pipeline before it is timed, and that are still under way when the clock stops. */
const FILLING = 4;
/** Most batches held in memory, and swept at each age in one turn. */
const MOST_HELD = 4;
/** How long a turn's part should take, where a batch does not take longer. */
const PART_MS = 1000;

/** Measures. Of what a probe set costs, listing it is left to whoever opens it. */
export async function measureSweep(
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  options: MeasureOptions,
): Promise<Omit<SweepCosts, "listMs">> {
  const { batchSize, k, session, forMs = 20_000, now = () => performance.now() } = options;
  const timed = async (work: () => Promise<unknown>) => {
    const began = now();
    await work();
    return now() - began;
  };
  const began = now();
  const sweeper = await Sweeper.open(subject.model, plans, { k, seed: 0, session });
  const openMs = now() - began;
  let bare: Session | undefined;
  try {
    const held = await hold(probe, options);
    const [first] = held;
    await sweeper.add(first.ids, first.feeds); // the first run allocates
    const batchMs = await timed(() => sweeper.add(first.ids, first.feeds));
    const used = held.slice(0, Math.max(1, Math.min(MOST_HELD, Math.round(PART_MS / batchMs))));
    for (const batch of used) await sweeper.add(batch.ids, batch.feeds);
    const floors = AGES.map((share) => sweeper.layers.map((layer) => floorsOf(layer, share)));

    const pipeline = new Pipeline(
      probe,
      { ...options, now },
      Math.max(2, Math.min(16, Math.round((2 * PART_MS) / batchMs))),
    );
    await pipeline.run((batch) => sweeper.add(batch.ids, batch.feeds, floors[TYPICAL]));
    const added = (2 + used.length) * batchSize + pipeline.seen;
    const baseBytes = process.memoryUsage().rss - buffersBytes(plans, added);

    bare = await openSession(subject.model, session);
    await bare.run(first.feeds);
    const spent = { bare: 0, ages: AGES.map(() => 0), piped: 0, images: 0, pipedImages: 0 };
    const from = performance.now();
    for (let turn = 0; turn < 2 || performance.now() - from < forMs; turn++) {
      for (const batch of used) {
        spent.bare += await timed(() => bare!.run(batch.feeds));
        for (const age of AGES.keys()) {
          spent.ages[age] += await timed(() => sweeper.add(batch.ids, batch.feeds, floors[age]));
        }
        spent.images += batch.ids.length;
      }
      const { ms, images } = await pipeline.run((batch) => sweeper.add(batch.ids, batch.feeds, floors[TYPICAL]));
      spent.piped += ms;
      spent.pipedImages += images;
    }
    const forwardMs = spent.bare / spent.images;
    const ages = spent.ages.map((ms) => ms / spent.images);
    const decodeMs = Math.max(0, spent.piped / spent.pipedImages - ages[TYPICAL]);
    const crowding = crowdingIn(sweeper.layers, pipeline.images, options);
    return {
      ...{ openMs, forwardMs, decodeMs, baseBytes, crowding },
      statisticsMs: ages.map((ms) => ms - forwardMs),
      selectNs: timeSelection(plans, now),
      ...(await timeStates(plans, k, timed)),
      visitMs:
        (await timeVisit(subject, probe, plans, { ...options, now, crowding, pictureMs: decodeMs + forwardMs })) -
        decodeMs -
        forwardMs,
    };
  } finally {
    await sweeper.close();
    await bare?.close();
  }
}

type Timed = (work: () => Promise<unknown>) => Promise<number>;

/** `count` ids from all over the set: pictures of a class, which are alike, often follow each other. */
const spread = (size: number, count: number, turn = 0): Uint32Array =>
  Uint32Array.from({ length: Math.min(size, count) }, (_, i) =>
    Math.floor(((i + (turn % 7) / 7) * size) / Math.min(size, count)),
  );

/** A few batches in memory. */
async function hold(probe: Probe, { batchSize, fixed }: MeasureOptions): Promise<ProbeBatch[]> {
  const held: ProbeBatch[] = [];
  for await (const { ids, feeds } of probe.batches(
    spread(probe.size, MOST_HELD * batchSize),
    batchSize,
    fixed,
    () => {},
  )) {
    const copies = Object.entries(feeds).map(([name, array]) => [name, { ...array, data: array.data.slice() }]);
    held.push({ ids: Uint32Array.from(ids), feeds: Object.fromEntries(copies) as Arrays });
  }
  return held;
}

/** Batches as a sweep gets them, decoded while the network runs; others at each turn, as long as there are some. */
class Pipeline {
  /** Images run so far, some of them again and again. */
  seen = 0;
  readonly images = new Set<number>();
  readonly #probe: Probe;
  readonly #options: MeasureOptions & { readonly now: () => number };
  readonly #timed: number;
  #turn = 0;

  /** @param timed batches to time at each turn. */
  constructor(probe: Probe, options: MeasureOptions & { readonly now: () => number }, timed: number) {
    this.#probe = probe;
    this.#options = options;
    this.#timed = timed;
  }

  async run(work: (batch: ProbeBatch) => Promise<void>): Promise<{ ms: number; images: number }> {
    const { batchSize, fixed, now } = this.#options;
    const wanted = (2 * FILLING + this.#timed) * batchSize;
    const size = this.#probe.size;
    const once = spread(size, wanted, this.#turn++);
    // a set of few pictures is gone through again
    const order = Uint32Array.from({ length: wanted }, (_, i) => once[i % once.length]);
    let began = 0;
    let images = 0;
    let batches = 0;
    for await (const batch of this.#probe.batches(order, batchSize, fixed, () => {})) {
      if (batches === Math.min(FILLING, this.#timed)) began = now();
      await work(batch);
      this.seen += batch.ids.length;
      for (let i = 0; i < batch.ids.length; i++) this.images.add(batch.ids[i]);
      if (began > 0) images += batch.ids.length;
      if (++batches === Math.min(FILLING, this.#timed) + this.#timed) break;
    }
    return { ms: now() - began, images };
  }
}

/** float32 [unit]: what a share of the activations seen so far exceeds. */
function floorsOf({ tails, plan: { rows } }: LayerStatistics, share: number): Float32Array {
  if (share === 1) return new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
  return Float32Array.from({ length: rows }, (_, unit) => {
    const largest = tails.largest(unit);
    return largest[Math.min(largest.length - 1, Math.floor(share * tails.count(unit)))] ?? Number.NEGATIVE_INFINITY;
  });
}

/** How winners crowd among the images that were run: of each unit the same share of places as in the whole sweep. */
function crowdingIn(
  layers: readonly LayerStatistics[],
  seen: ReadonlySet<number>,
  { k, images }: Pick<MeasureOptions, "k" | "images">,
): number {
  const own = Math.max(1, Math.min(k, Math.round((k * seen.size) / images)));
  const winners = new Set<number>();
  let places = 0;
  for (const { top, plan } of layers) {
    const { ids } = top.save();
    for (let row = 0; row < plan.rows; row++) {
      // images that were run again are there again
      const best = [...new Set(ids.subarray(row * k, (row + 1) * k))].filter((id) => seen.has(id)).slice(0, own);
      for (const id of best) winners.add(id);
      places += best.length;
    }
  }
  return winners.size === 0 ? 1 : crowdingOf(seen.size, places, winners.size);
}

/** Nanoseconds a value of selecting from a full buffer of random numbers. */
function timeSelection(plans: readonly LayerPlan[], now: () => number): number {
  const random = new Random(1);
  const capacity = Math.max(...plans.map((plan) => plan.capacity));
  const drawn = Float32Array.from({ length: ROOM * capacity }, () => random.uniform());
  let [leastMs, spentMs] = [Number.POSITIVE_INFINITY, 0];
  for (let time = 0; time < 5 || spentMs < 200; time++) {
    const buffer = drawn.slice();
    const began = now();
    selectLargest(buffer, capacity);
    const ms = now() - began;
    [leastMs, spentMs] = [Math.min(leastMs, ms), spentMs + ms];
  }
  return (1e6 * leastMs) / drawn.length;
}

/** Nanoseconds a byte of saving a state, and of adding one up: of some units of the layer that keeps most. */
async function timeStates(
  plans: readonly LayerPlan[],
  k: number,
  timed: Timed,
): Promise<{ saveNs: number; addNs: number; copyMs: number }> {
  const largest = plans.reduce((a, b) => (b.capacity > a.capacity ? b : a));
  const rows = Math.max(1, Math.min(largest.rows, Math.floor((16 << 20) / (4 * largest.capacity))));
  const plan = { ...largest, rows };
  const random = new Random(2);
  const full = new LayerStatistics(plan, k);
  const values = Float32Array.from({ length: plan.capacity }, () => random.uniform());
  for (let unit = 0; unit < rows; unit++) {
    for (let time = 0; time < 2; time++) full.tails.add(unit, values, 0, values.length);
  }
  const folder = await mkdtemp(join(tmpdir(), "milan-plan-"));
  try {
    const path = join(folder, "state.safetensors");
    const saveMs = await timed(() => saveState(path, [full], { done: 0, batchSize: 1, skipped: [] }));
    const { size } = await stat(path);
    const addMs = await timed(() => addState(path, [new LayerStatistics(plan, k)]));
    return { saveNs: (1e6 * saveMs) / size, addNs: (1e6 * addMs) / size, copyMs: await timeCopy(plans, folder, timed) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds of reading a map of usual size from one file and writing it to another. */
async function timeCopy(plans: readonly LayerPlan[], folder: string, timed: Timed): Promise<number> {
  const maps = 1000;
  const units = plans.reduce((sum, { rows }) => sum + rows, 0);
  const cells = plans.reduce((sum, { rows, layout }) => sum + rows * layout.height * layout.width, 0);
  const map = ndarray("float32", [Math.ceil(cells / units)], new Float32Array(Math.ceil(cells / units)));
  const writer = await RowWriter.create(join(folder, "maps.npy"), "float32", [maps, ...map.shape]);
  let ms = await timed(async () => {
    for (let i = 0; i < maps; i++) await writer.write(i, map);
  });
  await writer.commit();
  const file = await openNpy(join(folder, "maps.npy"));
  ms += await timed(async () => {
    for (let i = 0; i < maps; i++) await file.readAt(i);
  });
  await file.close();
  return ms / maps;
}

/** Milliseconds a picture of running winners for their maps, each with as many places as there will be. */
async function timeVisit(
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  options: MeasureOptions & { readonly now: () => number; readonly crowding: number; readonly pictureMs: number },
): Promise<number> {
  const { k, images, batchSize, now, crowding, pictureMs } = options;
  const places = plans.reduce((sum, { rows }) => sum + rows * k, 0);
  const each = Math.max(1, Math.round(places / winnersOf(images, places, crowding)));
  const batches = Math.max(2 + FILLING, Math.min(64, Math.round((2 * PART_MS) / (batchSize * pictureMs))));
  const chosen = spread(probe.size, batches * batchSize);
  const ids = plans.map(({ rows }) => new Int32Array(rows * k).fill(-1));
  const random = new Random(3);
  for (let i = 0; i < each * chosen.length; i++) {
    let place = random.integer(places);
    const layer = plans.findIndex(({ rows }) => {
      if (place < rows * k) return true;
      place -= rows * k;
      return false;
    });
    ids[layer][place] = chosen[i % chosen.length];
  }
  const folder = await mkdtemp(join(tmpdir(), "milan-plan-"));
  try {
    const marks: { count: number; at: number }[] = [];
    const update = (count: number) => {
      marks.push({ count, at: now() });
    };
    await visitWinners(folder, subject, probe, plans, ids, k, { ...options, progress: { ...silent, update } });
    // the first batch allocates, and some are decoded before they are waited for
    const [first, last] = [marks[Math.min(FILLING, marks.length >> 1)], marks[marks.length - 1]];
    return last.count > first.count ? (last.at - first.at) / (last.count - first.count) : 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}
