/** `milan attack`: pictures with something pasted into them that make a classifier answer as a unit's description lets expect. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { checkWritable } from "../base/files.js";
import { names, place, share, units, vectorsOption, whole } from "./arguments.js";
import { openLabels } from "./label-source.js";
import { plain, printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";
import { vectorsFor } from "./word-vectors.js";

interface Options {
  images: string;
  labels?: string;
  classes?: string;
  out?: string;
  units?: Record<string, number[]>;
  layers?: string[];
  words?: string[];
  top?: number;
  distractors?: string;
  boxes?: string;
  side: number;
  masks?: string;
  maskClasses?: string;
  ownClass?: boolean;
  size: number;
  trials: number;
  vectors?: string;
  model?: string;
  probe?: string;
  batch?: number;
  seed: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  json?: boolean;
}

export function registerAttack(program: Command): void {
  program
    .command("attack")
    .description("paste what units are described by into pictures, to see whether a classifier is fooled")
    .argument("<run>", "a run of a classifier, with descriptions")
    .requiredOption(
      "--images <path>",
      "pictures to attack, in class folders, or any with --labels; they stay as they are",
    )
    .option("--labels <file>", "a table of the pictures' classes: file, and index or class")
    .option("--classes <file>", "names of the model's outputs, a line each (default: MODEL.labels.txt beside it)")
    .option("--out <folder>", "where to write tables and pictures (default: RUN/attack)", place)
    .option("--units <layer:numbers>", "only these units, such as layer4:0-63,70; may be repeated", units)
    .option("--layers <names>", "only units of these layers", names)
    .option("--words <words>", "only units described so: dog,letter*; as milan audit matches", names)
    .option(
      "--top <number>",
      "units attacked with, the most different words first (default: 10; all of --units)",
      whole(1),
    )
    .option("--distractors <path>", "take cut-outs from these pictures: of the made world, or with --boxes or --masks")
    .option("--boxes <file>", "CSV with the columns file, x0, y0, x1, y1: the object's box in each of them")
    .option("--side <pixels>", "side of the images that the boxes are of", whole(1, 65536), 64)
    .option("--masks <folder>", "index PNG masks of their names; needs --mask-classes")
    .option("--mask-classes <file>", "CSV with the columns id, name: what the numbers of the masks mean")
    .option("--own-class", "also paste cut-outs of the very class that the pictures are to be taken for")
    .option("--size <share>", "of the picture's area, what is pasted", share({ zero: false, one: false }), 0.1)
    .option("--trials <number>", "pictures attacked for each unit", whole(1, 100_000), 200)
    .addOption(vectorsOption())
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--probe <path>", "the run's own pictures, when they have moved")
    .option("--batch <number>", "images run at once", whole(1, 4096))
    .option("--seed <number>", "seed of pictures, cut-outs and places", whole(0), 0)
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable outcome on standard output")
    .addHelpText(
      "after",
      `
Units are taken in the order of how far apart the two most different words of their descriptions are. The class that a unit speaks for is
the one whose logit falls most when it is silenced on its exemplars. What it is described by, but not of that class, is cut out (of
its exemplars by its masks, or of --distractors) and pasted into pictures of other classes that are recognised; beside it, at
the same size in the same place, a cut-out of something else. "works" means that more pictures are taken for the class than
with random pastes, with 95 %.

  milan attack runs/net --images validation/ --layers layer4 --size 0.15`,
    )
    .action(async (folder: string, options: Options) => {
      const { attack } = await import("../studies/attack/attack.js");
      const report = await import("../studies/attack/report.js");
      const out = options.out ?? join(folder, "attack");
      await checkWritable(out);
      const { images, labels, classes, layers, ownClass, size, trials, model, probe, batch, seed, device, threads } =
        options;
      const top = options.top ?? (options.units ? Number.POSITIVE_INFINITY : 10);
      const words = options.words?.map((word) => word.toLowerCase());
      const vectors = await vectorsFor([folder], options.vectors);
      const distractors = await openDistractors(options);
      const found = await attack(folder, {
        ...{ images, labels, classes, layers, words, size, trials, model, probe, seed, device, top, vectors },
        ...{ units: options.units, distractors, progress: terminalProgress() },
        ...(ownClass && { ownClass }),
        ...(batch && { batchSize: batch }),
        ...(threads && { threads }),
      }).finally(() => distractors?.close());
      const { files, pictures } = await report.writeAttack(out, found);
      if (options.json) {
        printJson({ out, files, pictures, ...report.attackSummary(found) });
        return;
      }
      printTable(report.ATTACK_HEADER, report.attackRows(found));
      for (const { layer, unit, description, reason } of found.skipped)
        process.stdout.write(`${plain(`${layer}:${unit}  ${description}: not attacked, ${reason}`)}\n`);
      process.stdout.write(
        `${plain(out)}: ${found.verdict}; over ${found.units.length} units ${report.interval(found.overall)} points more than random pastes; ${pictures} pictures that fool the network, attack.png to look at\n`,
      );
    });
}

/** Pictures to cut distractors out of. Errors: `UserError` when options that say what they show are missing, or two, or have no pictures. */
async function openDistractors({ distractors, boxes, side, masks, maskClasses }: Options) {
  if (distractors === undefined) {
    if (boxes === undefined && masks === undefined && maskClasses === undefined) return undefined;
    throw new UserError(
      "attacking: --boxes or --masks without pictures; expected those they are of, give --distractors",
    );
  }
  const { WORLD_FILE } = await import("../data/world/folder.js");
  const isWorld = existsSync(join(distractors, WORLD_FILE)) && boxes === undefined && masks === undefined;
  if (isWorld) return openLabels({ world: distractors, side });
  if ((boxes === undefined) === (masks === undefined) || (masks === undefined) !== (maskClasses === undefined)) {
    throw new UserError(
      `attacking with cut-outs of ${distractors}: nothing says what its pictures show, or two things do; expected a folder of the made world, or --boxes FILE, or --masks FOLDER --mask-classes FILE`,
    );
  }
  return openLabels({
    ...{ images: distractors, side },
    ...(boxes !== undefined && { boxes }),
    ...(masks !== undefined && maskClasses !== undefined && { masks, classes: maskClasses }),
  });
}
