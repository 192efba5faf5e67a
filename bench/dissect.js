/**
 * Cost of a sweep over all layers, against the bare forward pass of the same network over the same decoded images in the
 * same runtime with the same batches. Run `npm run build` first, then
 *
 *     node bench/dissect.js [images, default 1000] [model.onnx ...]
 *
 * Without a model: ResNet-18 with random weights, with the paper's five layers and with all principal layers. Sweep and
 * bare pass take turns, a stretch of images each, so that a busy machine slows both; the ratio is of the sums. Also prints
 * the memory after the first and the last tenth of a longer sweep, which must not grow with the number of images.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../dist/base/random.js";
import { Graph } from "../dist/engine/grad/graph.js";
import { writeModel } from "../dist/engine/onnx/model.js";
import { openSession } from "../dist/engine/runtime/open.js";
import { ndarray } from "../dist/engine/tensor/ndarray.js";
import { initialise } from "../dist/engine/train/parameters.js";
import { layoutOf } from "../dist/exemplars/layout.js";
import { planSweep } from "../dist/exemplars/plan.js";
import { imageInput, openModel, preprocessingOf } from "../dist/exemplars/subject.js";
import { Sweeper } from "../dist/exemplars/sweep.js";
import { inferenceModel } from "../dist/zoo/inference.js";
import { resnet } from "../dist/zoo/resnet.js";

const STRETCH = 5; // batches
const BATCH = 8;
const images = Number(process.argv[2] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), "milan-bench-"));
try {
  const given = process.argv.slice(3);
  if (given.length === 0) {
    const path = await randomResnet18(join(folder, "resnet18.onnx"));
    await measure("ResNet-18, the paper's layers", path, ["conv1", "layer1", "layer2", "layer3", "layer4"]);
    await measure("ResNet-18, all principal layers", path);
  }
  for (const path of given) await measure(path, path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(title, path, names) {
  const subject = await openModel(path);
  const view = preprocessingOf(subject);
  const layers = names
    ? names.map((name) => subject.layers.find((layer) => layer.name === name))
    : subject.layers.filter((layer) => layer.principal);
  const layouts = layers.map((layer) => layoutOf(layer, [view.height, view.width]));
  const plans = planSweep(layouts, images, 0.99);
  const sweeper = await Sweeper.open(subject.model, plans, { k: 15, seed: 0, session: {} });
  const bare = await openSession(subject.model);
  const input = imageInput(subject).name;
  const feeds = decodedImages(view, STRETCH).map((array) => ({ [input]: array }));
  const time = { sweep: 0, bare: 0 };
  const memoryBytes = [];
  for (let first = 0; first < images; first += STRETCH * BATCH) {
    const began = performance.now();
    for (const feed of feeds) await bare.run(feed);
    const between = performance.now();
    for (const [i, feed] of feeds.entries()) {
      const ids = Array.from({ length: BATCH }, (_, at) => first + i * BATCH + at);
      await sweeper.add(ids, feed);
    }
    if (first > 0) {
      time.bare += between - began;
      time.sweep += performance.now() - between;
    }
    memoryBytes.push(process.memoryUsage().rss);
  }
  await sweeper.close();
  await bare.close();
  const seen = images - STRETCH * BATCH;
  const values = plans.reduce((sum, { rows, layout }) => sum + rows * layout.height * layout.width, 0);
  const taken = plans.reduce((sum, { rows, positions }) => sum + rows * positions, 0);
  const at = (share) => `${(memoryBytes[Math.floor(share * (memoryBytes.length - 1))] / 2 ** 20).toFixed(0)} MB`;
  console.log(
    `${title}: ${layers.length} layers, ${plans.reduce((sum, { rows }) => sum + rows, 0)} units, ${images} images\n` +
      `  activations per image ${(values / 1e6).toFixed(2)} million, taken into the levels ${(taken / 1e6).toFixed(2)} million\n` +
      `  bare ${(time.bare / seen).toFixed(2)} ms/image, sweep ${(time.sweep / seen).toFixed(2)} ms/image, ratio ${(time.sweep / time.bare).toFixed(2)}\n` +
      `  memory after 10 % ${at(0.1)}, 50 % ${at(0.5)}, 100 % ${at(1)}`,
  );
}

/** Batches of smooth random pictures, normalised. */
function decodedImages({ width, height }, count) {
  const random = new Random(3);
  return Array.from({ length: count }, () => {
    const data = new Float32Array(BATCH * 3 * height * width);
    for (let plane = 0; plane < BATCH * 3; plane++) {
      const [a, b, phase] = [random.normal() / 10, random.normal() / 10, 6 * random.uniform()];
      for (let i = 0; i < height * width; i++) {
        const [y, x] = [Math.floor(i / width), i % width];
        data[plane * height * width + i] = 1.5 * Math.sin(a * x + b * y + phase) + 0.3 * random.normal();
      }
    }
    return ndarray("float32", [BATCH, 3, height, width], data);
  });
}

async function randomResnet18(path) {
  const inputs = { input: { shape: [1, 3, 224, 224] } };
  const network = ({ input }) => ({ logits: resnet(input, { depth: 18 }).logits });
  const graph = new Graph();
  network({ input: graph.input("input", "float32", inputs.input.shape) });
  const random = new Random(1);
  const values = initialise(graph.parameters, random);
  const drawn = (data, draw) => data.set(Float32Array.from(data, draw));
  for (const [name, { data }] of values) {
    if (/(bn\d|downsample\.1)\.(bias|running_mean)$/.test(name)) drawn(data, () => 0.1 * random.normal());
    if (name.endsWith("running_var")) drawn(data, () => 0.5 + random.uniform());
  }
  await writeModel(inferenceModel(network, values, { inputs }), path);
  return path;
}
