/** A small training that has everything that could break resuming: shuffling, dropout, batch normalisation, Adam's memory. */
import { Random } from "../../../src/base/random.js";
import { Graph, type Tensor } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { fit } from "../../../src/engine/train/fit.js";
import type { BatchRequest, FitOptions, FitResult } from "../../../src/engine/train/fit-options.js";
import { batchNorm, dropout, linear } from "../../../src/engine/train/layers.js";
import { accuracy, crossEntropy } from "../../../src/engine/train/losses.js";
import { adamW, type Optimiser } from "../../../src/engine/train/optimisers.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";
import { TrainingStep } from "../../../src/engine/train/step.js";

export const BATCH = 16;
export const STEPS_PER_EPOCH = 3;

/** Points [x, y] of two spirals, point i on spiral i % 2. */
function point(i: number): [number, number] {
  const angle = 0.15 * Math.floor(i / 2) + Math.PI * (i % 2);
  return [angle * Math.cos(angle), angle * Math.sin(angle)].map((n) => n / 2) as [number, number];
}

function network(points: Tensor): Tensor {
  const hidden = op.relu(batchNorm(linear(points, "first", 16), "norm"));
  return linear(dropout(hidden, 0.2), "last", 2);
}

export interface Spirals {
  readonly values: ParameterValues;
  readonly optimiser: Optimiser;
  readonly step: TrainingStep;
  /** Asked-for epochs and first batches, in order. */
  readonly requests: { epoch: number; first: number }[];
  train(options?: Partial<FitOptions>): Promise<FitResult>;
}

/** @param failAfter steps after which the data fail, as if the process had been killed. */
export async function spirals({ seed = 5, failAfter = Number.POSITIVE_INFINITY } = {}): Promise<Spirals> {
  const graph = new Graph({ training: true });
  const logits = network(graph.input("points", "float32", [BATCH, 2]));
  const targets = graph.input("targets", "int64", [BATCH]);
  const values = initialise(graph.parameters, new Random(seed));
  const optimiser = adamW();
  const outputs = { accuracy: accuracy(logits, targets) };
  const step = await TrainingStep.open({ loss: crossEntropy(logits, targets), values, optimiser, outputs });
  const requests: Spirals["requests"] = [];
  async function* batches({ epoch, first, random }: BatchRequest) {
    requests.push({ epoch, first });
    const order = random.permutation(BATCH * STEPS_PER_EPOCH);
    for (let batch = first; batch < STEPS_PER_EPOCH; batch++) {
      const ids = Array.from(order.subarray(batch * BATCH, (batch + 1) * BATCH));
      if (epoch * STEPS_PER_EPOCH + batch >= failAfter) throw new Error("the power went out");
      yield {
        points: ndarray("float32", [BATCH, 2], Float32Array.from(ids.flatMap(point))),
        targets: ndarray(
          "int64",
          [BATCH],
          BigInt64Array.from(ids, (id) => BigInt(id % 2)),
        ),
      };
    }
  }
  const defaults = { step, values, optimiser, learningRate: 0.02, batches, stepsPerEpoch: STEPS_PER_EPOCH, seed: 11 };
  return {
    ...{ values, optimiser, step, requests },
    train: (options = {}) => fit({ ...defaults, now: () => performance.now(), ...options }),
  };
}
