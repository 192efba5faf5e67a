/**
 * A dissection over a set of ImageNet's size: does its memory stay flat, and what do saving, resuming and merging 256 shards cost? Run `npm run build` first,
 * then
 *
 *     node bench/large/sweep.js [images, default 1281167] [tar|folder, default tar] [whole|shards, default both] [folder]
 *
 * `whole` runs `milan dissect` over 8 x 8 pictures (`pictures.js`) and a network of 192 units (`network.js`), kills it half-way, and lets it go on.
 * Where a folder is named, which a killed bench has left, it goes on with that.
 * `shards` sweeps the same in 256 shards, in this process, and runs `milan merge`. Memory is the resident memory of the process.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dissectShard } from "../../dist/exemplars/dissect.js";
import { planSweep } from "../../dist/exemplars/plan.js";
import { imageFolder } from "../../dist/exemplars/probe.js";
import { addState, saveState } from "../../dist/exemplars/state.js";
import { LayerStatistics } from "../../dist/exemplars/statistics.js";
import { openModel } from "../../dist/exemplars/subject.js";
import { readManifest } from "../../dist/run/manifest.js";
import { load, megabytes, milan, start } from "./measured.js";
import { writeSmallNetwork } from "./network.js";
import { IMAGENET_SIZE, writeFolder, writeTar } from "./pictures.js";

const SHARDS = 256;
const BATCH = 32;
const images = Number(process.argv[2] ?? IMAGENET_SIZE);
const form = process.argv[3] ?? "tar";
const what = process.argv[4] ?? "both";
const left = process.argv[5];
const folder = left ?? mkdtempSync(join(tmpdir(), "milan-bench-"));
const at = (name) => join(folder, name);
const net = at("net.onnx");
const set = form === "folder" ? at("pictures") : at("pictures.tar");
try {
  let began = performance.now();
  if (left === undefined) {
    await writeSmallNetwork(net);
    if (form === "folder") writeFolder(set, images);
    else await writeTar(set, images);
    console.log(`${images} pictures, ${form}, made in ${since(began)}; ${load()}`);
  }
  if (what !== "shards") await whole();
  if (what !== "whole") await shards();
  began = performance.now();
  rmSync(set, { recursive: true });
  console.log(`removed in ${since(began)}; ${load()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function whole() {
  const args = ["dissect", net, "--images", set, "--out", at("run"), "--batch", String(BATCH)];
  const state = at("run/sweep.safetensors");
  if (left === undefined) {
    const first = observe(args);
    const half = await first.until(({ done }) => done >= images / 2 && sizeOrZero(state) > 0);
    first.kill();
    console.log(
      `  listed and opened in ${half.opened.toFixed(0)} s; killed at ${percent(half.done)}: ${half.rate.toFixed(0)} images/s, memory ${memoryIn(half)}`,
    );
  }
  console.log(`  state of ${megabytes(sizeOrZero(state))}`);
  await saving(state);
  const second = observe(args);
  const end = await second.finished;
  console.log(
    `  went on after ${end.opened.toFixed(0)} s at ${percent(end.from)}; whole run done, at most ${megabytes(end.peakBytes)}; ${load()}`,
  );
  console.log(`  ${end.rate.toFixed(0)} images/s, memory ${memoryIn(end)}`);
  console.log(`  run of ${megabytes(sizeBelow(at("run")))}, probe.csv ${megabytes(sizeOrZero(at("run/probe.csv")))}`);
}

function memoryIn({ series }) {
  return series.map(({ share, bytes }) => `after ${percent(share * images)} ${megabytes(bytes)}`).join(", ");
}

/** A state read and written in this process. */
async function saving(state) {
  const manifest = await readManifest(at("run"));
  const plans = planSweep(manifest.layers, manifest.probeSize, manifest.quantile);
  const layers = plans.map((plan) => new LayerStatistics(plan, manifest.k));
  let began = performance.now();
  await addState(state, layers);
  const read = since(began);
  began = performance.now();
  await saveState(at("copy.safetensors"), layers, { done: 0, batchSize: BATCH, skipped: [] });
  console.log(`  state read in ${read}, written in ${since(began)}`);
}

async function shards() {
  const subject = await openModel(net);
  let began = performance.now();
  const probe = await imageFolder(set)(subject, { begin() {}, update() {}, end() {}, warn() {} });
  const memory = [process.memoryUsage().rss];
  console.log(`  opened in ${since(began)}, ${megabytes(memory[0])}`);
  began = performance.now();
  for (let number = 1; number <= SHARDS; number++) {
    await dissectShard(subject, probe, { number, of: SHARDS }, { out: at("parts"), batchSize: BATCH });
    memory.push(process.memoryUsage().rss);
  }
  await probe.close();
  const states = readdirSync(at("parts")).filter((name) => name.endsWith(".safetensors"));
  const bytes = states.reduce((sum, name) => sum + statSync(at(join("parts", name))).size, 0);
  console.log(
    `  ${SHARDS} shards in ${since(began)} (${(images / ((performance.now() - began) / 1000)).toFixed(0)} images/s), ${megabytes(bytes)} of states; ` +
      `memory after 10 %, 50 %, 100 % of them: ${[0.1, 0.5, 1].map((share) => megabytes(memory[Math.round(share * SHARDS)])).join(", ")}`,
  );
  const { seconds, peakBytes } = await milan(["merge", at("parts")]);
  console.log(`  milan merge: ${seconds.toFixed(0)} s, at most ${megabytes(peakBytes)}; ${load()}`);
}

/** A dissection in a process of its own, its progress and memory at every moment. */
function observe(args) {
  const job = start(args);
  const began = performance.now();
  const samples = [];
  let opened;
  let from = 0;
  let done = 0;
  let peakBytes = 0;
  let notify = () => {};
  job.onSample((status, stderr) => {
    const lines = [...stderr.matchAll(/^sweep: (\d+)\/\d+/gm)];
    if (lines.length === 0) return;
    if (opened === undefined) {
      opened = (performance.now() - began) / 1000;
      from = Number(lines[0][1]);
    }
    done = Number(lines.at(-1)[1]);
    peakBytes = Math.max(peakBytes, status.peak);
    samples.push({ time: performance.now(), bytes: status.now, done });
    notify();
  });
  const facts = () => ({
    ...{ opened, from, done, peakBytes },
    rate: (done - from) / ((performance.now() - began) / 1000 - opened),
    series: [0.1, 0.25, 0.5, 0.75, 1].flatMap((share) => {
      const sample = samples.find((each) => each.done >= share * images && each.done > from);
      return sample ? [{ share, bytes: sample.bytes }] : [];
    }),
  });
  const finished = job.finished.then(facts);
  finished.catch(() => {}); // when it is killed
  return {
    kill: () => job.child.kill("SIGKILL"),
    finished,
    until: (isThere) =>
      new Promise((resolve, reject) => {
        notify = () => {
          if (isThere({ done })) resolve(facts());
        };
        job.finished.then(() => reject(new Error("it was done before it was to be killed")), reject);
      }),
  };
}

function sizeOrZero(path) {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function sizeBelow(path) {
  return readdirSync(path, { recursive: true }).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

function since(began) {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}

function percent(done) {
  return `${Math.round((100 * done) / images)} %`;
}
