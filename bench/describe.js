/**
 * Speed of decoding at the paper's sizes: 15 exemplars of 3,904 features, hidden 512, embedding 128, vocabulary 5,000, beam
 * 50, length 15, captions of 4.6 words on average. Run `npm run build` first, then
 *
 *     node bench/describe.js [units, default 16] [rounds, default 3]
 *
 * Ours and the reference's algorithm (`describe/naive.js`) run in turns on the same runtime, so that a busy machine slows
 * both, and must find the same beams. How much of the machine is used is measured against a large matrix product, also in
 * turns. Fails (exit 1) when beams differ.
 */
import { Captioner } from "../dist/describer/captioner.js";
import { describeFeatures } from "../dist/describer/describe-features.js";
import { LanguageModel } from "../dist/describer/language-model.js";
import { GraphBuilder } from "../dist/engine/onnx/build.js";
import { encodeModel } from "../dist/engine/onnx/model.js";
import { Session } from "../dist/engine/runtime/session.js";
import { ndarray } from "../dist/engine/tensor/ndarray.js";
import { describeNaively, openNaive } from "./describe/naive.js";
import { captionerWeights, languageModelWeights, PAPER, unitFeatures } from "./describe/weights.js";

/** Seconds per unit of the reference implementation with PyTorch on such a machine (2 threads), measured beforehand. */
const REFERENCE = { batched: 0.7, single: 1.55 };
/** `<stop>` logit before the first word; gives captions of 4.6 words on average. */
const STOP_BIAS = -4;
const SEARCH = { search: "rerank", beam: 50, length: 15, lambda: 0.2 };
const SINGLES = 4;

const units = Number(process.argv[2] ?? 16);
const rounds = Number(process.argv[3] ?? 3);
const weights = captionerWeights(1, STOP_BIAS);
const models = {
  captioner: await Captioner.open(weights),
  languageModel: await LanguageModel.open(languageModelWeights(2, STOP_BIAS)),
  naive: await openNaive(weights, PAPER),
  start: PAPER.words,
  stop: PAPER.words + 1,
};
const features = unitFeatures(3, units);
const product = await openProduct(1024, 2048);
const work = countWork(models);

const times = { ours: [], oursSingle: [], naive: [], naiveSingle: [], product: [] };
let beams = [];
let expected = [];
for (let round = 0; round <= rounds; round++) {
  const kept = round > 0; // the first round warms up
  const time = async (name, divisor, run) => {
    const begun = performance.now();
    const result = await run();
    if (kept) times[name].push((performance.now() - begun) / 1000 / divisor);
    return result;
  };
  work.reset();
  beams = await time("ours", units, () => describeFeatures(models, features, { ...SEARCH, batch: units }));
  work.perUnit = work.gigaflops() / units;
  for (let i = 0; i < 4; i++) await time("product", 1, product.run);
  await time("oursSingle", SINGLES, () => one(SINGLES, (unit) => describeFeatures(models, unit, SEARCH)));
  if (!kept) continue;
  expected = await time("naive", units, () => describeNaively(models, features, PAPER, SEARCH));
  await time("naiveSingle", SINGLES, () => one(SINGLES, (unit) => describeNaively(models, unit, PAPER, SEARCH)));
}

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const [ours, single, naive, naiveSingle] = ["ours", "oursSingle", "naive", "naiveSingle"].map((n) => middle(times[n]));
const peak = product.gigaflops / Math.min(...times.product);
const typical = product.gigaflops / middle(times.product);
const lengths = beams.map(({ beam }) => beam[0].tokens.filter((token) => token !== models.stop).length);
const line = (name, ...values) => console.log(name.padEnd(34), ...values);
line(
  `captions of ${units} units`,
  `${mean(lengths).toFixed(1)} words (${Math.min(...lengths)} to ${Math.max(...lengths)})`,
);
line("seconds per unit", "batched      one by one");
line("  this library", ours.toFixed(4).padEnd(12), single.toFixed(4));
line("  reference's algorithm, same ops", naive.toFixed(4).padEnd(12), naiveSingle.toFixed(4));
line("  ratio", `${(naive / ours).toFixed(1)}x`.padEnd(12), `${(naiveSingle / single).toFixed(1)}x`);
line("  reference, PyTorch, quoted", String(REFERENCE.batched).padEnd(12), REFERENCE.single);
line(
  "  ratio to the quoted figures",
  `${(REFERENCE.batched / ours).toFixed(1)}x`.padEnd(12),
  `${(REFERENCE.single / single).toFixed(1)}x`,
);
line("products of matrices per unit", `${work.perUnit.toFixed(2)} GFLOP`);
line(
  "  of the machine's speed, batched",
  share(work.perUnit / ours),
  `of ${typical.toFixed(0)} GFLOP/s (best ${peak.toFixed(0)})`,
);
const differing = beams.filter(({ beam }, unit) => !sameBeam(beam, expected[unit])).length;
line("beams that differ", `${differing} of ${units}`);
process.exitCode = differing > 0 ? 1 : 0;

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function share(gigaflops) {
  return `${gigaflops.toFixed(0)} GFLOP/s, ${((100 * gigaflops) / typical).toFixed(0)} %`;
}

