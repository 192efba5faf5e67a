/**
 * A captioner and a language model at the paper's sizes with made-up weights that behave like trained ones where it costs
 * time: words are as frequent as in English (Zipf), what follows depends on the exemplars and the words before, and one
 * cell of the LSTM is a clock that makes `<stop>` likelier with every word, so that lengths scatter around a mean as
 * people's do, instead of falling off geometrically.
 */
import { Random } from "../../dist/base/random.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";

export const PAPER = { k: 15, feature: 3904, hidden: 512, embedding: 128, attention: 512, layers: 2, words: 5000 };

/** Logits: spread of what depends on the state, and fall-off of a word's frequency with its rank. */
const SPREAD = 2.2;
const ZIPF = 0.9;

/** @param {Random} random @param {number[]} shape @param {number} scale */
function normal(random, shape, scale) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = random.normal() * scale;
  return ndarray("float32", shape, data);
}

/** Next-word logits: [vocabulary, hidden] and [vocabulary]; the special tokens but `<stop>` are never written. */
function output(random, { hidden, words }, stopBias) {
  const weight = normal(random, [words + 4, hidden], SPREAD / Math.sqrt(hidden * 0.1));
  const bias = normal(random, [words + 4], 0.1);
  for (let word = 0; word < words; word++) bias.data[word] -= ZIPF * Math.log(word + 1);
  for (const never of [words, words + 2, words + 3]) bias.data[never] = -30;
  for (let word = 0; word < words + 4; word++) weight.data[word * hidden] = 0;
  weight.data.fill(0, (words + 1) * hidden, (words + 2) * hidden);
  weight.data[(words + 1) * hidden] = CLOCK_GAIN;
  bias.data[words + 1] = stopBias;
  return { weight, bias };
}

/** The clock's reading after t words is tanh(CLOCK_STEP * t); `<stop>` gains CLOCK_GAIN times that. */
const CLOCK_STEP = 0.2;
const CLOCK_GAIN = 12;

/** Makes cell 0 count: gates i, f, o wide open, the update always CLOCK_STEP. */
function addClock(inputs, recurrent, bias, hidden) {
  for (let gate = 0; gate < 4; gate++) {
    const row = gate * hidden;
    const columns = inputs.shape[1];
    inputs.data.fill(0, row * columns, (row + 1) * columns);
    recurrent.data.fill(0, row * hidden, (row + 1) * hidden);
    bias.data[row] = gate === 2 ? Math.atanh(CLOCK_STEP) : 20;
  }
}

/** @param {number} seed @param {number} stopBias @param {typeof PAPER} sizes */
export function captionerWeights(seed, stopBias, sizes = PAPER) {
  const random = new Random(seed);
  const { feature, hidden, embedding, attention, words } = sizes;
  const inputs = normal(random, [4 * hidden, embedding + feature], 1);
  for (let i = 0; i < inputs.data.length; i++) {
    inputs.data[i] *= i % (embedding + feature) < embedding ? 1 / Math.sqrt(embedding) : 3 / Math.sqrt(feature);
  }
  const recurrent = normal(random, [4 * hidden, hidden], 1.5 / Math.sqrt(hidden));
  const bias = normal(random, [4 * hidden], 0.1);
  addClock(inputs, recurrent, bias, hidden);
  const { weight, bias: logits } = output(random, sizes, stopBias);
  const initial = normal(random, [hidden, feature], 1 / Math.sqrt(feature));
  const initialCell = normal(random, [hidden, feature], 1 / Math.sqrt(feature));
  initialCell.data.fill(0, 0, feature);
  return new Map([
    ["embedding.weight", normal(random, [words + 4, embedding], 1)],
    ["init_h.0.weight", initial],
    ["init_h.0.bias", normal(random, [hidden], 0)],
    ["init_c.0.weight", initialCell],
    ["init_c.0.bias", normal(random, [hidden], 0)],
    ["attend.query_to_hidden.weight", normal(random, [attention, hidden], 1 / Math.sqrt(hidden))],
    ["attend.query_to_hidden.bias", normal(random, [attention], 0.1)],
    ["attend.key_to_hidden.weight", normal(random, [attention, feature], 1 / Math.sqrt(feature))],
    ["attend.key_to_hidden.bias", normal(random, [attention], 0.1)],
    ["attend.output.0.weight", normal(random, [1, attention], 3 / Math.sqrt(attention))],
    ["attend.output.0.bias", normal(random, [1], 0.1)],
    ["feature_gate.0.weight", normal(random, [feature, hidden], 1 / Math.sqrt(hidden))],
    ["feature_gate.0.bias", normal(random, [feature], 0.1)],
    ["lstm.weight_ih", inputs],
    ["lstm.weight_hh", recurrent],
    ["lstm.bias_ih", bias],
    ["lstm.bias_hh", normal(random, [4 * hidden], 0)],
    ["output.1.weight", weight],
    ["output.1.bias", logits],
  ]);
}

/** @param {number} seed @param {number} stopBias @param {typeof PAPER} sizes */
export function languageModelWeights(seed, stopBias, sizes = PAPER) {
  const random = new Random(seed);
  const { hidden, embedding, layers, words } = sizes;
  const { weight, bias: logits } = output(random, sizes, stopBias);
  const weights = new Map([
    ["embedding.weight", normal(random, [words + 4, embedding], 1)],
    ["output.0.weight", weight],
    ["output.0.bias", logits],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const size = layer === 0 ? embedding : hidden;
    const inputs = normal(random, [4 * hidden, size], 1.5 / Math.sqrt(size));
    const recurrent = normal(random, [4 * hidden, hidden], 1.5 / Math.sqrt(hidden));
    const bias = normal(random, [4 * hidden], 0.1);
    addClock(inputs, recurrent, bias, hidden);
    weights.set(`lstm.weight_ih_l${layer}`, inputs);
    weights.set(`lstm.weight_hh_l${layer}`, recurrent);
    weights.set(`lstm.bias_ih_l${layer}`, bias);
    weights.set(`lstm.bias_hh_l${layer}`, normal(random, [4 * hidden], 0));
  }
  return weights;
}

/** Features of units, sparse and positive as those after a ReLU: float32 [unit, exemplar, feature]. */
export function unitFeatures(seed, units, { k, feature } = PAPER) {
  const random = new Random(seed);
  const data = new Float32Array(units * k * feature);
  for (let unit = 0; unit < units; unit++) {
    const common = Float32Array.from({ length: feature }, () => random.normal());
    for (let exemplar = 0; exemplar < k; exemplar++) {
      const at = (unit * k + exemplar) * feature;
      for (let j = 0; j < feature; j++) data[at + j] = Math.max(0, common[j] + random.normal());
    }
  }
  return ndarray("float32", [units, k, feature], data);
}
