/**
 * A network made by hand, not trained: every unit detects what its name says. It has the parts of a real one (convolution,
 * ReLU, pooling, concatenation, a dense end), so a dissection of it can be checked against the truth.
 *
 * Input `image` float32 [batch, 3, size, size], RGB in [-1, 1] (mean 0.5, std 0.5). Layers: `colours` and `edges` at full
 * resolution, `corners` after pooling, `summary` dense.
 */
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { ndarray } from "../engine/tensor/ndarray.js";

/** What the units of each layer detect, in order. */
export const HAND_MADE_UNITS = {
  colours: ["red", "green", "blue", "yellow", "white", "black"],
  edges: ["lines across", "lines down", "rising lines", "falling lines"],
  corners: ["red beside lines", "green beside lines", "blue beside lines", "yellow beside lines"],
  summary: ["much red", "much black", "many lines across", "many lines down"],
} as const;

/** One row of 1x1 weights for R, G, B, and a threshold: the unit fires where the weighted sum exceeds it. */
const COLOUR_WEIGHTS: readonly (readonly [number, number, number, number])[] = [
  [1, -0.7, -0.7, 0.7],
  [-0.7, 1, -0.7, 0.4],
  [-0.7, -0.7, 1, 0.7],
  [0.7, 0.7, -1.2, 1.2],
  [0.5, 0.5, 0.5, 0.9],
  [-0.5, -0.5, -0.5, 0.75],
];

const ANGLES = [0, 90, 45, 135].map((degrees) => (degrees * Math.PI) / 180);
const EDGE_SIZE = 7;

/** Builds the network. @param size side of the input, a multiple of 4. */
export function handMadeNetwork(size: number): OnnxModel {
  const g = new GraphBuilder("hand-made");
  const image = g.input("image", "float32", ["batch", 3, size, size]);
  const colours = g.node("Relu", [colourConvolution(g, image)], {}, ["colours"]);
  const edges = g.node("Relu", [edgeConvolution(g, image)], {}, ["edges"]);
  const both = g.node("Concat", [colours, edges], { axis: 1 });
  const pooled = g.node("MaxPool", [both], { kernel_shape: [4, 4], strides: [4, 4] });
  const corners = g.node("Relu", [pairConvolution(g, pooled)], {}, ["corners"]);
  const means = g.node("Flatten", [g.node("GlobalAveragePool", [both])], { axis: 1 });
  const summary = g.node("Gemm", [means, summaryWeights(g)], {}, ["summary"]);
  for (const [name, value] of Object.entries({ corners, summary })) {
    const shape = name === "summary" ? ["batch", 4] : ["batch", 4, size / 4, size / 4];
    g.output(value, name, "float32", shape);
  }
  return g.build();
}

/** Of each colour, 1 over what its unit reaches on strong things of it: so that no colour outshines another. */
const COLOUR_GAINS = [1.05, 1.36, 1.38, 1.22, 2.24, 2.04];

/**
 * The same network with a layer `unions` more, whose units fire on all of some colours, as strongly on each.
 * @param unions colours of each unit, as numbers of units of `colours`. Red and green are without yellow, on which these units fire too.
 */
export function colourUnions(size: number, unions: readonly (readonly number[])[]): OnnxModel {
  const g = GraphBuilder.extending(handMadeNetwork(size));
  const names = HAND_MADE_UNITS.colours;
  const count = names.length;
  const spoilt = (unit: number, channel: number) =>
    names[channel] === "yellow" && (names[unit] === "red" || names[unit] === "green");
  const own = weights(g, [count, count, 1, 1], (unit, channel) =>
    unit === channel ? COLOUR_GAINS[unit] : spoilt(unit, channel) ? -10 : 0,
  );
  const pure = g.node("Relu", [g.node("Conv", ["colours", own])]);
  const sums = weights(g, [unions.length, count, 1, 1], (unit, colour) => Number(unions[unit].includes(colour)));
  g.output(g.node("Conv", [pure, sums], {}, ["unions"]), "unions", "float32", ["batch", unions.length, size, size]);
  return g.build();
}

function weights(g: GraphBuilder, shape: readonly number[], value: (...index: number[]) => number): Value {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(...index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return g.constant(ndarray("float32", shape, data));
}

function colourConvolution(g: GraphBuilder, image: Value): Value {
  const count = COLOUR_WEIGHTS.length;
  const kernel = weights(g, [count, 3, 1, 1], (unit, channel) => COLOUR_WEIGHTS[unit][channel]);
  return g.node("Conv", [image, kernel, weights(g, [count], (unit) => -COLOUR_WEIGHTS[unit][3])], {});
}

/** Gabor filters on brightness, without a mean, so that plain ground gives nothing. */
function edgeConvolution(g: GraphBuilder, image: Value): Value {
  const half = (EDGE_SIZE - 1) / 2;
  const gabor = (angle: number, y: number, x: number) => {
    const across = (x - half) * Math.sin(angle) + (y - half) * Math.cos(angle);
    const along = (x - half) * Math.cos(angle) - (y - half) * Math.sin(angle);
    return Math.cos((2 * Math.PI * across) / 6) * Math.exp(-(across ** 2 + along ** 2) / 8);
  };
  const means = ANGLES.map((angle) => {
    let sum = 0;
    for (let y = 0; y < EDGE_SIZE; y++) for (let x = 0; x < EDGE_SIZE; x++) sum += gabor(angle, y, x);
    return sum / EDGE_SIZE ** 2;
  });
  const shape = [ANGLES.length, 3, EDGE_SIZE, EDGE_SIZE];
  const kernel = weights(g, shape, (unit, _channel, y, x) => (gabor(ANGLES[unit], y, x) - means[unit]) / 3);
  return g.node("Conv", [image, kernel], { pads: [half, half, half, half] });
}

/**
 * Each of the first four colours together with any line within 3 x 3 pooled cells. Both are capped, so that much of one cannot
 * stand in for the other: 4.5 at most each, where more than 5 is asked for.
 */
function pairConvolution(g: GraphBuilder, pooled: Value): Value {
  const capped = g.node("Min", [pooled, weights(g, [1], () => 0.5)]);
  const kernel = weights(g, [4, 10, 3, 3], (unit, channel) => (channel === unit ? 1 : channel >= 6 ? 0.25 : 0));
  return g.node("Conv", [capped, kernel, weights(g, [4], () => -5)], { pads: [1, 1, 1, 1] });
}

function summaryWeights(g: GraphBuilder): Value {
  const watched = [0, 5, 6, 7];
  return weights(g, [10, 4], (channel, unit) => (channel === watched[unit] ? 100 : 0));
}
