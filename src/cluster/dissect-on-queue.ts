/**
 * The coordinator of a dissection on a queue: cuts the images into parts, sees to it that each missing part is queued, and finishes the run when all results are there.
 *
 * What counts is the folder of results. The queue is looked at again and again, and what it should hold is put into it, so that a queue that was emptied, jobs that
 * were lost and a coordinator that was killed are no special cases.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import { parseJson } from "../base/json.js";
import { withLock } from "../base/lock.js";
import { silent } from "../base/progress.js";
import { VERSION } from "../base/version.js";
import {
  type DissectOptions,
  isFinished,
  manifestOf,
  planOf,
  rangeOf,
  sweepOptions,
  withProbe,
} from "../exemplars/dissect.js";
import { sayFinished } from "../exemplars/finish.js";
import { merge } from "../exemplars/merge.js";
import type { Probe, ProbeOpener } from "../exemplars/probe.js";
import { hasState, statesIn } from "../exemplars/state.js";
import type { Subject } from "../exemplars/subject.js";
import { isRun, type Manifest, writeManifest } from "../run/manifest.js";
import { Run } from "../run/run.js";
import { JobKeeper } from "./job-keeper.js";
import { connect, redisAddress } from "./redis.js";
import type { Results, Store } from "./store.js";
import { identityIn, partOf, type Task, textOf } from "./task.js";

export interface QueueOptions extends DissectOptions {
  /** Address of Redis: `redis://[user:password@]host[:port][/database]`. */
  readonly queue: string;
  /** Where model, images and results are, for this machine. */
  readonly store: Store;
  /** Into how many parts the images are cut; default 64, or as many as there are batches. */
  readonly parts?: number;
  /** Ends the wait: what is queued is withdrawn, and what is done stays. */
  readonly signal?: AbortSignal;
  /** How often results and queue are looked at, in milliseconds; default 1 s. */
  readonly everyMs?: number;
  /** How long it is borne that every worker there is refuses the run, in milliseconds; default 60 s. */
  readonly graceMs?: number;
}

const USUAL_PARTS = 64;
const FOLDER = "parts";

/**
 * Dissects a model over a probe set by whatever workers there are. Returns the finished run, which has the bytes of one that was made in one piece.
 * Errors: `UserError` when Redis cannot be reached at the beginning, when a part has failed too often, when no worker can serve the run, and when `signal` ends it;
 * the same call then goes on with what is there.
 */
export async function dissectOnQueue(
  subject: Subject,
  probe: Probe | ProbeOpener,
  options: QueueOptions,
): Promise<Run> {
  const { out, progress = silent, store } = options;
  const folder = await store.resultsOf(out);
  const results = store.results(folder);
  const prepared = await withProbe(subject, probe, options, async (opened) => {
    const found = await prepare(subject, opened, options);
    if (await isFinished(out, found.manifest)) return undefined;
    await checkVacant(out, opened.size);
    return found;
  });
  if (prepared === undefined) {
    await sayFinished(out, progress);
    await removeParts(results, out); // of a coordinator that was killed before it could
    return Run.open(out);
  }
  const { task, manifest } = prepared;
  const address = redisAddress(options.queue);
  const connection = await connect(address, {
    patient: false,
    onChange: (isThere) =>
      progress.warn(isThere ? `${address.shown} is back` : `${address.shown} is gone; going on when it is back`),
  });
  try {
    await withLock(out, `dissecting into ${out}, with workers of ${address.shown}`, async () => {
      await writeManifest(out, manifest);
      const text = textOf(task);
      await begin(results, task, text);
      const facts = { ...options, task, sum: sha256(text), folder, shown: address.shown };
      await collect(results, task, new JobKeeper(connection.client, facts), options);
    });
  } finally {
    connection.close();
  }
  return finish(results, task, manifest, options);
}

/** Makes the run of all results. */
async function finish(results: Results, task: Task, manifest: Manifest, options: QueueOptions): Promise<Run> {
  const { out, device, threads, progress = silent } = options;
  const gathered = await results.gather(join(out, FOLDER));
  await writeManifest(gathered, manifest);
  const run = await merge([gathered], {
    ...{ out, progress },
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(task.generated !== undefined && { generated: task.generated }),
  });
  await removeParts(results, out);
  return run as Run; // nothing is missing
}

async function removeParts(results: Results, out: string): Promise<void> {
  await results.remove();
  await rm(join(out, FOLDER), { recursive: true, force: true, maxRetries: 5 }); // what was gathered
}

