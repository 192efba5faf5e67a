/**
 * The best weights so far, and when to stop looking for better ones. The weights are copied, because training goes on in the
 * same arrays; a copy costs as much memory as the parameters, and is made in place when there was one before.
 */
import type { ParameterValues } from "./program.js";

export interface EarlyStoppingOptions {
  /** Name of what is watched, once an epoch. */
  readonly metric: string;
  readonly better: "lower" | "higher";
  /** Epochs without a better value after which training stops; default: never, only the best weights are kept. */
  readonly patience?: number;
  /** The value of a model that has learned nothing yet: while there is no better one, patience is not tried. */
  readonly nothing?: number;
}

/** A value of the metric, and the weights that had it. */
export interface Best {
  readonly value: number;
  readonly epoch: number;
  readonly values: ParameterValues;
}

export class EarlyStopping {
  readonly metric: string;
  /** Epochs since the best one. */
  waited = 0;
  best: Best | undefined;
  readonly #options: EarlyStoppingOptions;

  constructor(options: EarlyStoppingOptions) {
    this.metric = options.metric;
    this.#options = options;
  }

  get isOver(): boolean {
    return this.waited >= (this.#options.patience ?? Number.POSITIVE_INFINITY);
  }

  /** Tells of an epoch. What is not a finite number is never better. Returns whether this is the best so far. */
  offer(metrics: Readonly<Record<string, number>>, epoch: number, values: ParameterValues): boolean {
    const value = metrics[this.metric];
    if (value === undefined) {
      throw new Error(`early stopping: no metric ${this.metric}; there are ${Object.keys(metrics).join(", ")}`);
    }
    if (!this.#isBetter(value)) {
      const { nothing } = this.#options;
      if (nothing === undefined || this.best?.value !== nothing) this.waited += 1;
      return false;
    }
    this.best = { value, epoch, values: copied(values, this.best?.values) };
    this.waited = 0;
    return true;
  }

  /** Writes the best weights into `values`, if there are any. */
  restore(values: ParameterValues): void {
    for (const [name, { data }] of this.best?.values ?? []) values.get(name)!.data.set(data);
  }

  #isBetter(value: number): boolean {
    if (!Number.isFinite(value)) return false;
    if (!this.best) return true;
    return this.#options.better === "lower" ? value < this.best.value : value > this.best.value;
  }
}

function copied(values: ParameterValues, into: ParameterValues = new Map()): ParameterValues {
  for (const [name, array] of values) {
    const before = into.get(name);
    if (before) before.data.set(array.data);
    else into.set(name, { ...array, data: array.data.slice() });
  }
  return into;
}
