// Trains a two-layer network to tell two spirals apart, and draws what it has learned. Run it with
//   npm install && npm run build && node examples/two-layer-network.js
// It is JavaScript because Node 20 runs no TypeScript; the calls are the same in both.
import * as milan from "milan";

const { layers, losses, ndarray, op } = milan;

// The network: a function from a tensor of points [point, x and y] to logits [point, spiral].
function network(points) {
  const hidden = op.tanh(layers.linear(points, "first", 64));
  return layers.linear(hidden, "second", 2);
}

// The data: 100 points on each of two spirals.
const COUNT = 200;
const points = new Float32Array(2 * COUNT);
const targets = new BigInt64Array(COUNT);
for (let i = 0; i < COUNT; i++) {
  const radius = 0.2 + (0.8 * i) / COUNT;
  const angle = 4.5 * radius + Math.PI * (i % 2);
  points.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * i);
  targets[i] = BigInt(i % 2);
}
const feeds = { points: ndarray("float32", [COUNT, 2], points), targets: ndarray("int64", [COUNT], targets) };

// Training: the graph of a loss, first values from a seed, and a loop over epochs of one step each.
const graph = new milan.Graph({ training: true });
const logits = network(graph.input("points", "float32", [COUNT, 2]));
const truth = graph.input("targets", "int64", [COUNT]);
const values = milan.initialise(graph.parameters, new milan.Random(1));
const optimiser = milan.adamW();
const step = await milan.TrainingStep.open({
  loss: losses.crossEntropy(logits, truth),
  outputs: { accuracy: losses.accuracy(logits, truth) },
  ...{ values, optimiser },
});
const { metrics } = await milan.fit({
  ...{ step, values, optimiser, seed: 1, now: Date.now },
  ...{ epochs: 400, stepsPerEpoch: 1, learningRate: 0.05, schedule: milan.cosine() },
  batches: async function* () {
    yield feeds;
  },
});
await step.close();

// What it has learned: the same function of other points, without a loss.
const [WIDTH, HEIGHT] = [60, 30];
const grid = Float32Array.from({ length: 2 * WIDTH * HEIGHT }, (_, i) => {
  const [at, size] = i % 2 === 0 ? [(i / 2) % WIDTH, WIDTH] : [Math.floor(i / 2 / WIDTH), HEIGHT];
  return (2.4 * at) / (size - 1) - 1.2;
});
const drawing = new milan.Graph();
const spiral = op.argmax(network(drawing.input("points", "float32", [WIDTH * HEIGHT, 2])));
const places = { points: ndarray("float32", [WIDTH * HEIGHT, 2], grid) };
const drawn = await milan.evaluate(drawing, { spiral }, places, values);
const letters = Array.from(drawn.spiral.data, (n) => ".#"[Number(n)]).join("");
console.log(letters.match(new RegExp(`.{${WIDTH}}`, "g")).join("\n"));
console.log(`accuracy ${metrics.accuracy.toFixed(3)}`);