/** Waits until all results are there. */
async function collect(results: Results, task: Task, keeper: JobKeeper, options: QueueOptions): Promise<void> {
  const { progress = silent, everyMs = 1000, signal } = options;
  const parts = Array.from({ length: task.parts }, (_, i) => ({ part: i + 1, ...partOf(task, i + 1) }));
  const missing = async () => {
    const there = await results.names();
    return parts.filter(({ result }) => !there.has(result));
  };
  const imagesOf = (some: readonly { from: number; to: number }[]) =>
    some.reduce((sum, { from, to }) => sum + to - from, 0);
  const stopped = () => signal?.aborted === true;
  let left = await missing();
  progress.begin("sweep", task.size, "image", task.size - imagesOf(left));
  try {
    await keeper.begin(left.map(({ part }) => part));
    while (left.length > 0 && !stopped()) {
      const { running, workers } = await keeper.keep(left.map(({ part }) => part));
      const under = left.reduce((sum, { part, from, to }) => sum + Math.min(to - from, running.get(part) ?? 0), 0);
      const counts = [`${parts.length - left.length} of ${parts.length} parts done`, `${running.size} running`];
      progress.update(task.size - imagesOf(left) + under, [...counts, workers].filter(Boolean).join(", "));
      await sleep(everyMs, undefined, { signal }).catch(() => {});
      left = await missing();
    }
  } finally {
    await keeper.end();
  }
  if (left.length > 0) {
    throw new UserError(
      `dissecting into ${options.out}: stopped, ${parts.length - left.length} of ${parts.length} parts are done; run the same command again to go on`,
    );
  }
  progress.update(task.size);
  progress.end();
}

/** Makes the folder of results, or finds the one that an earlier coordinator made for the same parts. */
async function begin(results: Results, task: Task, text: string): Promise<void> {
  const found = await results.task();
  if (found === undefined) return results.begin(text);
  if (found === text) return;
  const before = differences(found, task);
  throw new UserError(
    `going on with ${results.location}: it was begun with ${before}; expected the same command, or delete that folder to begin anew`,
  );
}

function differences(found: string, task: Task): string {
  try {
    const other = parseJson(found) as Task;
    if (other.milan !== task.milan) return `Milan ${other.milan}`;
    if (other.parts !== task.parts) return `--parts ${other.parts}`;
    if (other.batchSize !== task.batchSize) return `--batch ${other.batchSize}`;
  } catch {}
  return "other options, or another --root";
}

async function prepare(
  subject: Subject,
  probe: Probe,
  options: QueueOptions,
): Promise<{ readonly task: Task; readonly manifest: Manifest }> {
  const { store, prefixTokens, ceiling } = options;
  const plans = planOf(subject, probe, options);
  const manifest = manifestOf(subject, probe, plans, options);
  const { batchSize } = sweepOptions(subject, probe, options);
  const parts = options.parts ?? Math.min(USUAL_PARTS, Math.ceil(probe.size / batchSize));
  rangeOf({ number: 1, of: parts }, probe.size, batchSize); // refuses too many
  const subsets = plans.flatMap(({ layout }) =>
    layout.subset ? [[layout.name, [...layout.subset]] as [string, number[]]] : [],
  );
  const preprocessing = probe.preprocessing;
  const task: Task = {
    format: 1,
    milan: VERSION,
    model: await store.pathOf(subject.path, "queueing"),
    probe: await store.pathOf(probe.location, "queueing"),
    kind: probe.kind,
    ...(probe.generated !== undefined && { generated: probe.generated }),
    picture: [probe.picture[0], probe.picture[1]],
    preprocessing: preprocessing && {
      ...preprocessing,
      range: [...preprocessing.range],
      mean: [...preprocessing.mean],
      std: [...preprocessing.std],
    },
    size: probe.size,
    layers: plans.map(({ layout }) => layout.name),
    units: Object.fromEntries(subsets),
    k: manifest.k,
    quantile: manifest.quantile,
    seed: manifest.seed,
    batchSize,
    ...(prefixTokens !== undefined && { prefixTokens }),
    ...(ceiling && { ceiling }),
    parts,
    identity: { ...identityIn(manifest) },
  };
  return { task, manifest };
}

/** Parts that were swept without a queue are not ours. */
async function checkVacant(out: string, images: number): Promise<void> {
  if (!isRun(out) || !existsSync(out)) return;
  if (hasState(out) || (await statesIn(out, images)).length > 0) {
    throw new UserError(
      `dissecting into ${out}: it holds what a dissection without a queue left; expected an empty folder, finish that one the way it was begun`,
    );
  }
}
