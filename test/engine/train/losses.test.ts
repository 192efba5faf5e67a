/** Losses against PyTorch 1.13's numbers on the same logits and targets. */
import { expect, test } from "vitest";
import { Graph, type Tensor } from "../../../src/engine/grad/graph.js";
import {
  accuracy,
  binaryCrossEntropy,
  crossEntropy,
  doublyStochasticPenalty,
  hinge,
  meanSquaredError,
} from "../../../src/engine/train/losses.js";
import { evaluate } from "../../../src/engine/train/program.js";
import { expectClose, floats, integers, wave } from "./wave.js";

const LOGITS = floats(
  [3, 4],
  Array.from(wave([3, 4], 0.2).data, (value) => 3 * value),
);
const SHARES = floats(
  [3, 4],
  Array.from(wave([3, 4], 0.9).data, (value) => (value + 1) / 2),
);
const SIGNS = floats([3, 4], Array.from(wave([3, 4], 1.9).data, Math.sign));

async function lossOf(build: (logits: Tensor, graph: Graph) => Tensor, logits = LOGITS): Promise<number> {
  const graph = new Graph();
  const loss = build(graph.input("logits", "float32", logits.shape), graph);
  return (await evaluate(graph, { loss }, { logits })).loss.data[0] as number;
}

const targets = (graph: Graph) => graph.constant(integers(1, 3, 0));

test.each([
  ["plain", {}, 1.443655014],
  ["smoothed", { smoothing: 0.1 }, 1.58478117],
  ["with a target that does not count", { ignore: 3 }, 0.142750055],
  ["with both", { ignore: 3, smoothing: 0.1 }, 0.423479408],
])("cross-entropy, %s", async (_, options, expected) => {
  expect(await lossOf((logits, graph) => crossEntropy(logits, targets(graph), options))).toBeCloseTo(expected, 5);
});

test("binary cross-entropy, also of logits whose exponential overflows", async () => {
  const build = (logits: Tensor, graph: Graph) => binaryCrossEntropy(logits, graph.constant(SHARES));
  expect(await lossOf(build)).toBeCloseTo(0.576245606, 5);
  const large = floats(
    [3, 4],
    Array.from(LOGITS.data, (value) => 100 * value),
  );
  expect(await lossOf(build, large)).toBeCloseTo(36.48329163, 4);
});

test("hinge, squared difference, attention penalty", async () => {
  expect(await lossOf((logits, graph) => hinge(logits, graph.constant(SIGNS)))).toBeCloseTo(1.628031611, 5);
  expect(await lossOf((logits, graph) => meanSquaredError(logits, graph.constant(SHARES)))).toBeCloseTo(3.434984922, 5);
  const attention = Array.from(wave([2, 3, 2], 0.1).data, (value) => (value + 1) / 2);
  expect(await lossOf(doublyStochasticPenalty, floats([2, 3, 2], attention))).toBeCloseTo(0.351873159, 5);
});

test("accuracy counts the rows whose largest logit is the target's", async () => {
  const graph = new Graph();
  const share = accuracy(graph.input("logits", "float32", [3, 4]), targets(graph));
  const logits = floats([3, 4], [0, 2, 1, 0, 5, 0, 0, 4, 1, 0, 0, 0]);
  expectClose((await evaluate(graph, { share }, { logits })).share, [2 / 3]);
});
