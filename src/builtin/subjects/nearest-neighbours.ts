/**
 * What features are worth without training anything on them: each picture gets the class of its nearest neighbours among others (Wu et
 * al., 2018; DINO's evaluation), by cosine, weighted by exp(cosine / 0.07).
 */
import { Graph } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { Program } from "../../engine/train/program.js";

/** Features with their classes. */
export interface Known {
  /** float32 [n, channel]. */
  readonly features: NdArray<"float32">;
  /** [n]. */
  readonly labels: ArrayLike<number>;
}

const NEIGHBOURS = 20;
const TEMPERATURE = 0.07;
const ROWS = 64;

/** Share of `tests` whose class their neighbours in `bank` agree on. */
export async function neighbourAccuracy(bank: Known, tests: Known, classes: number): Promise<number> {
  const [count, channels] = bank.features.shape;
  const graph = new Graph();
  const unit = (x: ReturnType<Graph["input"]>) => op.div(x, op.sqrt(op.add(op.sum(op.square(x), 1, true), 1e-12)));
  const there = graph.input("bank", "float32", [count, channels]);
  const cosines = op.gemm(unit(graph.input("tests", "float32", [ROWS, channels])), unit(there), { transB: true });
  const program = await Program.open(graph, { outputs: { cosines } });
  let right = 0;
  try {
    const total = tests.features.shape[0];
    for (let first = 0; first < total; first += ROWS) {
      const rows = new Float32Array(ROWS * channels);
      rows.set(tests.features.data.subarray(first * channels, Math.min(total, first + ROWS) * channels));
      const found = await program.run({ bank: bank.features, tests: ndarray("float32", [ROWS, channels], rows) });
      for (let i = 0; i < Math.min(ROWS, total - first); i++) {
        const row = (found.cosines.data as Float32Array).subarray(i * count, (i + 1) * count);
        if (vote(row, bank.labels, classes) === tests.labels[first + i]) right += 1;
      }
    }
    return right / total;
  } finally {
    await program.close();
  }
}

function vote(cosines: Float32Array, labels: ArrayLike<number>, classes: number): number {
  const nearest = Array.from(cosines.keys())
    .sort((a, b) => cosines[b] - cosines[a])
    .slice(0, NEIGHBOURS);
  const votes = new Float64Array(classes);
  for (const i of nearest) votes[labels[i]] += Math.exp(cosines[i] / TEMPERATURE);
  return votes.indexOf(votes.reduce((a, b) => Math.max(a, b)));
}
