/** A training cut off at a step: checkpoints are due at every step, because the clock flies. */
import type { Progress } from "../../../src/base/progress.js";

/** Fails when `step` steps of the first epoch are done. */
export const failing = (step: number): Progress => ({
  begin() {},
  update(done) {
    if (done === step + 1) throw new Error("the power went out");
  },
  end() {},
  warn() {},
});

export function flyingClock(): () => number {
  let ms = 0;
  return () => (ms += 200_000);
}
