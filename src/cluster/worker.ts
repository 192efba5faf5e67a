/**
 * A worker: takes parts of dissections from the queue, one at a time, sweeps each in a folder of its own and puts the result where the coordinator looks for it.
 *
 * The queue decides who does what, not what counts: a result is named for its images and has the same bytes whoever made it, so a part that is done twice, or
 * whose worker is believed dead and is not, is there once.
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "bullmq";
import type { Device } from "../base/devices.js";
import { messageOf } from "../base/errors.js";
import { type Taken, takePart } from "./part.js";
import { MOST_LOST, PREFIX, QUEUE } from "./queue.js";
import { connect, redisAddress } from "./redis.js";
import { defaultSlots, takeSlot } from "./slot.js";
import type { Store } from "./store.js";
import { Sweeper } from "./sweeper.js";

export interface WorkerOptions {
  /** Where model, images and results are. */
  readonly store: Store;
  /** Folder for what is under way; default: among the system's temporary files. */
  readonly work?: string;
  /** Told in messages; default: host and process. */
  readonly name?: string;
  /** For how long a worker may say nothing before its part is given to another, in milliseconds; the same for all workers. Default 30 s. */
  readonly leaseMs?: number;
  /** Ends after one part. */
  readonly once?: boolean;
  /** Ends when no part has come for so long. */
  readonly idleExitMs?: number;
  readonly device?: Device;
  readonly threads?: number;
  /** Gets what happens, a line each. */
  readonly say: (line: string) => void;
  /** Ends the worker; its part is given back. */
  readonly signal?: AbortSignal;
}

/** What a worker did until it ended. */
export interface Worked {
  /** Parts whose results are there. */
  readonly done: number;
  /** What became of the last part. */
  readonly last: Taken["kind"] | undefined;
}

/** Longest wait for a part before the worker looks up. */
const WAIT_S = 5;
const LONGEST_REST_MS = 60_000;

/**
 * Works until it is told to end.
 * @param queue address of Redis, as `redisAddress` reads it.
 * Errors: `UserError` when Redis cannot be reached at the beginning, or nothing can be written on this machine.
 */
export async function work(queue: string, options: WorkerOptions): Promise<Worked> {
  const { store, leaseMs = 30_000, idleExitMs = Number.POSITIVE_INFINITY, once = false, say, signal } = options;
  const name = options.name ?? `${hostname()}-${process.pid}`;
  const address = redisAddress(queue);
  const connection = await connect(address, {
    patient: true,
    onChange: (isThere) =>
      say(isThere ? `${address.shown} is back` : `${address.shown} is gone; going on when it is back`),
  });
  const slot = takeSlot(options.work ?? defaultSlots());
  const sweeper = new Sweeper();
  const bull = new Worker(QUEUE, null, {
    ...{ connection: connection.client, prefix: PREFIX, name, autorun: false },
    ...{ lockDuration: leaseMs, stalledInterval: leaseMs / 2, maxStalledCount: MOST_LOST },
    drainDelay: Math.min(WAIT_S, Math.max(0.1, idleExitMs / 1000)),
  });
  bull.on("error", () => {}); // the connection says what there is to say
  let isWaiting = true;
  const stop = () => {
    sweeper.close();
    // what waits for a job is cut off; a job is given back first
    if (isWaiting) void bull.close(true).catch(() => {});
  };
  signal?.addEventListener("abort", stop, { once: true });
  let done = 0;
  let last: Taken | undefined;
  try {
    await bull.waitUntilReady();
    await bull.startStalledCheckTimer();
    say(`worker ${name}: waiting for parts of ${address.shown}, in ${store.location}`);
    let restMs = 0;
    let idleSince = performance.now();
    for (let taken = 1; !signal?.aborted; taken++) {
      const token = `${name}:${process.pid}:${taken}`;
      isWaiting = true;
      const job = await bull.getNextJob(token).catch((error) => {
        if (!signal?.aborted) say(`asking ${address.shown} for a part: ${messageOf(error)}`);
        return sleep(1000, undefined, { signal }).catch(() => undefined);
      });
      if (job === undefined) {
        if (performance.now() - idleSince >= idleExitMs) break;
        continue;
      }
      isWaiting = false;
      last = await takePart(job, token, { ...options, redis: connection.client, slot, sweeper, name, leaseMs, taken });
      if (last.kind === "done") done++;
      if (once && last.kind !== "dropped") break;
      // who could not do a part leaves it to others for a while
      restMs =
        last.kind === "refused" || last.kind === "failed" ? Math.min(LONGEST_REST_MS, restMs * 2 || leaseMs / 6) : 0;
      if (restMs > 0) await sleep(restMs, undefined, { signal }).catch(() => {});
      idleSince = performance.now();
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    sweeper.close();
    await bull.close(true).catch(() => {});
    connection.close();
    slot.release();
  }
  return { done, last: last?.kind };
}
