/** `milan world`: pictures of the made world, as class folders. */
import { Argument, type Command } from "commander";
import type { WorldSet } from "../data/world/world.js";
import { names, place, whole } from "./arguments.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out: string;
  count: number;
  seed: number;
  size: number;
  first: number;
  classes?: string[];
}

export function registerWorld(program: Command): void {
  program
    .command("world")
    .description("render pictures of a made world in which every pixel is known")
    .addArgument(
      new Argument("<set>", "single objects, places with many things, or people's heads").choices([
        "world-objects",
        "world-scenes",
        "world-people",
      ]),
    )
    .requiredOption("--out <folder>", "where class folders and world.json go; pictures that are there are kept", place)
    .option("--count <number>", "pictures, all classes together", whole(1, 10_000_000), 1000)
    .option("--seed <number>", "another seed, other pictures", whole(0, 2 ** 32 - 1), 0)
    .option("--size <pixels>", "side of the pictures", whole(16, 1024), 64)
    .option("--first <number>", "number of the first picture", whole(0, 2 ** 31), 0)
    .option("--classes <names>", "only pictures of these classes, of those numbers; default all", names)
    .addHelpText(
      "after",
      `
What a picture shows is rendered again from its number: the folder needs no label files.

  milan world world-scenes --out scenes/ --count 20000
  milan train-classifier scenes/ --out scenes.onnx --network resnet20`,
    )
    .action(async (set: WorldSet, { out, ...options }: Options) => {
      const { writeWorld } = await import("../data/world/folder.js");
      await writeWorld(out, { set, ...options, progress: terminalProgress() });
      process.stdout.write(
        `${out}: ${set}, pictures ${options.first} to ${options.first + options.count - 1}${options.classes ? `, those of ${options.classes.join(", ")}` : ""}, seed ${options.seed}, ${options.size} pixels\n`,
      );
    });
}
