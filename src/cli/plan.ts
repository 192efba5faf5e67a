/** `milan plan`: what a dissection would take, on one worker or many, before it is begun. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import type { Prediction } from "../exemplars/cost.js";
import type { Forecast } from "../exemplars/forecast.js";
import { between, counts, names, range, reals, size, units, whole } from "./arguments.js";
import { chooseProbe, type ProbeOptions } from "./dissect.js";
import { printJson, printTable } from "./print.js";
import { duration, terminalProgress } from "./progress.js";

interface Options extends ProbeOptions {
  workers: number[];
  count?: number;
  layers?: string[];
  units?: Record<string, number[]>;
  k: number;
  quantile: number;
  batch?: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  prefixTokens?: number;
  seconds: number;
  json?: boolean;
}

export function registerPlan(program: Command): void {
  program
    .command("plan")
    .description("predict time, memory and disk of a dissection, on one machine or many")
    .argument("<model>", "an ONNX file")
    .option("--images <path>", "probe set: a folder (class folders or flat), .zip, .tar, or .npy")
    .option("--latents <path>", "for generators: a .npy per input, in a folder (file name = input name), or one .npy")
    .option(
      "--workers <numbers>",
      "how many processes on machines like this one, separated by commas",
      counts,
      [1, 16, 256],
    )
    .option("--count <number>", "images of the whole set, when only some like them are given", whole())
    .option("--layers <names>", "layers, separated by commas; default: the principal ones (milan inspect)", names)
    .option("--units <layer:numbers>", "only these units of a layer, such as layer4:0-63,70; may be repeated", units)
    .option("--k <number>", "exemplars a unit", whole(), 15)
    .option("--quantile <number>", "level of the masks", between(0, 1), 0.99)
    .option("--size <pixels>", "input size, where the model leaves it open (224, or 192x320 for height x width)", size)
    .addOption(new Option("--fit <how>", "how pictures of another shape are fitted").choices(["crop", "squash", "pad"]))
    .option("--mean <r,g,b>", "as in milan dissect", reals)
    .option("--std <r,g,b>", "likewise", reals)
    .option("--input-range <low-high>", "likewise", range)
    .addOption(new Option("--channels <order>", "likewise").choices(["rgb", "bgr", "grey"]))
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--prefix-tokens <number>", "as in milan dissect", whole(0))
    .option("--generated <tensor>", "as in milan dissect")
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
      if ((options.images === undefined) === (options.latents === undefined)) {
        throw new UserError("planning: expected one of --images or --latents; say which probe set to use");
      }
      const { openModel } = await import("../exemplars/subject.js");
      const { forecast } = await import("../exemplars/forecast.js");
      const subject = await openModel(path, options.size ? { size: options.size } : {});
      const { workers, layers, k, quantile, device } = options;
      const found = await forecast(subject, await chooseProbe(options), {
        ...{ workers, k, quantile, device, progress: terminalProgress(), forMs: 1000 * options.seconds },
        ...(layers && { layers }),
        ...(options.units && { units: options.units }),
        ...(options.batch && { batchSize: options.batch }),
        ...(options.threads && { threads: options.threads }),
        ...(options.count && { images: options.count }),
        ...(options.prefixTokens !== undefined && { prefixTokens: options.prefixTokens }),
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
