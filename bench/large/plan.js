/**
 * What `milan plan` predicts, against whole dissections. Run `npm run build` first, then
 *
 *     node bench/large/plan.js [wall|cpu, default wall] [model.onnx images]...
 *
 * Without models: networks that ship with Milan, over 4,000 pictures of the made world. For each: a forecast, the dissection in one piece, a shard of four, and
 * another forecast, since machines drift; predictions are the means of the two. Prints predicted and measured times, memory and sizes, and their ratios.
 * With `cpu`, times are those that processors took, in the forecasts as in the dissections: on a machine that does much else they can still be compared.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInNetwork } from "../../dist/builtin/assets.js";
import { load, megabytes, milan, script } from "./measured.js";

const SHARDS = 4;
const FORECAST = fileURLToPath(new URL("./forecast.js", import.meta.url));
const clock = process.argv[2] ?? "wall";
const folder = mkdtempSync(join(tmpdir(), "milan-bench-"));
const at = (name) => join(folder, name);
try {
  const given = process.argv.slice(3);
  if (given.length === 0) {
    await milan(["world", "world-scenes", "--out", at("scenes"), "--count", "4000"]);
    for (const name of ["resnet-scenes", "alexnet-scenes"]) await compare(builtInNetwork(name), at("scenes"));
  }
  for (let i = 0; i + 1 < given.length; i += 2) await compare(given[i], given[i + 1]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(model, images) {
  console.log(`${basename(model)} over ${basename(images)}, time of ${clock}, ${load()}`);
  const forecast = async () =>
    JSON.parse((await script(FORECAST, [model, images, clock, `1,${SHARDS}`]).finished).stdout);
  const timeOf = ({ seconds, cpuSeconds }) => (clock === "cpu" ? cpuSeconds : seconds);
  const before = await forecast();
  const what = ["dissect", model, "--images", images];
  const whole = await milan([...what, "--out", at("whole")]);
  const shard = await milan([...what, "--out", at("part"), "--shard", `2/${SHARDS}`]);
  const after = await forecast();
  const mean = (of) => (of(before) + of(after)) / 2;
  const figure = (of) => mean(of).toFixed(2);
  console.log(
    `  ${after.images} images, ${after.units} units of ${after.layers} layers; ms an image: network ${figure(({ costs }) => costs.forwardMs)}, ` +
      `decoding ${figure(({ costs }) => costs.decodeMs)}, statistics ${after.costs.statisticsMs.map((_, age) => figure(({ costs }) => costs.statisticsMs[age])).join(" ")}, ` +
      `maps ${figure(({ costs }) => costs.visitMs)}; ${load()}`,
  );
  const piece = (of) => mean(({ predictions }) => of(predictions[0]));
  const part = (of) => mean(({ predictions }) => of(predictions[1]));
  const startMs = mean(({ startMs }) => startMs);
  if (clock === "wall") {
    tell("sweep", piece((each) => each.sweepMs - each.startMs) / 1000, phase(whole, "sweep"), seconds);
    tell("maps", piece((each) => each.mapsMs) / 1000, phase(whole, "maps"), seconds);
  }
  tell("one piece", (startMs + piece((each) => each.totalMs)) / 1000, timeOf(whole), seconds);
  tell(`shard of ${SHARDS}`, (startMs + part((each) => each.sweepMs)) / 1000, timeOf(shard), seconds);
  tell(
    "winners",
    piece((each) => each.winners),
    Number(/maps: \d+\/(\d+)/.exec(whole.stderr)?.[1]),
    (count) => String(Math.round(count)),
  );
  tell(
    "memory",
    piece((each) => each.workerBytes),
    whole.peakBytes,
    megabytes,
  );
  tell(
    "memory, shard",
    part((each) => each.workerBytes),
    shard.peakBytes,
    megabytes,
  );
  tell(
    "run",
    piece((each) => each.runBytes),
    sizeBelow(at("whole")),
    megabytes,
  );
  tell(
    "state of a shard",
    part((each) => each.stateBytes),
    sizeBelow(at("part")),
    megabytes,
  );
  for (const name of ["whole", "part"]) rmSync(at(name), { recursive: true });
}

/** Seconds that a phase took, by what the command says. */
function phase({ stderr }, name) {
  const text = new RegExp(`^${name}: .* took (.*)$`, "m").exec(stderr)?.[1] ?? "";
  const units = { ms: 0.001, s: 1, min: 60, h: 3600 };
  return [...text.matchAll(/(\d+) (ms|s|min|h)/g)].reduce((sum, [, count, unit]) => sum + count * units[unit], 0);
}

function tell(name, predicted, measured, show) {
  const ratio = (predicted / measured).toFixed(2);
  console.log(
    `  ${name.padEnd(17)} predicted ${show(predicted).padStart(9)}, measured ${show(measured).padStart(9)}, ratio ${ratio}`,
  );
}

function seconds(count) {
  return `${count.toFixed(1)} s`;
}

function sizeBelow(path) {
  return readdirSync(path, { recursive: true }).reduce((sum, name) => {
    const facts = statSync(join(path, name));
    return sum + (facts.isFile() ? facts.size : 0);
  }, 0);
}
