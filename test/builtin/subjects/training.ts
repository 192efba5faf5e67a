/** A training cut off at a step: checkpoints are due at every step, because the clock flies. */
import type { Progress } from "../../../src/base/progress.js";

/** Fails when `step` steps of the first epoch of what is titled so are done; default of the first thing that has as many. */
export function failing(step: number, title = ""): Progress {
  let isDue = false;
  return {
    begin(operation) {
      isDue = operation.startsWith(title);
    },
    update(done) {
      if (isDue && done === step + 1) throw new Error("the power went out");
    },
    end() {},
    warn() {},
  };
}

export function flyingClock(): () => number {
  let ms = 0;
  return () => (ms += 200_000);
}
