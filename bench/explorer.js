/**
 * The explorer's server over large runs. Run `npm run build` first, then
 *
 *     node bench/explorer.js [units, default 4000,20000] [RUN]
 *
 * Runs of so many units are forged in a temporary folder: real files (600 pictures of 224 pixels, activation maps of 7 x 7, beams of 50), random
 * contents. Each is served by `milan serve` in a process of its own and asked over HTTP. RUN is a run of a classifier, of which units are
 * silenced; default: the shipped resnet-objects over some of its pictures, dissected first.
 *
 * - search: answers while somebody types, against looking through all descriptions in this process; no answer may take the server 50 ms.
 * - opening: all that the page asks for before it shows its first units, against reading and parsing what is said of all units; and the first
 *   paint and the first units on the page in Chromium, where there is one (at /usr/bin/chromium or where CHROMIUM says).
 * - silencing: answers to a picture with units silent, against two passes of the whole network over the same pixels (before and after).
 * - memory: of the server, before and after the strips of all units were looked at.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { Random } from "../dist/base/random.js";
import { openImages } from "../dist/data/images/open.js";
import { normalise } from "../dist/data/images/preprocess.js";
import { openSession } from "../dist/engine/runtime/open.js";
import { ndarray } from "../dist/engine/tensor/ndarray.js";
import { writeNpy } from "../dist/engine/tensor/npy.js";
import { writeSafetensors } from "../dist/engine/tensor/safetensors.js";
import { runExemplars } from "../dist/exemplars/store.js";
import { dissect, imageFolder, openModel } from "../dist/index.js";
import { layerFolder } from "../dist/run/layer-folder.js";
import { writeManifest } from "../dist/run/manifest.js";
import { Run } from "../dist/run/run.js";

const [counts = "4000,20000", given] = process.argv.slice(2);
const SEARCH_BOUND_MS = 50;
/** Of all queries: a machine does other things too. The server keeps fewer lists than there are queries. */
const ROUNDS = 3;
const [PICTURES, SIDE, K, MAP, LAYERS, BEAM] = [600, 224, 15, 7, 5, 50];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "milan-bench-"));
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
async function timed(work) {
  const began = performance.now();
  const result = await work();
  return [performance.now() - began, result];
}

const ADJECTIVES =
  "red green blue white black dark bright round long small large striped dotted shiny furry wooden".split(" ");
const NOUNS =
  "dogs cats birds cars buses trees houses boats faces eyes wheels windows letters lines edges corners flowers grass water sky snow fences roads signs bottles chairs animals people hands legs stripes dots".split(
    " ",
  );
const PLACES = ["in", "on", "near", "behind", "above"];
const textOf = (random) => {
  const one = (list) => list[random.integer(list.length)];
  const some = `${one(ADJECTIVES)} ${one(NOUNS)}`;
  return random.uniform() < 0.6 ? `${some} ${one(PLACES)} ${one(ADJECTIVES)} ${one(NOUNS)}` : some;
};

/** Writes pictures of noise and stripes, as JPEGs. */
async function writePictures(path) {
  mkdirSync(path);
  const random = new Random(1);
  for (let i = 0; i < PICTURES; i++) {
    const [a, b, c] = [0, 1, 2].map(() => random.integer(200));
    const pixels = Buffer.alloc(3 * SIDE * SIDE);
    for (let at = 0; at < pixels.length; at++) pixels[at] = [a, b, c][at % 3] + ((at * (i + 3)) % 50);
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .jpeg()
      .toFile(join(path, `${String(i).padStart(4, "0")}.jpg`));
  }
}

