/** `milan grade`: how much of what a run's descriptions claim is where their units are active, on images whose contents are known. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { checkWritableFile } from "../base/files.js";
import { names, place, whole } from "./arguments.js";
import { type LabelOptions, openLabels, withLabels } from "./label-source.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options extends LabelOptions {
  layers?: string[];
  model?: string;
  out?: string;
  size?: number;
  batch?: number;
  seed: number;
  device: (typeof DEVICE_NAMES)[number];
  json?: boolean;
}

export function registerGrade(program: Command): void {
  const command = program
    .command("grade")
    .description("grade descriptions by what images show where their units are active")
    .argument("<run>", "a run with descriptions");
  withLabels(command, " that the run was not made with")
    .option("--layers <names>", "only these layers", names)
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--out <file>", "where to write; default RUN/grades.csv", place)
    .option("--size <pixels>", "side of the masks compared; default the network's input, 64 at most", whole(8, 512))
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .option("--seed <number>", "seed of the resamples", whole(0), 0)
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
A description is read back into a question to the images' labels; words that are not known are reported, not guessed. Its IoU is the
number of pixels that it is true of and where the unit is above its level, over the number of pixels of which one of the two holds, both
summed over all images. Its grade is that over the IoU of the best atomic concept (or its own, if higher): 0 to 1.
"shuffled" is the mean grade that a unit gets from the layer's other descriptions, "one label for all" that of the description
that suits the layer best. "reachable" is the grade of the concept that is best on one half of the images, on the other half: the best of all is
chosen in hindsight, which promises too much where images are few or a unit fits nothing well. In brackets, 95 % intervals from resampling units.
Last comes how far the descriptions' confidence can be trusted: the chance that one graded 0.5 or more has more of it than one that is not.`,
    )
    .action(async (folder: string, options: Options) => {
      const { gradeRun } = await import("../studies/grading/grade.js");
      const report = await import("../studies/grading/report.js");
      const { trustIn, trustLines } = await import("../studies/grading/trust.js");
      const { readDescriptions } = await import("../run/descriptions.js");
      const out = options.out ?? join(folder, report.GRADES_FILE);
      if (options.out !== undefined) await checkWritableFile(options.out);
      const { layers, model, size, batch, seed, device } = options;
      const { images, source, close } = await openLabels(options);
      const grades = await gradeRun(folder, source, {
        ...{ images, seed, device, progress: terminalProgress() },
        ...(layers && { layers }),
        ...(model !== undefined && { model }),
        ...(size && { size }),
        ...(batch && { batchSize: batch }),
      }).finally(close);
      await report.writeGrades(out, grades);
      const trust = trustIn(
        grades.layers.flatMap(({ rows }) => rows),
        await readDescriptions(folder),
      );
      if (options.json) {
        printJson({
          out,
          ...grades,
          ...(trust && { trust }),
          layers: grades.layers.map(({ rows, ...layer }) => ({ ...layer, units: rows.length })),
        });
        return;
      }
      printTable(report.GRADES_HEADER, report.gradesLines(grades));
      const understood = (100 * grades.understood).toFixed(1);
      process.stdout.write(
        `${out}: ${grades.images} held-out images; ${understood} % of the descriptions understood\n${
          trust ? `${trustLines(trust).join("\n")}\n` : ""
        }`,
      );
    });
}
