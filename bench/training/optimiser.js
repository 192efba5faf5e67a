/**
 * AdamW in JavaScript, in place (`engine/train/optimisers.ts`), against the same update as elementwise ONNX nodes with
 * parameters and state as outputs, which a step's program would then hold. Run `npm run build` first, then
 *
 *     node bench/training/optimiser.js [rounds, default 9]
 *
 * For 15 million parameters in arrays of the sizes of the captioner's. Both run in turns. The nodes are timed with outputs
 * written into arrays that are kept (the caller would exchange two sets), and with new arrays at every step. Fails (exit 1)
 * when the parameters differ.
 */
import { Random } from "../../dist/base/random.js";
import { toModel } from "../../dist/engine/grad/emit.js";
import { Graph } from "../../dist/engine/grad/graph.js";
import * as op from "../../dist/engine/grad/ops.js";
import { openSession } from "../../dist/engine/runtime/open.js";
import { ndarray, zeros } from "../../dist/engine/tensor/ndarray.js";
import { adamW } from "../../dist/engine/train/optimisers.js";

const SIZES = [7_500_000, 2_500_000, 2_000_000, 2_000_000, 1_000_000];
const [RATE, DECAY, BETA1, BETA2, EPSILON] = [1e-3, 0.01, 0.9, 0.999, 1e-8];
const rounds = Number(process.argv[2] ?? 9);

const random = new Random(1);
const arrays = SIZES.map((size) => ({
  value: draw(size, 0.05),
  gradient: draw(size, 0.01),
  mean: zeros("float32", [size]),
  square: zeros("float32", [size]),
}));
const session = await openSession(update());
const kept = Object.fromEntries(session.outputs.map(({ name, shape }) => [name, zeros("float32", shape)]));
const moved = arrays.map(({ value }) => value.data.slice());
const optimiser = adamW();

const times = { javascript: [], kept: [], fresh: [] };
for (let round = 0; round <= rounds; round++) {
  const step = round + 1;
  const feeds = { rate: scalar(RATE / (1 - BETA1 ** step)), correction: scalar(1 / Math.sqrt(1 - BETA2 ** step)) };
  for (const [i, each] of arrays.entries()) {
    for (const [name, array] of Object.entries(each)) feeds[`${name}${i}`] = array;
  }
  const took = {};
  for (const [name, run] of Object.entries({
    javascript: () => {
      for (const [i, { gradient }] of arrays.entries()) optimiser.update(`${i}`, moved[i], gradient.data, RATE, step);
    },
    fresh: () => session.run(feeds),
    kept: () => session.run(feeds, kept),
  })) {
    const begun = performance.now();
    await run();
    took[name] = performance.now() - begun;
  }
  if (round > 0) for (const [name, time] of Object.entries(took)) times[name].push(time); // the first warms up
  for (const [i, each] of arrays.entries()) {
    for (const name of ["value", "mean", "square"]) each[name].data.set(kept[`${name}/${i}`].data);
  }
}
await session.close();

for (const [i, { value }] of arrays.entries()) {
  const differs = value.data.findIndex((x, at) => !(Math.abs(x - moved[i][at]) < 1e-5));
  if (differs >= 0) {
    console.error(`array ${i} differs at ${differs}: ${value.data[differs]}, ${moved[i][differs]}`);
    process.exit(1);
  }
}
const million = SIZES.reduce((a, b) => a + b) / 1e6;
console.log(`AdamW of ${million} million parameters, median of ${rounds}`);
for (const [name, label] of [
  ["javascript", "JavaScript, in place"],
  ["kept", "ONNX nodes, outputs into kept arrays"],
  ["fresh", "ONNX nodes, new arrays"],
]) {
  const ratio = median(times[name].map((time, i) => time / times.javascript[i]));
  console.log(`  ${label}: ${median(times[name]).toFixed(0)} ms, ${ratio.toFixed(2)} times as long as JavaScript`);
}

function update() {
  const graph = new Graph();
  const [rate, correction] = ["rate", "correction"].map((name) => graph.input(name, "float32", []));
  const outputs = {};
  for (const [i, size] of SIZES.entries()) {
    const input = (name) => graph.input(`${name}${i}`, "float32", [size]);
    const [value, gradient] = [input("value"), input("gradient")];
    const mean = op.add(op.mul(input("mean"), BETA1), op.mul(gradient, 1 - BETA1));
    const square = op.add(op.mul(input("square"), BETA2), op.mul(op.mul(gradient, gradient), 1 - BETA2));
    const change = op.div(op.mul(mean, rate), op.add(op.mul(op.sqrt(square), correction), EPSILON));
    outputs[`value/${i}`] = op.sub(op.mul(value, 1 - RATE * DECAY), change);
    outputs[`mean/${i}`] = mean;
    outputs[`square/${i}`] = square;
  }
  return toModel(graph, { outputs });
}

function draw(size, scale) {
  return ndarray(
    "float32",
    [size],
    Float32Array.from({ length: size }, () => random.normal() * scale),
  );
}

function scalar(value) {
  return ndarray("float32", [], Float32Array.of(value));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
