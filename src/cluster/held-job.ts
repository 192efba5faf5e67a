/**
 * A job that this worker holds. BullMQ gives it to another when its lock has not been renewed for a lease; this renews it, and notices when that came too late (the worker
 * was stopped, or Redis forgot everything). What is done with a lost job does no harm: its result has the same bytes, whoever puts it there first.
 */
import type { Job } from "bullmq";

/** Longest wait for Redis where the job need not be told of: it is found out without us. */
const PATIENCE_MS = 5000;

export class HeldJob {
  readonly #job: Job;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;
  #isRenewing = false;
  #isLost = false;

  /** @param onLost called at every renewal that fails because the job is not ours any more. */
  constructor(job: Job, token: string, leaseMs: number, onLost: (isFirst: boolean) => void) {
    this.#job = job;
    this.#token = token;
    const renew = async () => {
      if (this.#isRenewing) return; // Redis is away
      this.#isRenewing = true;
      try {
        const isOurs = (await job.extendLock(token, leaseMs).catch(() => 0)) === 1;
        if (!isOurs) {
          onLost(!this.#isLost);
          this.#isLost = true;
        }
      } finally {
        this.#isRenewing = false;
      }
    };
    this.#timer = setInterval(() => void renew(), leaseMs / 3);
  }

  /** Tells how far it is. */
  progress(facts: object): void {
    if (!this.#isLost && !this.#isRenewing) this.#job.updateProgress(facts).catch(() => {});
  }

  /** It is done. Of a job that was lost nothing need be said. */
  complete(): Promise<void> {
    return this.#end(() => this.#job.moveToCompleted(null, this.#token, false));
  }

  /** Puts it back, the first in line, without counting it as an attempt. */
  giveBack(): Promise<void> {
    return this.#end(() => this.#job.moveToWait(this.#token));
  }

  /** It failed; it is tried again later, as often as it may. */
  fail(error: Error): Promise<void> {
    return this.#end(() => this.#job.moveToFailed(error, this.#token, false));
  }

  async #end(move: () => Promise<unknown>): Promise<void> {
    clearInterval(this.#timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
    await Promise.race([move().catch(() => {}), late]);
  }
}
