/** What a worker does with one job: checks it, sweeps the part, puts the result in its place. */
import { join } from "node:path";
import { type Job, UnrecoverableError } from "bullmq";
import type { Redis } from "ioredis";
import type { Device } from "../base/devices.js";
import { messageOf, UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import { VERSION } from "../base/version.js";
import { HeldJob } from "./held-job.js";
import { giveNotice, isAwaited } from "./notices.js";
import { type Slot, tidy } from "./slot.js";
import type { Results, Store } from "./store.js";
import type { Outcome, Sweeper } from "./sweeper.js";
import { type Order, orderSchema, parseTask, partOf, TASK_FILE } from "./task.js";

export interface PartOptions {
  readonly store: Store;
  readonly redis: Redis;
  readonly slot: Slot;
  readonly sweeper: Sweeper;
  readonly name: string;
  readonly leaseMs: number;
  /** How many jobs this worker has taken, with this one. */
  readonly taken: number;
  readonly device?: Device;
  readonly threads?: number;
  readonly say: (line: string) => void;
}

/** What became of a job. `dropped`: nobody needs it, or it was none. */
export interface Taken {
  readonly kind: "done" | "refused" | "failed" | "stopped" | "dropped";
}

/** Does a job. Never rejects: what goes wrong is said, here and to the coordinator. */
export async function takePart(job: Job, token: string, options: PartOptions): Promise<Taken> {
  const { store, redis, name, leaseMs, taken, say } = options;
  let isLost = false;
  let onLost = () => {};
  const held = new HeldJob(job, token, leaseMs, () => {
    isLost = true;
    onLost();
  });
  const order = orderIn(job);
  if (typeof order === "string") {
    say(`refusing a part: ${order}`);
    await held.fail(new UnrecoverableError(`${name}: ${order}`));
    return { kind: "dropped" };
  }
  const shown = `${order.folder}, part ${order.part}`;
  const results = store.results(order.folder);
  onLost = () => void abandonIfDone(results, order, options);
  const outcome = await sweepInto(results, order, options, (facts) => held.progress({ worker: name, ...facts }));
  const notify = (state: "refuses" | "failed", reason: string) =>
    giveNotice(redis, order.sum, name, { state, part: order.part, reason, number: taken }).catch(() => {});
  switch (outcome.kind) {
    case "done":
      say(`${shown}: ${outcome.text}`);
      await held.complete();
      return outcome;
    case "stopped":
      say(`${shown}: ${isLost ? "another worker has done it" : "given back"}`);
      await held.giveBack();
      return { kind: isLost ? "dropped" : "stopped" };
    case "failed":
      say(`${shown}: failed: ${outcome.reason}`);
      await notify("failed", outcome.reason);
      await held.fail(new Error(`${name}: ${outcome.reason}`));
      return outcome;
    case "refused": {
      const isWanted = await isAwaited(redis, order.sum).catch(() => true);
      say(`${shown}: refused: ${outcome.reason}${isWanted ? "" : "; nobody waits for it, dropped"}`);
      if (!isWanted) {
        await held.complete(); // whoever comes to wait for it queues it again
        return { kind: "dropped" };
      }
      await notify("refuses", outcome.reason);
      await held.giveBack();
      return outcome;
    }
  }
}

/** The order in a job, or what is wrong with it. */
function orderIn({ data }: Job): Order | string {
  const parsed = orderSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const version: unknown = (data as { milan?: unknown } | null)?.milan;
  if (typeof version === "string" && version !== VERSION && /^[\w.+-]{1,64}$/.test(version)) {
    return `it was queued by Milan ${version}, this is ${VERSION}; expected the same version on all machines, install one`;
  }
  return "it is no order of Milan; look for who else writes to this queue";
}

type Ended = Exclude<Outcome, { kind: "done" }> | { readonly kind: "done"; readonly text: string };

/** Sweeps an order's part and puts the result there, unless it is there already. */
async function sweepInto(
  results: Results,
  order: Order,
  { store, redis, slot, sweeper, name, taken, device, threads, say }: PartOptions,
  tellProgress: (facts: { done: number }) => void,
): Promise<Ended> {
  try {
    const text = await results.task();
    if (text === undefined) {
      return {
        kind: "refused",
        reason: `reading ${results.location}/${TASK_FILE}: it is not there; check what --root is on this machine`,
      };
    }
    const task = parseTask(text, `${results.location}/${TASK_FILE}`, order.sum);
    const { from, to, result } = partOf(task, order.part);
    if ((await results.names()).has(result)) return { kind: "done", text: "is there already" };
    const model = await store.open(task.model, "opening");
    const probe = await store.open(task.probe, "opening");
    const own = order.sum.slice(0, 16);
    tidy(slot.folder, new Set([own]));
    const folder = join(slot.folder, own);
    tidy(folder, new Set([result, "run.json"]));
    say(`${order.folder}, part ${order.part} of ${task.parts}: images ${from} to ${to - 1}`);
    void giveNotice(redis, order.sum, name, { state: "sweeps", part: order.part, reason: "", number: taken }).catch(
      () => {},
    );
    const key = sha256(JSON.stringify([order.sum, model, probe]));
    const begunMs = performance.now();
    const request = { key, task, model, probe, part: order.part, folder, threads, device };
    const outcome = await sweeper.sweep(request, (reply) => {
      if (reply.kind === "warning") say(reply.message);
      if (reply.kind === "progress") tellProgress({ done: reply.done });
    });
    if (outcome.kind !== "done") return outcome;
    const isThere = await results.put(join(folder, result), result);
    tidy(folder, new Set());
    const seconds = (performance.now() - begunMs) / 1000;
    const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} damaged ones skipped` : "";
    return {
      kind: "done",
      text: isThere
        ? `${to - from} images in ${seconds.toFixed(1)} s${skipped}`
        : "done, but nobody waits for it any more",
    };
  } catch (error) {
    const reason = messageOf(error);
    return error instanceof UserError ? { kind: "refused", reason } : { kind: "failed", reason: `bug: ${reason}` };
  }
}

/** A job that was given to another goes on here, as it may well be done first; not when the other was faster, or the run is over. */
async function abandonIfDone(results: Results, order: Order, { sweeper }: PartOptions): Promise<void> {
  try {
    const text = await results.task();
    if (text !== undefined) {
      const task = parseTask(text, results.location, order.sum);
      if (!(await results.names()).has(partOf(task, order.part).result)) return;
    }
    sweeper.stop();
  } catch {} // the folder cannot be read just now: go on
}
