/**
 * Moving averages of parameters (Polyak & Juditsky, 1992): a second network that follows the trained one slowly, better than it (the
 * generator that makes a GAN's samples) or its teacher (DINO). The averages lie among the values under names of their own, so that
 * checkpoints keep them and programs can read them.
 */
import type { Stepper } from "./fit-options.js";
import type { ParameterValues } from "./program.js";

export interface Averages {
  /** Parameters that are followed, each with the name of its average. */
  readonly names: ReadonlyMap<string, string>;
  /** Share of the average that a step keeps. @param step steps taken, from 1. */
  readonly momentum: (step: number) => number;
}

/** Keeps `share`, but less in the beginning: the first steps are soon forgotten. */
export const warming = (share: number) => (step: number) => Math.min(share, (step + 1) / (step + 10));

/** Puts first averages among the values: copies. Those that are there already are overwritten. */
export function beginAverages(values: ParameterValues, names: Averages["names"]): void {
  for (const [name, average] of names) {
    const value = values.get(name)!;
    const known = values.get(average);
    if (known) known.data.set(value.data);
    else values.set(average, { ...value, data: value.data.slice() });
  }
}

/** The step, after each of which the averages are moved towards the parameters. */
export function averaged<S extends Stepper>(step: S, values: ParameterValues, { names, momentum }: Averages): Stepper {
  const pairs = [...names].map(([name, average]) => [values.get(name)!.data, values.get(average)!.data]);
  return {
    ...(step.isSeeded !== undefined && { isSeeded: step.isSeeded }),
    get count() {
      return step.count;
    },
    set count(count: number) {
      step.count = count;
    },
    async run(data, learningRate) {
      const result = await step.run(data, learningRate);
      const share = 1 - momentum(step.count);
      for (const [value, average] of pairs) {
        for (let i = 0; i < value.length; i++) average[i] += share * (value[i] - average[i]);
      }
      return result;
    },
  };
}
