/**
 * Runs the same commands on the same inputs again, with other numbers of threads and other batches, and says what differs:
 *
 *     node scripts/determinism.js [--work FOLDER] [--only dissect,describe,train,train-classifier] [--model NET.onnx --images PHOTOS [--layers a,b]]
 *
 * The reference is one thread. Of a dissection that differs: levels and activations, by how much of themselves at most; exemplars, how many are other images, and
 * how much less the wrong image activates the unit than the right one, of the activation, at most. Of descriptions: how many have other words, and scores.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { inputsIn } from "./faults/inputs.js";
import { DIST, start } from "./faults/milan.js";

const { values: options } = parseArgs({
  options: {
    work: { type: "string" },
    only: { type: "string", default: "dissect,describe,train,train-classifier" },
    model: { type: "string" },
    images: { type: "string" },
    layers: { type: "string" },
  },
});
const { Run } = await import(`${DIST}/run/run.js`);

const folder = resolve(options.work ?? mkdtempSync(join(tmpdir(), "milan-determinism-")));
process.on("exit", () => options.work || rmSync(folder, { recursive: true, force: true }));
const inputs = await inputsIn(folder, "all");
const at = (...names) => join(folder, ...names);
const out = at("determinism");
const model = options.model ?? inputs.model;
const images = options.images ?? inputs.pictures;
const layers = options.layers ?? (options.model ? undefined : "layer1,layer4");
const rows = [];

async function milan(args, threads) {
  const { code, signal, stderr } = await start(args, { MILAN_THREADS: String(threads) }).ended;
  if (code !== 0) throw new Error(`milan ${args.join(" ")}: ${code ?? signal}\n${stderr}`);
}

/** Names and digests of the files of a folder, those with times left out. */
function digests(place, skip = /\.metrics\.jsonl$|\.checkpoint\.safetensors$/) {
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !skip.test(entry.name),
  );
  const found = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(place.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
  });
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const differing = (a, b) => [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));

/** The same work in all its ways; the first is what the others are compared with. */
async function compare(what, ways, work, difference) {
  let reference;
  for (const [i, way] of ways.entries()) {
    const place = join(out, `${i}`);
    rmSync(place, { recursive: true, force: true });
    await work(place, way);
    const found = digests(place);
    if (i === 0) {
      reference = found;
      continue;
    }
    const files = differing(reference, found);
    const told = files.length === 0 ? "" : await difference(join(out, "0"), place, files);
    rows.push(`| ${what} | ${way.name} | ${files.length === 0 ? "yes" : "no"} | ${told} |`);
    process.stderr.write(`${rows.at(-1)}\n`);
    rmSync(place, { recursive: true, force: true });
  }
}

const ratio = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
const percent = (share) => (share === 0 ? "0" : share.toExponential(1));

async function runsDiffer(before, after) {
  const [a, b] = [await Run.open(before), await Run.open(after)];
  let [levels, activations, entries, others, behind] = [0, 0, 0, 0, 0];
  for (const [i, layer] of a.layers.entries()) {
    const { k } = a.manifest;
    const other = b.layers[i];
    for (const [row, level] of layer.levels.entries()) levels = Math.max(levels, ratio(level, other.levels[row]));
    for (let row = 0; row < layer.unitNumbers.length; row++) {
      const ids = [...layer.ids.subarray(row * k, (row + 1) * k)];
      const known = new Map(ids.map((id, rank) => [id, layer.activations[row * k + rank]]));
      for (let rank = 0; rank < k; rank++) {
        const place = row * k + rank;
        entries += 1;
        activations = Math.max(activations, ratio(layer.activations[place], other.activations[place]));
        if (other.ids[place] === ids[rank]) continue;
        others += 1;
        // how far the image that came to this rank is behind the one that should be there
        const is = known.get(other.ids[place]) ?? layer.activations[(row + 1) * k - 1];
        behind = Math.max(behind, ratio(layer.activations[place], is));
      }
    }
  }
  await a.close();
  await b.close();
  const swapped =
    others === 0
      ? "the same exemplars"
      : `${others} of ${entries} exemplars are others, ${percent(behind)} apart at most`;
  return `levels ${percent(levels)}, activations ${percent(activations)}; ${swapped}`;
}

function descriptionsDiffer(before, after) {
  const [a, b] = [before, after].map((place) =>
    parse(readFileSync(join(place, "descriptions.csv")), { columns: true }),
  );
  const words = a.filter(({ description }, i) => b[i].description !== description).length;
  const numbers = (row) => [row.pmi, row.logp, row.logp_lm].map(Number);
  const scores = a.flatMap((row, i) =>
    row.description === b[i].description ? numbers(row).map((n, j) => Math.abs(n - numbers(b[i])[j])) : [],
  );
  return `${words} of ${a.length} descriptions have other words; scores of the others ${percent(Math.max(...scores))} apart at most`;
}

const threads = [
  { name: "one thread", threads: 1 },
  { name: "again, one thread", threads: 1 },
  { name: "2 threads", threads: 2 },
  { name: "again, 2 threads", threads: 2 },
  { name: "4 threads", threads: 4 },
];
const dissection = (place, { threads: n = 1, batch = 8 }) =>
  milan(
    [
      "dissect",
      model,
      "--images",
      images,
      ...(layers ? ["--layers", layers] : []),
      "--out",
      place,
      "--threads",
      n,
      "--batch",
      batch,
    ],
    n,
  );
const byFiles = async (_, __, files) => `${files.join(", ").slice(0, 120)}`;
const wanted = new Set(options.only.split(","));

if (wanted.has("dissect")) {
  await compare("`dissect`", threads, dissection, runsDiffer);
  const batches = [8, 1, 16, 32].map((batch) => ({ name: `\`--batch ${batch}\``, batch }));
  await compare("`dissect`", batches, dissection, runsDiffer);
}
if (wanted.has("describe")) {
  const run = options.model ? at("determinism-run") : inputs.run;
  if (options.model && !existsSync(join(run, "run.json"))) await dissection(run, {});
  const describing = (place, { threads: n }) =>
    milan(["describe", run, "--beam", 10, "--out", join(place, "descriptions.csv")], n);
  await compare("`describe`", threads, describing, descriptionsDiffer);
}
if (wanted.has("train")) {
  const learning = ["--epochs", 3, "--hidden", 32, "--embedding", 16, "--rare", 0, "--partial"];
  const training = (place, { threads: n }) =>
    milan(
      ["train", inputs.run, "--encoder", inputs.model, "--out", join(place, "describer"), ...learning, "--threads", n],
      n,
    );
  await compare("`train`", threads, training, byFiles);
}
if (wanted.has("train-classifier")) {
  const training = (place, { threads: n }) =>
    milan(
      [
        "train-classifier",
        inputs.pictures,
        "--out",
        join(place, "net.onnx"),
        "--network",
        "resnet20",
        "--size",
        32,
        "--epochs",
        2,
        "--batch",
        32,
        "--threads",
        n,
      ],
      n,
    );
  await compare("`train-classifier`", threads, training, byFiles);
}
rmSync(out, { recursive: true, force: true });
process.stdout.write(
  `${["| command | what is varied | same bytes | differences |", "|---|---|---|---|", ...rows].join("\n")}\n`,
);
