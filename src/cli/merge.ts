/** `milan merge`: shards of one dissection added up, and the run finished. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import type { Shard } from "../exemplars/dissect.js";
import { place, shard, whole } from "./arguments.js";
import { summarise } from "./dissect.js";
import { printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out?: string;
  partial?: boolean;
  shard?: Shard;
  model?: string;
  images?: string;
  latents?: string;
  generated?: string;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  json?: boolean;
}

export function registerMerge(program: Command): void {
  program
    .command("merge")
    .description("add up the shards of a dissection (milan dissect --shard), and finish the run")
    .argument("<folders...>", "run directories with shards, in any order")
    .option("--out <folder>", "where the run shall be; default: the folder, when there is one", place)
    .option("--partial", "add up what is there, to be merged with the rest later")
    .option(
      "--shard <i/n>",
      "only the i-th of n parts of the last step, the maps of the images that won; milan merge then puts them together",
      shard,
    )
    .option("--model <file>", "the model, when it is not where the shards had it")
    .option("--images <path>", "the probe set, likewise")
    .option("--latents <path>", "a generator's, likewise")
    .option("--generated <tensor>", "for generators: as in milan dissect")
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
The run is the one that a dissection in one piece makes. Images that two shards have seen, or none, are refused; so are shards of
another model, other images or other options. Model and images are needed once more, for the maps of the images that won.

  milan merge run                                  # shards that were swept into one folder
  milan merge node1/run node2/run --out run        # into several

Many units win places for most images of a large set, and running those once more takes long. That can be shared out too, before the merge:

  for i in 1 2 3 4; do milan merge run --shard $i/4 & done; wait; milan merge run`,
    )
    .action(async (folders: string[], options: Options) => {
      const {
        out = folders.length === 1 ? folders[0] : undefined,
        partial = false,
        shard: part,
        json,
        images,
        latents,
        ...rest
      } = options;
      if (out === undefined) throw new UserError("merging: several folders; say where the run shall be with --out");
      if (images !== undefined && latents !== undefined)
        throw new UserError("merging: expected one of --images or --latents, got both; say which probe set it was");
      if (partial && part)
        throw new UserError("merging: expected one of --partial or --shard, got both; leave one out");
      const { merge, mergeShard } = await import("../exemplars/merge.js");
      const settings = { ...rest, out, probe: images ?? latents, progress: terminalProgress() };
      if (part) {
        const done = await mergeShard(folders, part, settings);
        const again = `milan merge ${folders.join(" ")}${options.out === undefined ? "" : ` --out ${out}`}`;
        if (json) printJson({ run: out, ...done });
        else
          process.stdout.write(
            `${out}: maps of ${done.images} of ${done.of} images; when all parts are there: ${again}\n`,
          );
        return;
      }
      const merged = await merge(folders, { ...settings, partial });
      if ("manifest" in merged) {
        summarise(merged, { json });
        await merged.close();
      } else if (json) printJson({ run: out, ...merged });
      else {
        const ranges = merged.covered.map(({ from, to }) => `${from} to ${to - 1}`).join(", ");
        process.stdout.write(
          `${out}: images ${ranges} of ${merged.images}; merge it with the rest when that is there\n`,
        );
      }
    });
}