/** Writes a run of some layers with so many units together. Returns what is said of the units. */
async function forge(path, units, pictures) {
  const random = new Random(units);
  const set = await openImages(pictures);
  const own = units / LAYERS;
  const names = Array.from({ length: LAYERS }, (_, i) => `layer${i + 1}`);
  const records = names.map((name) => ({
    ...{ name, shortNames: [], kind: "map", dtype: "float32", units: own, height: MAP, width: MAP, prefix: 0 },
    positions: MAP * MAP,
  }));
  const view = {
    width: SIDE,
    height: SIDE,
    fit: "crop",
    range: [0, 1],
    mean: [0.5],
    std: [0.5],
    channels: "rgb",
    layout: "nchw",
  };
  const texts = [];
  const lines = [
    {
      milan: "bench",
      describer: "bench",
      describerSha256: null,
      search: "rerank",
      lambda: 0.2,
      beam: BEAM,
      length: 15,
      compat: null,
      clip: null,
    },
  ];
  for (const { name } of records) {
    const layer = layerFolder(path, name);
    mkdirSync(layer, { recursive: true });
    const rows = (value) =>
      Array.from({ length: own }, (_, row) => Array.from({ length: K }, (_, rank) => value(row, rank)).join(",")).join(
        "\n",
      );
    writeFileSync(join(layer, "ids.csv"), `${rows((row, rank) => (row * 7 + rank * 41) % PICTURES)}\n`);
    writeFileSync(join(layer, "activations.csv"), `${rows((_, rank) => (3 - rank / K).toExponential(5))}\n`);
    await writeNpy(join(layer, "levels.npy"), ndarray("float32", [own], new Float32Array(own).fill(1)));
    const maps = Float32Array.from({ length: own * K * MAP * MAP }, () => 3 * random.uniform() ** 3);
    await writeNpy(join(layer, "maps.npy"), ndarray("float32", [own, K, MAP, MAP], maps));
    const [tail, sample] = [300, 1024];
    const falling = Float32Array.from({ length: own * tail }, (_, i) => 3 - (2 * (i % tail)) / tail);
    await writeSafetensors(
      join(layer, "quantiles.safetensors"),
      new Map([
        ["tail", ndarray("float32", [own, tail], falling)],
        ["counts", ndarray("float64", [own], new Float64Array(own).fill(PICTURES * MAP * MAP))],
        [
          "sample",
          ndarray(
            "float32",
            [sample, own],
            Float32Array.from({ length: sample * own }, () => random.uniform()),
          ),
        ],
      ]),
    );
    for (let unit = 0; unit < own; unit++) {
      const beam = Array.from({ length: BEAM }, (_, i) => ({
        description: textOf(random),
        logp: -3 - i / 10,
        logpLm: -9,
        pmi: -1.2 - i / 10,
      }));
      const [{ description, logp, logpLm, pmi }] = beam;
      const attention = description.split(" ").map(() => new Array(K).fill(1 / K));
      texts.push(description);
      lines.push({
        ...{ layer: name, unit, description, logp, logpLm, pmi },
        confidence: random.uniform(),
        doubts: [],
        beam,
        attention,
      });
    }
  }
  writeFileSync(join(path, "descriptions.jsonl"), `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  writeFileSync(
    join(path, "probe.csv"),
    `id,file,class\n${set.entries.map(({ file }, id) => `${id},${file},`).join("\n")}\n`,
  );
  await writeManifest(path, {
    ...{
      format: 1,
      milan: "bench",
      modelPath: join(path, "none.onnx"),
      modelSha256: createHash("sha256").digest("hex"),
    },
    ...{ probeFingerprint: set.fingerprint, probeSize: PICTURES, preprocessing: view, k: K, quantile: 0.99, seed: 0 },
    ...{ layers: records, probeKind: "images", probePath: pictures, pictureWidth: SIDE, pictureHeight: SIDE },
    ...{ complete: true, skipped: [], flaws: {} },
  });
  await set.close();
  return texts;
}

/** Starts `milan serve` and waits for its address. */
async function serve(run) {
  const child = spawn(process.execPath, [here("../dist/cli/main.js"), "serve", run, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const url = await new Promise((resolve, reject) => {
    child.stdout.once("data", (said) => resolve(String(said).trim()));
    child.once("exit", () => reject(new Error("the server ended")));
  });
  const stop = () => {
    children.delete(child);
    child.removeAllListeners("exit");
    child.kill();
  };
  return { url, pid: child.pid, stop };
}

async function ask(address, init) {
  const response = await fetch(address, init);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}
const json = async (address, init) => JSON.parse((await ask(address, init)).toString("utf8"));

/** Resident memory of a process, MB; undefined where the system does not tell. */
function memoryOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return undefined;
  }
}
const megabytes = (value) => (value === undefined ? "unknown" : `${value.toFixed(0)} MB`);

/** What looking through everything does with each description, and what a search means: all words, or their beginnings. */
const naively = (texts, query) => {
  const words = query.split(" ");
  return texts.flatMap((text, at) => {
    const own = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.every((word) => own.some((one) => one.startsWith(word))) ? [at] : [];
  });
};

async function benchSearch({ url }, id, texts) {
  const typed = ["striped animals near", "green fences", "bright wheels on wood", "dark sky", "furry"];
  const queries = [...new Set(typed.flatMap((text) => Array.from(text, (_, i) => text.slice(0, i + 1).trim())))];
  const first = await json(`${url}api/runs/${id}/units?q=water&sort=relevance`);
  const [ours, inside, naive, bare] = [[], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, query] of queries.entries()) {
      const address = `${url}api/runs/${id}/units?${new URLSearchParams({ q: query, sort: "relevance", limit: "100" })}`;
      const [time, answer] = await timed(() => json(address));
      bare.push((await timed(() => ask(`${url}api/runs`)))[0]);
      const [own, found] = await timed(async () => naively(texts, query));
      ours[i] = Math.min(ours[i] ?? time, time);
      inside[i] = Math.min(inside[i] ?? answer.milliseconds, answer.milliseconds);
      naive[i] = Math.min(naive[i] ?? own, own);
      if (answer.total < found.length)
        console.log(`  "${query}": ${answer.total} found, ${found.length} by looking through all`);
    }
  }
  console.log(
    `search, ${texts.length} units, ${queries.length} queries as they are typed, the best of ${ROUNDS}: median ${ms(median(inside))}, worst ${ms(Math.max(...inside))} in the server; median ${ms(median(ours))} over HTTP, where a request without a search takes ${ms(median(bare))}; ` +
      `the first since the start ${ms(first.milliseconds)}; looking through all: median ${ms(median(naive))}; ratio ${(median(naive) / median(inside)).toFixed(1)}`,
  );
  const late = [first.milliseconds, ...inside].filter((time) => time > SEARCH_BOUND_MS).length;
  console.log(late === 0 ? `  all below ${SEARCH_BOUND_MS} ms` : `  ${late} above ${SEARCH_BOUND_MS} ms`);
  if (late > 0) process.exitCode = 1;
}

/** In a browser: when something is painted, and when the first units' pictures are there, from the start of the navigation. */
async function benchPaint({ url }) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    return console.log(`paint: not measured, no browser at ${executablePath}; set CHROMIUM`);
  const { chromium } = await import("playwright-core");
  const args = [
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
  ];
  const browser = await chromium.launch({ executablePath, args: args.map((name) => `--${name}`) });
  const [paints, units] = [[], []];
  for (let round = 0; round < 5; round++) {
    const page = await (await browser.newContext()).newPage(); // nothing cached
    await page.goto(url);
    const [paint, shown] = await page.evaluate(async () => {
      const frame = () => new Promise((resolve) => globalThis.requestAnimationFrame(resolve));
      const { document } = globalThis;
      while (!document.querySelector("a.card img")?.complete) await frame();
      return [performance.getEntriesByName("first-contentful-paint")[0].startTime, performance.now()];
    });
    paints.push(paint);
    units.push(shown);
    await page.close();
  }
  await browser.close();
  console.log(
    `paint in Chromium, nothing cached, ${paints.length} times: first ${ms(median(paints))} (best ${ms(Math.min(...paints))}), first unit's pictures ${ms(median(units))} (best ${ms(Math.min(...units))})`,
  );
}