/** Same captions in the same order, up to swaps of scores equal in float32. */
function sameBeam(beam, other) {
  const found = new Map(other.map((entry) => [entry.tokens.join(), entry]));
  return (
    beam.length === other.length &&
    beam.every(({ tokens, logp, pmi }, rank) => {
      const twin = found.get(tokens.join());
      if (!twin || Math.abs(twin.logp - logp) > 1e-4 || Math.abs(twin.pmi - pmi) > 1e-4) return false;
      return other[rank] === twin || Math.abs(other[rank].pmi - twin.pmi) < 2e-5;
    })
  );
}

/** Runs `describe` for the first units, each by itself. */
async function one(count, describe) {
  const size = PAPER.k * PAPER.feature;
  for (let unit = 0; unit < count; unit++) {
    const data = features.data.subarray(unit * size, (unit + 1) * size);
    await describe(ndarray("float32", [1, PAPER.k, PAPER.feature], data));
  }
}

/** A product [rows, size] x [size, size] in ONNX Runtime. */
async function openProduct(rows, size) {
  const g = new GraphBuilder("product");
  const x = g.input("x", "float32", [rows, size]);
  const weight = ndarray("float32", [size, size], new Float32Array(size * size).fill(0.01));
  g.output(g.node("MatMul", [x, g.constant(weight)]), "y", "float32", [rows, size]);
  const session = await Session.open(encodeModel(g.build()));
  const feeds = { x: ndarray("float32", [rows, size], new Float32Array(rows * size).fill(0.5)) };
  const into = { y: ndarray("float32", [rows, size], new Float32Array(rows * size)) };
  return { run: () => session.run(feeds, into), gigaflops: (2 * rows * size * size) / 1e9 };
}

/** Counts the multiply-adds in matrix products that the models are asked for. */
function countWork({ captioner, languageModel }) {
  const { feature, hidden, attention, k, words } = PAPER;
  const vocabulary = words + 4;
  const parent = hidden * attention + k * (attention + feature) + hidden * feature + (feature + hidden) * 4 * hidden;
  let total = 0;
  const spy = (model, name, cost) => {
    const plain = model[name].bind(model);
    model[name] = (...args) => {
      total += cost(...args);
      return plain(...args);
    };
  };
  const distinct = (prefixes) => new Set(prefixes.map(({ previous }) => previous)).size;
  spy(captioner, "begin", ({ shape }) => shape[0] * (k * feature * attention + 2 * feature * hidden));
  spy(captioner, "step", (_, list) => distinct(list) * parent + list.length * hidden * vocabulary);
  spy(languageModel, "read", (list) => 4 * hidden * hidden * (2 * distinct(list) + list.length));
  spy(languageModel, "predict", (list) => list.length * hidden * vocabulary);
  return { perUnit: 0, reset: () => (total = 0), gigaflops: () => (2 * total) / 1e9 };
}
