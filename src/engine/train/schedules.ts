/**
 * Learning rate schedules: what the rate is multiplied with, as a function of the steps taken and of the share of the training
 * that is done. The share is of the steps where their number is known, of the time where only the time is limited.
 */
import { UserError } from "../../base/errors.js";

/**
 * @param step steps taken so far, from 0.
 * @param share of the training that is done, 0..1.
 * @returns factor of the learning rate.
 */
export type Schedule = (step: number, share: number) => number;

/** Always the same rate. */
export const constantRate = (): Schedule => () => 1;

/** Multiplies by `factor` after every `every` steps. */
export function stepwise({ every, factor = 0.1 }: { readonly every: number; readonly factor?: number }): Schedule {
  if (!(every >= 1)) throw new UserError(`learning rate schedule: every ${every} steps; expected at least 1`);
  return (step) => factor ** Math.floor(step / every);
}

export interface DecayOptions {
  /** Steps in which the rate rises from 0, in equal parts; the first step has one part. */
  readonly warmup?: number;
  /** Factor at the end. */
  readonly end?: number;
}

/** Half a cosine wave from 1 to `end` (Loshchilov & Hutter, 2017). */
export const cosine = ({ warmup = 0, end = 0 }: DecayOptions = {}): Schedule =>
  warmed(warmup, (share) => end + ((1 - end) * (1 + Math.cos(Math.PI * share))) / 2);

/** A straight line from 1 to `end`. */
export const linearDecay = ({ warmup = 0, end = 0 }: DecayOptions = {}): Schedule =>
  warmed(warmup, (share) => 1 + (end - 1) * share);

const warmed =
  (warmup: number, decay: (share: number) => number): Schedule =>
  (step, share) =>
    Math.min(1, (step + 1) / (warmup + 1)) * decay(Math.min(1, share));
