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
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param most how many may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Does the work when all before it is done.
   * @param signal aborted when nobody waits any more.
   * Errors: `Busy`, `Abandoned`, and those of the work.
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#waiting >= this.#most) {
      throw new Busy("running the network: others are waiting for it already; try again in a moment");
    }
    this.#waiting++;
    const turn = this.#last.then(async () => {
      this.#waiting--;
      if (signal?.aborted) throw new Abandoned("running the network: nobody waits for the answer any more");
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
