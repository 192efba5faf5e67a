/**
 * What Milan's commands cost on a network of many gigabytes: time and greatest memory of each. Run `npm run build` first, then
 *
 *     node bench/large/model.js [gigabytes, default 6]
 *
 * The network is small but for a table that it looks up one row of for each picture, [row, 32] float32 in a data file beside the model; weights lie behind it
 * and behind 2 GB of a second data file. Both are sparse files: they take no room until the edited network is written, which takes as much as it says.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../../dist/base/files.js";
import { Random } from "../../dist/base/random.js";
import { bakeAblation } from "../../dist/engine/onnx/ablate.js";
import { GraphBuilder } from "../../dist/engine/onnx/build.js";
import { toExternal } from "../../dist/engine/onnx/external.js";
import { encodeModel, writeModel } from "../../dist/engine/onnx/model.js";
import { mapTensors } from "../../dist/engine/onnx/proto.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";
import { writeNpy } from "../../dist/engine/tensor/npy.js";
import { openModel } from "../../dist/exemplars/subject.js";
import { load, megabytes, milan } from "./measured.js";

const SIDE = 32;
const UNITS = 32;
const IMAGES = 256;
const BEHIND_2_GB = 2 ** 31 + 4096;
const rows = Math.ceil((Number(process.argv[2] ?? 6) * 1e9) / (UNITS * 4));

const random = new Random(1);
const folder = mkdtempSync(join(tmpdir(), "milan-bench-"));
const at = (name) => join(folder, name);
try {
  await writeLarge(at("net.onnx"), rows);
  await writeNpy(at("images.npy"), noise(IMAGES));
  const [model, images] = [at("net.onnx"), ["--images", at("images.npy")]];
  const of = (name) => statSync(at(name)).size;
  console.log(`model of ${((of("a.data") + of("b.data")) / 1e9).toFixed(1)} GB, ${load()}`);
  await time("inspect", ["inspect", model]);
  await time(`dissect, ${IMAGES} images`, ["dissect", model, ...images, "--out", at("run")]);
  for (const part of [1, 2]) {
    await time(`dissect --shard ${part}/2`, [
      "dissect",
      model,
      ...images,
      "--out",
      at("parts"),
      "--shard",
      `${part}/2`,
    ]);
  }
  await time("merge", ["merge", at("parts")]);
  await edited(model);
  await time("inspect the edited one", ["inspect", at("edited/net.onnx")]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function time(title, args) {
  const { seconds, peakBytes } = await milan(args);
  console.log(`  ${title.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s, at most ${megabytes(peakBytes)}`);
}

/** As `milan edit` writes it, once it knows which units to silence. */
async function edited(path) {
  const { model, layers } = await openModel(path);
  const before = process.memoryUsage().rss;
  const began = performance.now();
  const layer = layers.find(({ name }) => name === "layer2");
  await writeModel(bakeAblation(model, [{ layer, mask: new Float32Array(UNITS) }]), at("edited/net.onnx"));
  const seconds = (performance.now() - began) / 1000;
  const size = statSync(at("edited/net.onnx.data")).size;
  console.log(
    `  write it edited          ${seconds.toFixed(1).padStart(6)} s, ${(size / 1e9).toFixed(1)} GB, ${megabytes(process.memoryUsage().rss - before)} more memory`,
  );
}

async function writeLarge(path, tableRows) {
  const weights = { w1: normal(16, 3, 3, 3), w2: normal(UNITS, 16, 3, 3) };
  const g = new GraphBuilder("large");
  const conv = (from, weight, to) =>
    g.node("Relu", [g.node("Conv", [from, g.constant(weights[weight], weight)], { pads: [1, 1, 1, 1] })], {}, [to]);
  const first = conv(g.input("x", "float32", ["batch", 3, SIDE, SIDE]), "w1", "layer1");
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [conv(first, "w2", "layer2")])]);
  const table = g.constant(ndarray("float32", [1, UNITS], new Float32Array(UNITS)), "table");
  const found = g.node("Gather", [table, g.node("ArgMax", [pooled], { axis: 1, keepdims: 0 })]);
  g.output(g.node("Add", [pooled, found], {}, ["logits"]), "logits", "float32", ["batch", UNITS]);
  const tableBytes = tableRows * UNITS * 4;
  const model = g.build();
  const bytesOf = (name) => model.proto.graph.initializer.find((tensor) => tensor.name === name).rawData;
  for (const [file, name, offset] of [
    ["a.data", "w1", tableBytes],
    ["b.data", "w2", BEHIND_2_GB],
  ]) {
    const data = await open(join(folder, file), "w");
    await data.write(bytesOf(name), 0, bytesOf(name).length, offset);
    await data.close();
  }
  const proto = mapTensors(model.proto, (tensor) => {
    if (tensor.name === "w1") return toExternal(tensor, "a.data", tableBytes, tensor.rawData.length);
    if (tensor.name === "w2") return toExternal(tensor, "b.data", BEHIND_2_GB, tensor.rawData.length);
    if (tensor.name !== "table") return tensor;
    return Object.assign(toExternal(tensor, "a.data", 0, tableBytes), { dims: [BigInt(tableRows), BigInt(UNITS)] });
  });
  await writeFileAtomically(path, encodeModel({ proto, folder, path: undefined }));
}

function normal(...shape) {
  const length = shape.reduce((a, b) => a * b, 1);
  return ndarray(
    "float32",
    shape,
    Float32Array.from({ length }, () => 0.2 * random.normal()),
  );
}

function noise(count) {
  const length = count * SIDE * SIDE * 3;
  return ndarray(
    "uint8",
    [count, SIDE, SIDE, 3],
    Uint8Array.from({ length }, () => 256 * random.uniform()),
  );
}
