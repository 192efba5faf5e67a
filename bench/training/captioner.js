/**
 * Time and memory of one step of training the captioner (forward, backward, AdamW) at the paper's sizes: 64 captions, 15
 * exemplars of 3,904 features, hidden 512, embedding 128, vocabulary 5,000, 15 steps, dropout 0.5. Captions have 5 tokens on
 * average with `<stop>`, one has all 15, so that no step could be left out. Run `npm run build` first, then
 *
 *     node bench/training/captioner.js [rounds, default 7]
 *
 * Ours, with the vocabulary weighed at the places of words and at all places, takes turns with the program written down
 * naively (`naive-captioner.js`: keys and vocabulary anew at every step), on the same runtime and the same engine, so that a
 * busy machine slows all. Fails (exit 1) when losses differ.
 */
import { Random } from "../../dist/base/random.js";
import { captionerGraph } from "../../dist/describer/training/captioner-graph.js";
import { placesOf } from "../../dist/describer/training/forcing.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";
import { adamW } from "../../dist/engine/train/optimisers.js";
import { countOf, initialise } from "../../dist/engine/train/parameters.js";
import { evaluate } from "../../dist/engine/train/program.js";
import { TrainingStep } from "../../dist/engine/train/step.js";
import { Vocabulary } from "../../dist/language/vocabulary.js";
import { feedsOf, naiveCaptioner } from "./naive-captioner.js";

/** Seconds per step of the reference implementation with PyTorch on such a machine (2 threads), measured beforehand. */
const REFERENCE = 3.3;
const WORDS = 384;
const rounds = Number(process.argv[2] ?? 7);

await checkLosses();
const paper = { ...sizes(5000, 64, 15), exemplars: 15, feature: 3904 };
const data = batchOf(paper, 5);
const counting = [...data.targets.data].filter((token) => token !== BigInt(paper.vocabulary.pad)).length;
console.log(`batch: 64 captions, ${(counting / 64).toFixed(1)} tokens on average, longest 15`);

const before = memoryMB();
const ours = await open("ours", captionerGraph({ ...paper, words: WORDS }));
data.places = placesOf(data.targets, { ...paper, words: WORDS });
const { places: _, ...everywhere } = data;
for (let i = 0; i < 4; i++) await ours.take(data); // warms up, and tells its memory
const { count } = ours;
const known = [count * 4, count * 4, count * 8, data.features.data.length * 4].map((bytes) => bytes / 2 ** 20);
console.log(
  `${(count / 1e6).toFixed(1)} million parameters; peak ${memoryMB().toFixed(0)} MB, ${before.toFixed(0)} of it before: parameters ${known[0].toFixed(0)}, ` +
    `a set of gradients ${known[1].toFixed(0)}, optimiser ${known[2].toFixed(0)}, features ${known[3].toFixed(0)}, the rest the runtime's`,
);
const all = await open("ours, all places", captionerGraph(paper));
const naive = await open("naive", naiveCaptioner(paper));
await all.take(everywhere);
await naive.take(feedsOf(data));
for (const each of [ours, all, naive]) each.reset();
for (let round = 0; round < rounds; round++) {
  await ours.take(data);
  await all.take(everywhere);
  await naive.take(feedsOf(data));
}
for (const each of [ours, all, naive]) {
  const [total, optimiser] = [each.times, each.optimiserTimes].map(median);
  const ratio = median(naive.times.map((time, i) => time / each.times[i]));
  console.log(
    `${each.name}: ${total.toFixed(2)} s a step (fastest ${Math.min(...each.times).toFixed(2)}), of it AdamW ${optimiser.toFixed(2)}; ` +
      `${ratio.toFixed(1)} times as fast as naive, ${(REFERENCE / total).toFixed(1)} times as the reference's ${REFERENCE} s`,
  );
}
for (const each of [ours, all, naive]) await each.close();

/** Opens a step on its own copy of the parameters, and measures its parts. */
async function open(name, { graph, loss }) {
  const values = initialise(graph.parameters, new Random(1));
  const { state, update } = adamW();
  const each = { name, times: [], optimiserTimes: [], count: countOf(values) };
  let optimising = 0;
  const optimiser = {
    name: "adamw",
    state,
    update(...args) {
      const begun = performance.now();
      update(...args);
      optimising += (performance.now() - begun) / 1000;
    },
  };
  const begun = performance.now();
  const step = await TrainingStep.open({ loss, values, optimiser });
  console.log(
    `${name}: derivatives written and session opened in ${((performance.now() - begun) / 1000).toFixed(2)} s`,
  );
  let seed = 0;
  return Object.assign(each, {
    async take(batch) {
      optimising = 0;
      const start = performance.now();
      await step.run({ ...batch, seed: ndarray("uint32", [], Uint32Array.of(seed++)) }, 1e-3);
      each.times.push((performance.now() - start) / 1000);
      each.optimiserTimes.push(optimising);
    },
    reset() {
      each.times.length = 0;
      each.optimiserTimes.length = 0;
    },
    close: () => step.close(),
  });
}

/** All three have one loss: at a small size, without dropout. */
async function checkLosses() {
  const small = { ...sizes(20, 6, 4), exemplars: 3, feature: 12, hidden: 8, embedding: 5, dropout: 0 };
  const { features, targets } = batchOf(small, 2);
  const words = 20;
  const places = placesOf(targets, { ...small, words });
  const losses = [];
  let values;
  for (const [batch, { graph, loss }] of [
    [feedsOf({ features, targets }), naiveCaptioner(small)],
    [{ features, targets }, captionerGraph(small)],
    [{ features, targets, places }, captionerGraph({ ...small, words })],
  ]) {
    values ??= initialise(graph.parameters, new Random(1));
    losses.push((await evaluate(graph, { loss }, batch, values)).loss.data[0]);
  }
  if (losses.some((loss) => !(Math.abs(loss - losses[0]) < 1e-5))) {
    console.error(`losses differ: ${losses}`);
    process.exit(1);
  }
}

function sizes(words, rows, steps) {
  return { vocabulary: new Vocabulary(Array.from({ length: words }, (_, i) => `word${i}`)), rows, steps };
}

/** Random features and captions; the first caption takes all steps, the others so many tokens on average. */
function batchOf({ vocabulary, rows, steps, exemplars, feature }, mean) {
  const random = new Random(2);
  const features = Float32Array.from({ length: rows * exemplars * feature }, () => Math.abs(random.normal()) / 2);
  const targets = new BigInt64Array(rows * steps).fill(BigInt(vocabulary.pad));
  for (let row = 0; row < rows; row++) {
    const drawn = 2 + Math.floor((1.5 - mean) * Math.log(1 - random.uniform()));
    const length = row === 0 ? steps : Math.min(steps, drawn);
    for (let step = 0; step < length - 1; step++) {
      targets[row * steps + step] = BigInt(random.integer(vocabulary.words.length));
    }
    targets[row * steps + length - 1] = BigInt(vocabulary.stop);
  }
  return {
    features: ndarray("float32", [rows, exemplars, feature], features),
    targets: ndarray("int64", [rows, steps], targets),
  };
}

/** Most resident memory so far. */
function memoryMB() {
  return process.resourceUsage().maxRSS / 1024;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
