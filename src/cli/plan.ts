/** `milan plan`: what a dissection would take, on one worker or many, before it is begun. */
import type { Command } from "commander";
import type { Prediction } from "../exemplars/cost.js";
import type { Forecast } from "../exemplars/forecast.js";
import { counts, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { duration, terminalProgress } from "./progress.js";
import { chooseProbe, expectOneProbe, type SweepOptions, settingsOf, withProbe, withSweep } from "./sweep-options.js";

interface Options extends SweepOptions {
  workers: number[];
  count?: number;
  seconds: number;
  json?: boolean;
}

export function registerPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("predict time, memory and disk of a dissection, on one machine or many")
    .argument("<model>", "an ONNX file");
  withProbe(command)
    .option(
      "--workers <numbers>",
      "how many processes on machines like this one, separated by commas",
      counts,
      [1, 16, 256],
    )
    .option("--count <number>", "images of the whole set, when only some like them are given", whole());
  withSweep(command)
    .option("--seconds <number>", "how long to measure, apart from opening", whole(1, 3600), 20)
    .option("--json", "machine-readable output, with the constants that were measured")
    .addHelpText(
      "after",
      `
Runs some batches of the pictures through the network, here and now, and computes the rest from that; nothing is written. Workers are processes, each on a
machine like this one with nothing else to do; a machine that is busy while it is measured makes the plan slower than it need be.

  milan plan net.onnx --images photos/
  milan plan net.onnx --images some-photos/ --count 1281167 --workers 1,16,256`,
    )
    .action(async (path: string, options: Options) => {
      expectOneProbe("planning", options);
      const { openModel } = await import("../exemplars/subject.js");
      const { forecast } = await import("../exemplars/forecast.js");
      const subject = await openModel(path, options.size ? { size: options.size } : {});
      const { workers, count, seconds } = options;
      const found = await forecast(subject, await chooseProbe(options), {
        ...settingsOf(options),
        ...{ workers, progress: terminalProgress(), forMs: 1000 * seconds },
        ...(count && { images: count }),
      });
      if (options.json) printJson(found);
      else print(path, options, found);
    });
}

function print(
  path: string,
  options: Options,
  { layers, units: all, images, every, costs, predictions }: Forecast,
): void {
  const lines = [
    `${path}: ${grouped(all)} units of ${layers} layer${layers === 1 ? "" : "s"}, ${grouped(images)} images`,
    `a picture takes ${ms(predictions[0].imageMs)}: the network alone ${ms(costs.forwardMs)}, reading and decoding beside it ${ms(costs.decodeMs)}, ` +
      `statistics ${ms(predictions[0].imageMs - costs.forwardMs - costs.decodeMs)} (${ms(costs.statisticsMs[0])} at first)`,
    ...(every > 1 ? [`levels come from one image in ${every}: more would not fit in memory`] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n\n`);
  printTable(
    ["workers", "sweep", "maps", "adding up", "tables", "in all", "memory each", "shards", "run"],
    predictions.map((each) => [
      each.workers,
      duration(each.sweepMs),
      duration(each.mapsMs),
      each.workers === 1 ? "-" : duration(each.addMs),
      duration(each.tablesMs),
      duration(each.totalMs),
      bytes(each.workerBytes),
      each.workers === 1 ? "-" : `${bytes(each.statesBytes)} in all`,
      bytes(each.runBytes),
    ]),
  );
  process.stdout.write(`\n${predictions.map((each) => commandsOf(path, options, each)).join("\n")}\n`);
}

/** What to type, without the options of preprocessing, which are to be those of the plan. */
function commandsOf(path: string, { images, latents }: Options, { workers }: Prediction): string {
  const dissect = `milan dissect ${path} ${images === undefined ? `--latents ${latents}` : `--images ${images}`} --out run`;
  if (workers === 1) return `1 worker:   ${dissect}`;
  const part = `--shard $i/${workers}`;
  return `${workers} workers: ${dissect} ${part}, for i from 1 to ${workers}; then milan merge run ${part}, likewise; then milan merge run`;
}

const grouped = (count: number) => count.toLocaleString("en");

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function bytes(count: number): string {
  const [scale, unit] = count < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  const scaled = count / scale;
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}
