/**
 * What coordinator and workers of a run tell each other beside the jobs, in Redis: that the coordinator is there, and what became of the last part that each worker
 * took up. Nothing depends on it but messages, and that jobs which nobody waits for go away.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { parseJson } from "../base/json.js";
import { VERSION } from "../base/version.js";

const COORDINATOR_MS = 60_000;
const KEPT_MS = 86_400_000;

const noticeSchema = z.strictObject({
  /** `refuses`: this machine cannot serve the run. `failed`: a part was begun and did not get done. `sweeps`: all is well. */
  state: z.enum(["refuses", "failed", "sweeps"]),
  part: z.int(),
  reason: z.string(),
  /** Counts a worker's notices, so that the same one again is seen to be new. */
  number: z.int(),
});

export type Notice = z.infer<typeof noticeSchema>;

const keyOf = (sum: string, what: string) => `milan:run:${sum}:${what}`;
const LONGEST_REASON = 1000;

/** The coordinator says that it is there. */
export async function announceCoordinator(redis: Redis, sum: string): Promise<void> {
  await redis.set(keyOf(sum, "coordinator"), VERSION, "PX", COORDINATOR_MS);
}

/** Whether somebody waits for the results of a run. */
export async function isAwaited(redis: Redis, sum: string): Promise<boolean> {
  return (await redis.exists(keyOf(sum, "coordinator"))) === 1;
}

export async function giveNotice(redis: Redis, sum: string, worker: string, notice: Notice): Promise<void> {
  const key = keyOf(sum, "workers");
  const reason = notice.reason.slice(0, LONGEST_REASON);
  await redis
    .multi()
    .hset(key, worker, JSON.stringify({ ...notice, reason }))
    .pexpire(key, KEPT_MS)
    .exec();
}

/** The last notice of each worker, by its name. */
export async function noticesOf(redis: Redis, sum: string): Promise<ReadonlyMap<string, Notice>> {
  const found = await redis.hgetall(keyOf(sum, "workers"));
  const notices = Object.entries(found).flatMap(([worker, text]): [string, Notice][] => {
    const parsed = noticeSchema.safeParse(jsonIn(text));
    return parsed.success ? [[worker, parsed.data]] : [];
  });
  return new Map(notices);
}

/** Forgets a run that is done or given up. */
export async function forget(redis: Redis, sum: string): Promise<void> {
  await redis.del(keyOf(sum, "workers"), keyOf(sum, "coordinator"));
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
