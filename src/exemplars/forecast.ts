/** What a dissection would take, on any number of workers, before it is begun: `milan plan`. */
import { silent } from "../base/progress.js";
import { listBytes, type Prediction, predictSweep, type SweepCosts } from "./cost.js";
import { type DissectOptions, planOf, sweepOptions } from "./dissect.js";
import { measureSweep } from "./measure.js";
import type { ProbeOpener } from "./probe.js";
import type { Subject } from "./subject.js";

export interface ForecastOptions extends Omit<DissectOptions, "out" | "saveEveryMs"> {
  /** Numbers of workers to predict for, each sweeping one shard. */
  readonly workers: readonly number[];
  /** Images of the whole set, when the probe set given holds only some like them; default: its own. */
  readonly images?: number;
  /** How long to measure; default 20 s and what comes before and after. */
  readonly forMs?: number;
  /** As in `measureSweep`. */
  readonly now?: () => number;
}

export interface Forecast {
  readonly layers: number;
  readonly units: number;
  readonly images: number;
  /** Images run at once. */
  readonly batchSize: number;
  /** One image in so many goes into the levels. */
  readonly every: number;
  readonly costs: SweepCosts;
  readonly predictions: readonly Prediction[];
}

/** Measures what the model and the pictures cost on this machine, and predicts. Errors: those of `dissect`. */
export async function forecast(subject: Subject, probe: ProbeOpener, options: ForecastOptions): Promise<Forecast> {
  const { now = () => performance.now() } = options;
  const began = now();
  const opened = await probe(subject, options.progress ?? silent);
  const listMs = (now() - began) / opened.size;
  try {
    const { images = opened.size, workers } = options;
    const all = { ...opened, size: images };
    const plans = planOf(subject, all, options);
    const { batchSize, fixed, k, session } = sweepOptions(subject, opened, options);
    const measured = await measureSweep(subject, opened, plans, {
      ...{ batchSize, fixed, k, session, images, now },
      ...(options.forMs !== undefined && { forMs: options.forMs }),
    });
    const names = Math.min(opened.size, 1000);
    const sample = Array.from({ length: names }, (_, i) => opened.entry(Math.floor((i * opened.size) / names)).file);
    const nameBytes = sample.reduce((sum, file) => sum + Buffer.byteLength(file), 0) / names;
    const unseenBytes = listBytes(images, nameBytes) - listBytes(opened.size, nameBytes);
    const costs = { ...measured, listMs, baseBytes: measured.baseBytes + unseenBytes };
    return {
      layers: plans.length,
      units: plans.reduce((sum, { rows }) => sum + rows, 0),
      images,
      batchSize,
      every: Math.max(...plans.map(({ every }) => every)),
      costs,
      predictions: workers.map((number) =>
        predictSweep({ plans, images, k, nameBytes }, costs, Math.min(number, Math.ceil(images / batchSize))),
      ),
    };
  } finally {
    await opened.close();
  }
}
