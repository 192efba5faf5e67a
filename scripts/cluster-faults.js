/**
 * Disturbs dissections on a queue, over and over, and checks that each run has the bytes of an undisturbed one in one piece:
 *
 *     node scripts/cluster-faults.js [--trials 10] [--faults 5] [--seed 0] [--images 400] [--parts 40] [--workers 3] [--work FOLDER]
 *
 * Faults are drawn by the seed, half a second to two seconds apart: a worker killed (SIGKILL), a worker stopped for two leases (SIGSTOP, SIGCONT), a worker asked to end
 * (SIGTERM), Redis killed and started empty, the coordinator killed and started again. A worker that ended is replaced. Needs `redis-server` and a build (`dist/`, or
 * MILAN_DIST). Ends with 1 when anything differs.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    trials: { type: "string", default: "10" },
    faults: { type: "string", default: "5" },
    seed: { type: "string", default: "0" },
    images: { type: "string", default: "400" },
    parts: { type: "string", default: "40" },
    workers: { type: "string", default: "3" },
    work: { type: "string" },
  },
});
const ROOT = new URL("..", import.meta.url);
const DIST = process.env.MILAN_DIST ?? fileURLToPath(new URL("dist", ROOT));
const MODEL = fileURLToPath(new URL("src/builtin/assets/resnet-scenes.onnx", ROOT));
const LEASE_S = 2;
const KINDS = ["worker killed", "worker stopped", "worker ended", "Redis emptied", "coordinator killed"];

const { Random } = await import(pathToFileURL(join(DIST, "base/random.js")).href);
const folder = resolve(options.work ?? mkdtempSync(join(tmpdir(), "milan-cluster-faults-")));
const shared = join(folder, "shared");
mkdirSync(shared, { recursive: true });
const children = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  if (!options.work) rmSync(folder, { recursive: true, force: true });
});

/** Starts a program. What it says is kept in `text`. */
function start(command, args) {
  const child = spawn(command, args, { env: { ...process.env, MILAN_THREADS: "1" } });
  children.add(child);
  child.text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece) => {
      child.text += piece;
    });
  child.ended = once(child, "close").then(() => children.delete(child));
  return child;
}
const milan = (...args) => start(process.execPath, [join(DIST, "cli/main.js"), ...args.map(String)]);

async function done(child) {
  await child.ended;
  if (child.exitCode !== 0) throw new Error(child.text);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function startRedis(port) {
  const place = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  const redis = start("redis-server", place);
  while (!redis.text.includes("Ready to accept")) {
    if (redis.exitCode !== null) throw new Error(redis.text);
    await sleep(20);
  }
  return redis;
}

/** SHA-256 of every file below a folder. */
function contents(run) {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
  return new Map(paths.map((path) => [path.slice(run.length + 1), hash(path)]));
}

const what = [
  "dissect",
  join(shared, "net.onnx"),
  "--images",
  join(shared, "pictures"),
  "--layers",
  "layer2,layer4",
  "--k",
  5,
];

async function trial(random, reference, out) {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let redis = await startRedis(port);
  const coordinator = () => milan(...what, "--out", out, "--queue", url, "--root", shared, "--parts", options.parts);
  const newWorker = () => milan("worker", url, "--root", shared, "--work", join(folder, "slots"), "--lease", LEASE_S);
  let coordinating = coordinator();
  const workers = Array.from({ length: Number(options.workers) }, newWorker);
  const all = [...workers];
  const replace = (i) => {
    workers[i] = newWorker();
    all.push(workers[i]);
  };
  const faults = [];
  const later = [];
  while (!workers.some(({ text }) => / part 1 of /.test(text))) await sleep(50);
  while (faults.length < Number(options.faults)) {
    await sleep(500 + 1500 * random.uniform());
    const kind = KINDS[random.integer(KINDS.length)];
    const i = random.integer(workers.length);
    if (coordinating.exitCode !== null) break;
    faults.push(kind);
    if (kind === "worker killed" || kind === "worker ended") {
      workers[i].kill("SIGCONT");
      workers[i].kill(kind === "worker killed" ? "SIGKILL" : "SIGTERM");
      replace(i);
    } else if (kind === "worker stopped") {
      const worker = workers[i];
      worker.kill("SIGSTOP");
      later.push(sleep(2 * LEASE_S * 1000).then(() => worker.kill("SIGCONT")));
    } else if (kind === "Redis emptied") {
      redis.kill("SIGKILL");
      await redis.ended;
      redis = await startRedis(port);
    } else {
      coordinating.kill("SIGKILL");
      await coordinating.ended;
      coordinating = coordinator();
    }
  }
  await coordinating.ended;
  await Promise.all(later);
  // those that were stopped have come back to a run that is finished
  await sleep(1000);
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(all.map(({ ended }) => ended));
  redis.kill("SIGKILL");
  await redis.ended;
  const problems = [];
  if (coordinating.exitCode !== 0) problems.push(coordinating.text);
  else {
    const found = contents(out);
    for (const path of new Set([...found.keys(), ...reference.keys()]))
      if (found.get(path) !== reference.get(path)) problems.push(path);
  }
  const swept = all.reduce((sum, { text }) => sum + (text.match(/ images in /g) ?? []).length, 0);
  return { faults, problems, swept };
}

if (!existsSync(join(shared, "net.onnx"))) {
  const { copyFileSync } = await import("node:fs");
  copyFileSync(MODEL, join(shared, "net.onnx"));
  await done(
    milan("world", "world-scenes", "--out", join(shared, "pictures"), "--count", options.images, "--size", 64),
  );
}
const whole = join(folder, "whole");
rmSync(whole, { recursive: true, force: true });
await done(milan(...what, "--out", whole));
const reference = contents(whole);
const counts = new Map(KINDS.map((kind) => [kind, 0]));
let same = 0;
let swept = 0;
for (let number = 0; number < Number(options.trials); number++) {
  const out = join(shared, `run-${number}`);
  rmSync(out, { recursive: true, force: true });
  const begun = performance.now();
  const result = await trial(new Random(Number(options.seed) * 1000 + number), reference, out);
  for (const kind of result.faults) counts.set(kind, counts.get(kind) + 1);
  swept += result.swept;
  if (result.problems.length === 0) same++;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const verdict = result.problems.length === 0 ? "same bytes" : `DIFFERS: ${result.problems.join("; ")}`;
  process.stderr.write(
    `${number}: ${result.faults.join(", ")}: ${verdict}, ${result.swept} parts swept, ${seconds} s\n`,
  );
  rmSync(out, { recursive: true, force: true });
}
const sum = [...counts.values()].reduce((total, count) => total + count, 0);
process.stdout.write(
  `${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}: ${sum} faults in ${options.trials} trials, ${same} with the same bytes; ` +
    `${swept} parts put for ${Number(options.trials) * Number(options.parts)}\n`,
);
process.exitCode = same === Number(options.trials) ? 0 : 1;
