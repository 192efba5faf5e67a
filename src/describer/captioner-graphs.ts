/**
 * The captioner's two graphs. `begin` runs once per batch of units, `step` once per word. In `step`, everything down to
 * the gate pre-activations is computed per distinct state that is continued ("parent"), the rest per hypothesis ("child").
 */
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { columns, layer, linear, lstmCell, rows, take, type Weights } from "./recurrent.js";

/** Sizes read off the weights. `vocabulary` includes the special tokens. */
export interface CaptionerSizes {
  readonly feature: number;
  readonly hidden: number;
  readonly attention: number;
  readonly embedding: number;
  readonly vocabulary: number;
}

/** Throws `UserError` when a parameter that fixes a size is missing. */
export function sizesOf(weights: Weights): CaptionerSizes {
  const [vocabulary, embedding] = take(weights, "embedding.weight", [-1, -1]).shape;
  const [hidden, feature] = take(weights, "init_h.0.weight", [-1, -1]).shape;
  const [attention] = take(weights, "attend.key_to_hidden.weight", [-1, feature]).shape;
  return { feature, hidden, attention, embedding, vocabulary };
}

/** features -> keys, and the first state (h, c) = tanh(W mean of the features + b). */
export function beginGraph(weights: Weights, { feature, hidden, attention }: CaptionerSizes): GraphBuilder {
  const g = new GraphBuilder("captioner-begin");
  const features = g.input("features", "float32", ["units", "k", feature]);
  const shape = (...dims: number[]) => g.constant(ndarray("int64", [dims.length], BigInt64Array.from(dims, BigInt)));
  const flat = g.node("Reshape", [features, shape(-1, feature)]);
  const keys = layer(g, weights, "attend.key_to_hidden", flat, feature, attention);
  const shaped = g.node("Concat", [g.node("Shape", [features], { end: 2 }), shape(attention)], { axis: 0 });
  g.output(g.node("Reshape", [keys, shaped]), "keys", "float32", ["units", "k", attention]);
  const mean = g.node("ReduceMean", [features], { axes: [1], keepdims: 0 });
  const first = (name: string) => g.node("Tanh", [layer(g, weights, name, mean, feature, hidden)]);
  const state = g.node("Concat", [first("init_h.0"), first("init_c.0")], { axis: 1 });
  g.output(state, "state", "float32", ["units", 2 * hidden]);
  return g;
}

/** One step: parents' states and children's tokens -> children's states and next-token log-probabilities. */
export function stepGraph(weights: Weights, sizes: CaptionerSizes): GraphBuilder {
  const { feature, hidden, embedding, vocabulary } = sizes;
  const g = new GraphBuilder("captioner-step");
  const features = g.input("features", "float32", ["units", "k", feature]);
  const states = g.input("states", "float32", ["parents", 2 * hidden]);
  const [h, c] = columns(g, states, [hidden, hidden]);

  const attention = attend(g, weights, sizes, h);
  g.output(attention, "attention", "float32", ["parents", "k"]);
  const seen = gridProduct(g, attention, features, feature);
  const gate = g.node("Sigmoid", [layer(g, weights, "feature_gate.0", h, hidden, feature)]);
  const gated = g.node("Mul", [gate, seen]);

  const constant = (name: string, shape: number[]) => g.constant(take(weights, name, shape), name);
  const [readsToken, readsFeature] = columns(g, constant("lstm.weight_ih", [4 * hidden, embedding + feature]), [
    embedding,
    feature,
  ]);
  const bias = g.node("Add", [constant("lstm.bias_ih", [4 * hidden]), constant("lstm.bias_hh", [4 * hidden])]);
  const recurrent = linear(g, h, constant("lstm.weight_hh", [4 * hidden, hidden]), bias);
  const shared = linear(g, gated, readsFeature, recurrent);
  const table = linear(g, constant("embedding.weight", [vocabulary, embedding]), readsToken); // folded when opened

  const parents = g.input("parents", "int64", ["children"]);
  const tokens = g.input("tokens", "int64", ["children"]);
  const gates = g.node("Add", [rows(g, shared, parents), rows(g, table, tokens)]);
  const after = lstmCell(g, gates, rows(g, c, parents), hidden);
  g.output(g.node("Concat", [after.h, after.c], { axis: 1 }), "state", "float32", ["children", 2 * hidden]);
  const logits = layer(g, weights, "output.1", after.h, hidden, vocabulary);
  g.output(g.node("LogSoftmax", [logits], { axis: 1 }), "logp", "float32", ["children", vocabulary]);
  return g;
}

/** Attention of every parent over its unit's exemplars, softmax(w tanh(query + key)): [parent, exemplar]. */
function attend(g: GraphBuilder, weights: Weights, { hidden, attention }: CaptionerSizes, h: Value): Value {
  const keys = g.input("keys", "float32", ["units", "k", attention]);
  const units = g.input("units", "int64", ["parents"]);
  const axis = (n: number) => g.constant(ndarray("int64", [1], BigInt64Array.of(BigInt(n))));
  const query = layer(g, weights, "attend.query_to_hidden", h, hidden, attention);
  const sum = g.node("Add", [g.node("Unsqueeze", [query, axis(1)]), rows(g, keys, units)]);
  // The bias attend.output.0.bias is the same for all exemplars, and the softmax is blind to it.
  const score = take(weights, "attend.output.0.weight", [1, attention]);
  const column = g.constant(ndarray("float32", [attention, 1], score.data), "attend.output.0.weight");
  const energies = g.node("Squeeze", [g.node("MatMul", [g.node("Tanh", [sum]), column]), axis(2)]);
  return g.node("Softmax", [energies], { axis: 1 });
}

/** Per parent the sum of its unit's features, weighted by its attention: [parent, feature]. */
function gridProduct(g: GraphBuilder, attention: Value, features: Value, feature: number): Value {
  const grid = g.input("grid", "int64", ["units", "width"]);
  const places = g.input("places", "int64", ["parents"]);
  const sums = g.node("MatMul", [rows(g, attention, grid), features]);
  const flat = g.constant(ndarray("int64", [2], BigInt64Array.of(-1n, BigInt(feature))));
  return rows(g, g.node("Reshape", [sums, flat]), places);
}
