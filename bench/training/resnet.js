/**
 * Time and memory of one step of training ResNet-18 (forward, backward, SGD with momentum) at 64 x 64 pixels, batch 64, against
 * the time that its multiplications would take at the speed of one large matrix product in the same run. Run `npm run build`
 * first, then
 *
 *     node bench/training/resnet.js [rounds, default 9] [--wait]
 *
 * With `--wait` it prints each step's time and waits for a line on standard input before the next, so that a step of another
 * framework can take turns with it.
 */
import { createInterface } from "node:readline/promises";
import {
  Graph,
  initialise,
  losses,
  ndarray,
  op,
  Program,
  Random,
  resnet,
  sgd,
  TrainingStep,
} from "../../dist/index.js";

const rounds = Number(process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? 9);
const waits = process.argv.includes("--wait");
const [BATCH, SIZE, CLASSES] = [64, 64, 200];
const random = new Random(1);
const normals = (shape) =>
  ndarray(
    "float32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

let began = performance.now();
const graph = new Graph({ training: true });
const images = graph.input("images", "float32", [BATCH, 3, SIZE, SIZE]);
const labels = graph.input("labels", "int64", [BATCH]);
const { logits } = resnet(images, { depth: 18, classes: CLASSES });
const loss = losses.crossEntropy(logits, labels);
const values = initialise(graph.parameters, random);
const step = await TrainingStep.open({ loss, values, optimiser: sgd({ momentum: 0.9, weightDecay: 5e-4 }) });
const openMs = performance.now() - began;

const product = new Graph();
const [a, b] = ["a", "b"].map((name) => product.input(name, "float32", [1024, 1024]));
const peak = await Program.open(product, { outputs: { c: op.sum(op.matmul(a, b)) } });
const matrices = { a: normals([1024, 1024]), b: normals([1024, 1024]) };

const feeds = {
  images: normals([BATCH, 3, SIZE, SIZE]),
  labels: ndarray(
    "int64",
    [BATCH],
    BigInt64Array.from({ length: BATCH }, () => BigInt(random.integer(CLASSES))),
  ),
};
const lines = waits && createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const times = [];
const products = [];
for (let round = 0; round < rounds + 2; round++) {
  if (lines) await lines.next();
  began = performance.now();
  await step.run(feeds, 0.01);
  const between = performance.now();
  for (let i = 0; i < 4; i++) await peak.run(matrices);
  if (round > 1) times.push(between - began);
  if (round > 1) products.push((performance.now() - between) / 4);
  if (lines) console.log((between - began).toFixed(1));
}
const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];
const flop = 3 * BATCH * 2 * multiplications(graph);
const bound = (flop * median(products)) / (2 * 1024 ** 3);
console.log(
  `ResNet-18, ${SIZE} x ${SIZE}, batch ${BATCH}: ${(flop / 1e9).toFixed(1)} GFLOP a step; ${median(times).toFixed(0)} ms (fastest ${Math.min(...times).toFixed(0)})\n` +
    `  at the speed of a 1024 x 1024 x 1024 product, ${((2 * 1024 ** 3) / median(products) / 1e6).toFixed(0)} GFLOP/s, it would take ${bound.toFixed(0)} ms: ratio ${(median(times) / bound).toFixed(2)}\n` +
    `  ${graph.nodes.length} operators, built, differentiated and opened in ${(openMs / 1000).toFixed(2)} s; ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most`,
);
await step.close();
await peak.close();
lines?.return?.();

/** Multiplications of the forward pass for one image. */
function multiplications({ nodes }) {
  return nodes.slice(0, nodes.indexOf(logits.node) + 1).reduce((sum, { operator, inputs, outputs }) => {
    const places = outputs[0].shape.slice(1).reduce((x, y) => x * y, 1);
    if (operator === "Conv") return sum + places * inputs[1].shape.slice(1).reduce((x, y) => x * y, 1);
    return operator === "Gemm" ? sum + places * inputs[0].shape[1] : sum;
  }, 0);
}
