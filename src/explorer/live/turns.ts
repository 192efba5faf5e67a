/**
 * Work that would gain nothing by running at once (a network uses all cores), one thing after another. What nobody waits for any more is not
 * begun, so that a slider that is dragged leaves one run behind, not twenty.
 */
import { UserError } from "../../base/errors.js";

/** There is more to do than will be waited for; try again later. */
export class Busy extends UserError {}

/** Nobody waits for the answer. */
export class Abandoned extends UserError {}

export class Turns {
  readonly #most: number;
  readonly #patienceMs: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param most how many may wait. @param patienceMs how long. */
  constructor(most: number, patienceMs = 30_000) {
    this.#most = most;
    this.#patienceMs = patienceMs;
  }

  /**
   * Does the work when all before it is done.
   * @param signal aborted when nobody waits any more.
   * Errors: `Busy`, `Abandoned`, and those of the work.
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const busy = () => new Busy("running the network: others are waiting for it already; try again in a moment");
    if (this.#waiting >= this.#most) throw busy();
    const since = performance.now();
    this.#waiting++;
    const turn = this.#last.then(async () => {
      this.#waiting--;
      if (signal?.aborted) throw new Abandoned("running the network: nobody waits for the answer any more");
      if (performance.now() - since > this.#patienceMs) throw busy();
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
