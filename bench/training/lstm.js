/**
 * One training step of an LSTM, forward and backward, against @jax-js/jax (WebAssembly), in one run, taking turns.
 * Run `npm run build` and `npm install --no-save @jax-js/jax` first, then
 *
 *     node bench/training/lstm.js [steps, default 8] [batch, default 64] [hidden, default 512]
 *
 * The loss is the mean square of the last state, the gradients those of both weight matrices and the bias. Prints both
 * times, their ratio, how far the gradients are apart, and the share of the machine's matrix-product speed that ours reaches.
 */
import { Random } from "../../dist/base/random.js";
import { differentiate } from "../../dist/engine/grad/differentiate.js";
import { Graph } from "../../dist/engine/grad/graph.js";
import * as op from "../../dist/engine/grad/ops.js";
import { lstmGates } from "../../dist/engine/train/layers.js";
import { Program } from "../../dist/engine/train/program.js";

const [steps, batch, hidden] = [2, 3, 4].map((i, at) => Number(process.argv[i] ?? [8, 64, 512][at]));
const random = new Random(1);
const draw = (shape, scale) => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()),
});
const feeds = {
  x: draw([steps, batch, hidden], 1),
  input: draw([hidden, 4 * hidden], 1 / Math.sqrt(hidden)),
  recurrent: draw([hidden, 4 * hidden], 1 / Math.sqrt(hidden)),
  bias: draw([4 * hidden], 0.1),
};

const ours = await milan();
const peak = await matrixProduct();
const theirs = await jax().catch((error) => {
  console.error(`@jax-js/jax: ${error.message}; npm install --no-save @jax-js/jax`);
  process.exit(1);
});
const times = { ours: [], theirs: [], peak: [] };
let gradients;
for (let round = 0; round < 7; round++) {
  for (const [name, run] of Object.entries({ ours: ours.run, theirs: theirs.run, peak: peak.run })) {
    const began = performance.now();
    const result = await run();
    times[name].push(performance.now() - began);
    if (round === 0) gradients = { ...gradients, [name]: result };
  }
}
const median = (name) => [...times[name]].slice(1).sort((a, b) => a - b)[3];
// forward, and twice as much backward, without the gradient of the input
const flop = 2 * batch * hidden * 4 * hidden * steps * 5;
const largest = Math.max(...gradients.theirs.map(Math.abs));
const apart = Math.max(...gradients.theirs.map((value, i) => Math.abs(value - gradients.ours[i]))) / largest;
console.log(`LSTM, ${steps} steps, batch ${batch}, hidden ${hidden}: ${(flop / 1e9).toFixed(1)} GFLOP a training step`);
console.log(`  Milan ${median("ours").toFixed(1)} ms, @jax-js/jax ${median("theirs").toFixed(1)} ms`);
console.log(
  `  ratio ${(median("theirs") / median("ours")).toFixed(1)}; gradients ${apart.toExponential(1)} apart, relative to the largest`,
);
console.log(
  `  ${((100 * (flop / median("ours"))) / (peak.flop / median("peak"))).toFixed(0)} % of the speed of one 1024 x 1024 x 1024 product`,
);
await ours.close();
await peak.close();

async function milan() {
  const g = new Graph();
  const inputs = Object.entries(feeds).map(([name, { shape }]) => g.input(name, "float32", shape));
  const [x, input, recurrent, bias] = inputs;
  const fromInput = op.add(op.matmul(op.reshape(x, [-1, hidden]), input), bias);
  const each = op.split(fromInput, Array(steps).fill(batch), 0);
  let state = { h: op.full(g, [batch, hidden]), c: op.full(g, [batch, hidden]) };
  for (const gates of each) state = lstmGates(op.add(gates, op.matmul(state.h, recurrent)), state.c);
  const loss = op.mean(op.square(state.h));
  const [gi, gr, gb] = differentiate(loss, [input, recurrent, bias]);
  const program = await Program.open(g, { outputs: { loss, gi, gr, gb } });
  return {
    run: async () => Array.from((await program.run(feeds)).gr.data.subarray(0, 1000)),
    close: () => program.close(),
  };
}

async function matrixProduct() {
  const g = new Graph();
  const size = 1024;
  const [a, b] = ["a", "b"].map((name) => g.input(name, "float32", [size, size]));
  const program = await Program.open(g, { outputs: { c: op.sum(op.matmul(a, b)) } });
  const given = { a: draw([size, size], 1), b: draw([size, size], 1) };
  return { run: () => program.run(given), close: () => program.close(), flop: 2 * size ** 3 };
}

async function jax() {
  const { init, defaultDevice, numpy: np, nn, valueAndGrad, jit } = await import("@jax-js/jax");
  await init("wasm");
  defaultDevice("wasm");
  const arrays = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [name, np.array(data, { shape })]),
  );
  const loss = ({ input, recurrent, bias }, x) => {
    let h = np.zeros([batch, hidden]);
    let c = np.zeros([batch, hidden]);
    for (let t = 0; t < steps; t++) {
      const gates = np.matmul(x.ref.slice(t), input.ref).add(np.matmul(h, recurrent.ref)).add(bias.ref);
      const part = (n) => gates.ref.slice([], [n * hidden, (n + 1) * hidden]);
      const [i, f, update, o] = [0, 1, 2, 3].map(part);
      gates.dispose();
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(update)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
    }
    for (const array of [input, recurrent, bias, x, c]) array.dispose();
    return np.mean(np.square(h));
  };
  const step = jit(valueAndGrad(loss));
  return {
    async run() {
      const weights = { input: arrays.input.ref, recurrent: arrays.recurrent.ref, bias: arrays.bias.ref };
      const [value, grads] = step(weights, arrays.x.ref);
      value.dispose();
      grads.input.dispose();
      grads.bias.dispose();
      return Array.from((await grads.recurrent.data()).subarray(0, 1000));
    },
  };
}
