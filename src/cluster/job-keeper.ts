/** The coordinator's side of the queue: keeps a job there for each missing part, and tells of what goes wrong with them. */
import { type Job, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { messageOf, UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import { VERSION } from "../base/version.js";
import { announceCoordinator, forget, type Notice, noticesOf } from "./notices.js";
import { ATTEMPTS, JOB_OPTIONS, jobIdOf, PREFIX, QUEUE } from "./queue.js";
import type { Order, Task } from "./task.js";

export interface JobKeeperOptions {
  readonly task: Task;
  readonly sum: string;
  /** Of the results, below the root. */
  readonly folder: string;
  /** The address of Redis. */
  readonly shown: string;
  readonly graceMs?: number;
  readonly progress?: Progress;
}

/** How things stand. */
export interface Standing {
  /** Parts under way, with the images that each has seen. */
  readonly running: ReadonlyMap<number, number>;
  /** How many workers there are, in words. */
  readonly workers: string;
}

/** Jobs looked at together. */
const TOGETHER = 200;

/** How long a result may take to be seen here after its job is done: file systems of several machines keep lists for up to a minute. */
const UNSEEN_MS = 90_000;

const progressSchema = z.object({ done: z.number().min(0) });

export class JobKeeper {
  readonly #options: JobKeeperOptions;
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #progress: Progress;
  /** Numbers of the workers' last notices that were told. */
  readonly #told = new Map<string, number>();
  readonly #lines = new Set<string>();
  /** When a job was first seen to be done whose result is not there. */
  readonly #unseen = new Map<number, number>();
  #refusedSince: number | undefined;
  #trouble = "";

  constructor(redis: Redis, options: JobKeeperOptions) {
    this.#options = options;
    this.#redis = redis;
    this.#progress = options.progress ?? silent;
    this.#queue = new Queue(QUEUE, { connection: redis, prefix: PREFIX });
    this.#queue.on("error", () => {}); // the connection says what there is to say
  }

  /** Before the first look: what an earlier coordinator's jobs came to is over. */
  async begin(missing: readonly number[]): Promise<void> {
    await this.#try(async () => {
      await forget(this.#redis, this.#options.sum);
      for (const job of await this.#jobs(missing)) if (job?.finishedOn !== undefined) await removed(job);
    });
  }

  /**
   * Looks after the jobs of the missing parts. While Redis cannot be asked, nothing happens.
   * Errors: `UserError` when a part has failed for good, or no worker can serve the run.
   */
  async keep(missing: readonly number[]): Promise<Standing> {
    const standing = await this.#try(async () => {
      const { sum } = this.#options;
      await announceCoordinator(this.#redis, sum);
      const jobs = await this.#jobs(missing);
      const absent: number[] = [];
      for (const [i, job] of jobs.entries()) {
        if (job === undefined) absent.push(missing[i]);
        else if (job.finishedOn !== undefined) await this.#finished(job, missing[i]);
      }
      await this.#add(absent);
      const ids = new Map(missing.map((part) => [jobIdOf(sum, part), part]));
      const running = new Map<number, number>();
      for (const job of await this.#queue.getActive()) {
        const part = ids.get(job.id ?? "");
        if (part !== undefined) running.set(part, progressSchema.safeParse(job.progress).data?.done ?? 0);
      }
      // some that sell Redis forbid to ask for its clients
      const clients = await this.#queue.getWorkers().catch(() => undefined);
      const workers = clients?.map(({ rawname, name }) => nameIn(rawname ?? name)) ?? [];
      const notices = await noticesOf(this.#redis, sum);
      this.#tell(notices);
      this.#checkServed(notices, workers, running.size);
      return { running, workers: clients ? inWords(workers.length, this.#options.shown) : "" };
    });
    return standing ?? { running: new Map(), workers: "" };
  }

  /** Withdraws what is still queued, and closes. */
  async end(): Promise<void> {
    const { sum, task } = this.#options;
    await this.#try(async () => {
      const all = Array.from({ length: task.parts }, (_, i) => i + 1);
      for (const job of await this.#jobs(all)) if (job) await removed(job);
      await forget(this.#redis, sum);
    });
    await this.#queue.close().catch(() => {});
  }

  async #jobs(parts: readonly number[]): Promise<(Job | undefined)[]> {
    const found: (Job | undefined)[] = [];
    for (let first = 0; first < parts.length; first += TOGETHER) {
      const some = parts.slice(first, first + TOGETHER);
      found.push(...(await Promise.all(some.map((part) => this.#queue.getJob(jobIdOf(this.#options.sum, part))))));
    }
    return found;
  }

  async #add(parts: readonly number[]): Promise<void> {
    const { sum, folder } = this.#options;
    if (parts.length === 0) return;
    const jobs = parts.map((part) => {
      const data: Order = { milan: VERSION, folder, sum, part };
      return { name: "part", data, opts: { ...JOB_OPTIONS, jobId: jobIdOf(sum, part) } };
    });
    await this.#queue.addBulk(jobs);
  }

  /** A job that is over, but has no result. */
  async #finished(job: Job, part: number): Promise<void> {
    if (job.failedReason) {
      const isLost = /stalled more than allowable/.test(job.failedReason);
      const what = isLost
        ? "its workers vanished, one after the other"
        : `failed ${ATTEMPTS} times, at last on ${plain(job.failedReason)}`;
      throw new UserError(
        `sweeping part ${part} of ${this.#options.task.parts}: ${what}; mend that, and run the same command again to go on`,
      );
    }
    const since = this.#unseen.get(part);
    this.#unseen.set(part, since ?? performance.now());
    if (since === undefined || performance.now() - since < UNSEEN_MS) return;
    this.#unseen.delete(part);
    await removed(job); // it is queued again at the next look
  }

  /** Tells what workers reported since the last look. */
  #tell(notices: ReadonlyMap<string, Notice>): void {
    for (const [worker, { state, part, reason, number }] of notices) {
      if (state === "sweeps" || this.#told.get(worker) === number) continue;
      const line =
        state === "refuses"
          ? `worker ${worker} refuses: ${reason}`
          : `worker ${worker} failed at part ${part}: ${reason}`;
      if (!this.#lines.has(line)) this.#progress.warn(plain(line));
      this.#lines.add(line);
      this.#told.set(worker, number);
    }
  }

  /** Gives up when every worker there is has refused, for some time. */
  #checkServed(notices: ReadonlyMap<string, Notice>, workers: readonly string[], running: number): void {
    const refusing = workers.filter((worker) => notices.get(worker)?.state === "refuses");
    if (running > 0 || workers.length === 0 || refusing.length < workers.length) {
      this.#refusedSince = undefined;
      return;
    }
    this.#refusedSince ??= performance.now();
    if (performance.now() - this.#refusedSince < (this.#options.graceMs ?? 60_000)) return;
    const reasons = new Set(refusing.map((worker) => plain(`${worker}: ${notices.get(worker)!.reason}`)));
    throw new UserError(
      `sweeping with ${workers.length === 1 ? "one worker" : `${workers.length} workers`}: all refuse; ${[...reasons].slice(0, 3).join("; ")}`,
    );
  }

  /** Asks Redis; where that fails, says so once, and it is asked again at the next look. */
  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const found = await work();
      this.#trouble = "";
      return found;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const said = messageOf(error);
      const isAway = this.#redis.status !== "ready" || /Connection is closed|max retries|writeable/i.test(said);
      if (!isAway && said !== this.#trouble) this.#progress.warn(`${this.#options.shown}: ${said}; trying again`);
      this.#trouble = said;
      return undefined;
    }
  }
}

/** Removes a job unless a worker holds it. */
const removed = (job: Job) => job.remove().catch(() => {});

/** BullMQ's workers are named in Redis's list of clients by queue and name. */
const nameIn = (client: string | undefined) => (client ?? "").split(":w:").slice(1).join(":w:");

function inWords(workers: number, shown: string): string {
  if (workers === 0) return `no worker yet (milan worker ${shown})`;
  return `${workers} worker${workers === 1 ? "" : "s"}`;
}

/** What came through Redis, on one line without control characters. */
const plain = (text: string) => text.replace(/\p{Cc}+/gu, " ").slice(0, 2000);
