/**
 * Several steps that share their data and take turns, such as a discriminator's and a generator's, as one step for the training
 * loop. Each is given those of the feeds that its program reads, and the parameters as the ones before it left them.
 */
import type { Arrays } from "../runtime/session.js";
import type { Stepper } from "./fit-options.js";
import type { TrainingStep } from "./step.js";

export interface Turn {
  readonly step: TrainingStep;
  /** Its learning rate over the training's. Default 1. */
  readonly rate?: number;
}

/**
 * @param turns by name, in their order.
 * The loss is the sum of all; `outputs` has each one's as a scalar under its name, and what the steps return as `name.output`.
 */
export function inTurn(turns: Readonly<Record<string, Turn>>): Stepper & { close(): Promise<void> } {
  const all = Object.entries(turns);
  const [[, first]] = all;
  return {
    isSeeded: all.some(([, { step }]) => step.isSeeded),
    get count() {
      return first.step.count;
    },
    set count(count: number) {
      for (const [, { step }] of all) step.count = count;
    },
    async run(data, learningRate) {
      const outputs: Arrays = {};
      let total = 0;
      for (const [name, { step, rate = 1 }] of all) {
        const feeds = Object.fromEntries(step.inputs.map((input) => [input, data[input]]));
        const { loss, outputs: found } = await step.run(feeds, learningRate * rate);
        outputs[name] = { dtype: "float32", shape: [], data: Float32Array.of(loss) };
        for (const [output, array] of Object.entries(found)) outputs[`${name}.${output}`] = array;
        total += loss;
      }
      return { loss: total, outputs };
    },
    async close() {
      for (const [, { step }] of all) await step.close();
    },
  };
}