/** What the page asks for until its first units are to be seen. */
async function benchOpening({ url }, id, run) {
  const [parsing] = await timed(
    async () =>
      readFileSync(join(run, "descriptions.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)).length,
  );
  const strips = (units, version) =>
    Promise.all(
      units
        .slice(0, 12)
        .map(({ layer, unit }) =>
          ask(`${url}api/runs/${id}/units/${layer}/${unit}/strip?count=5&size=96&v=${version}`),
        ),
    );
  const opened = async () => {
    const html = (await ask(url)).toString("utf8");
    await Promise.all([...html.matchAll(/(?:src|href)="\.\/(assets[^"]+)"/g)].map(([, file]) => ask(`${url}${file}`)));
    const [[{ version }], { units }] = await Promise.all([
      json(`${url}api/runs`),
      json(`${url}api/runs/${id}/units?limit=100`),
    ]);
    return [units, version];
  };
  const [first, [units, version]] = await timed(opened);
  const [pictures] = await timed(() => strips(units, version));
  const [again] = await timed(opened);
  console.log(
    `opening: page, runs and first units ${ms(first)} after the start, ${ms(again)} later; strips of 12 units ${ms(pictures)}; parsing all evidence ${ms(parsing)}; ratio ${(parsing / first).toFixed(1)}`,
  );
}

async function benchMemory({ url, pid }, id, units) {
  const before = memoryOf(pid);
  const own = units / LAYERS;
  let next = 0;
  const lane = async () => {
    while (next < units) {
      const at = next++;
      await ask(`${url}api/runs/${id}/units/${Math.floor(at / own)}/${at % own}/strip?count=5`);
    }
  };
  const [time] = await timed(() => Promise.all([lane(), lane(), lane(), lane()]));
  const after = memoryOf(pid);
  console.log(
    `memory, ${units} units: ${megabytes(before)} before, ${megabytes(after)} after all strips (${(units / (time / 1000)).toFixed(0)} a second)`,
  );
  return after;
}

async function benchSilencing(run) {
  const opened = await Run.open(run);
  const store = await runExemplars(opened);
  const { ids, unitNumbers } = opened.layers[0];
  const server = await serve(run);
  const [{ id, cannot, layers }] = await json(`${server.url}api/runs`);
  if (cannot.ablate !== null) throw new Error(cannot.ablate);
  const { model, inputs } = await openModel(opened.manifest.modelPath, { size: [store.height, store.width] });
  const session = await openSession(model);
  const send = (place, unit, picture) =>
    json(`${server.url}api/runs/${id}/ablate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ units: [{ layer: place, unit }], picture }),
    });
  const pictures = [...new Set(ids)].filter((image) => image >= 0).slice(0, 12);
  for (const { place } of layers) await send(place, 0, pictures[0]);
  const last = layers[layers.length - 1].place;
  const [fresh, early, late, two] = [[], [], [], []];
  for (const [i, picture] of pictures.entries()) {
    if (i === 0) continue;
    const input = normalise(await store.image(picture), opened.manifest.preprocessing);
    const passes = async () => {
      for (let pass = 0; pass < 2; pass++) await session.run({ [inputs[0].name]: input });
    };
    if (i === 1) await passes();
    two.push((await timed(passes))[0]);
    fresh.push((await timed(() => send(0, unitNumbers[0], picture)))[0]);
    for (let unit = 1; unit < 4; unit++) early.push((await timed(() => send(0, unitNumbers[unit], picture)))[0]);
    await send(last, 0, picture);
    for (let unit = 1; unit < 4; unit++) late.push((await timed(() => send(last, unit, picture)))[0]);
  }
  const against = (times) => `${ms(median(times))} (ratio ${(median(two) / median(times)).toFixed(1)})`;
  console.log(
    `silencing, ${id} (${layers.length} layers): two whole passes ${ms(median(two))}; a request over HTTP: of a new picture ${against(fresh)}, of one known already ${against(early)} in the first layer, ${against(late)} in the last`,
  );
  server.stop();
  await session.close();
  await store.close();
}

const pictures = join(folder, "pictures");
await writePictures(pictures);
const memory = [];
for (const units of counts.split(",").map(Number)) {
  const id = `forged-${units}`;
  const run = join(folder, id);
  mkdirSync(run);
  const texts = await forge(run, units, pictures);
  const server = await serve(run);
  await benchOpening(server, id, run);
  await benchSearch(server, id, texts);
  await benchPaint(server);
  memory.push(await benchMemory(server, id, units));
  server.stop();
}
if (memory.length > 1 && memory[0] !== undefined) {
  console.log(
    `memory: ${(memory[memory.length - 1] / memory[0]).toFixed(2)} times as much for ${counts.replaceAll(",", " and ")} units`,
  );
}
if (given === undefined) {
  const network = here("../dist/builtin/assets/resnet-objects.onnx");
  const out = join(folder, "resnet-objects");
  const subject = await openModel(network, { size: [64, 64] });
  await (await dissect(subject, imageFolder(pictures, { width: 64, height: 64 }), { out })).close();
  await benchSilencing(out);
} else {
  await benchSilencing(given);
}
