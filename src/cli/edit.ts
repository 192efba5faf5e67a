/** `milan edit`: silence units by what they are described by, as long as the network stays as good. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import { between, kindOption, names, place, share, synonymsOption, whole } from "./arguments.js";
import { plain, printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  words?: string[];
  synonyms?: boolean;
  kind?: string[];
  validation: string;
  test?: string;
  classes?: string;
  out: string;
  tolerance: number;
  trials: number;
  fineTune?: string;
  fineTuneEpochs?: number;
  fineTuneLayers?: number;
  learningRate?: number;
  model?: string;
  batch?: number;
  seed: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  json?: boolean;
}

export function registerEdit(program: Command): void {
  program
    .command("edit")
    .description("silence a classifier's units by what they are described by, and write the edited model")
    .argument("<run>", "a run of a classifier, with descriptions")
    .option("--words <words>", "what they are described by: text,word,letter*; as milan audit matches", names)
    .addOption(synonymsOption())
    .addOption(kindOption())
    .requiredOption("--validation <path>", "class folders by which it is decided how many units are silenced")
    .option("--test <path>", "class folders on which the outcome is measured, such as pictures with what misleads")
    .requiredOption("--out <file>", "the edited model, .onnx; figures and tables in a folder beside it", place)
    .option("--classes <file>", "names of the model's outputs, a line each (default: MODEL.labels.txt beside it)")
    .option("--tolerance <share>", "validation accuracy that may be lost", share({ one: false }), 0)
    .option("--trials <number>", "sets of random units to compare with", whole(1, 100), 5)
    .option("--fine-tune <path>", "then train the last layer further on these class folders")
    .option("--fine-tune-epochs <number>", "default 10; the epoch with the best validation accuracy is kept", whole(1))
    .option("--fine-tune-layers <number>", "linear layers trained, counted from the last; default 1", whole(1, 16))
    .option("--learning-rate <number>", "of the fine-tuning (AdamW); default 0.001", between(0, 1))
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--batch <number>", "images run at once", whole(1, 4096))
    .option("--seed <number>", "seed of the random units", whole(0), 0)
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable outcome on standard output")
    .addHelpText(
      "after",
      `
Units whose descriptions match are put in the order of what silencing each alone does to validation accuracy, those that are needed least
first, and silenced one after another. As many are kept silent as leave validation accuracy where it was (but for --tolerance). Test
pictures decide nothing. Beside it stand as many units of any description in the same order, and sets of units taken at random.
Units that milan audit --verdict called "no" are left alone.

With --fine-tune what is before the last linear layer stays as it is, silent units stay silent, and the unedited network is trained alike
beside it: what the edited one is ahead by comes of the silence.`,
    )
    .action(async (folder: string, options: Options) => {
      const { edit } = await import("../studies/editing/edit.js");
      const report = await import("../studies/editing/report.js");
      const { writeModel } = await import("../engine/onnx/write.js");
      const { out, validation, test, classes, tolerance, trials, model, batch, seed, device, threads } = options;
      if (!/\.onnx$/i.test(out)) throw new UserError(`editing: --out ${out}; expected a name that ends in .onnx`);
      await checkWritableFile(out);
      const { words = [], kind: kinds, synonyms } = options;
      if (options.words === undefined && (kinds === undefined || synonyms)) {
        const got = synonyms ? "--synonyms without --words" : "neither --words nor --kind";
        throw new UserError(`editing: ${got}; expected what the units to silence are described by, add it`);
      }
      const lower = (list: readonly string[]) => list.map((word) => word.toLowerCase());
      const edited = await edit(folder, {
        ...{ words: lower(words), kinds: kinds && lower(kinds), synonyms, fineTune: fineTuningOf(options) },
        ...{ validation, test, classes, tolerance, trials, model, seed, device, progress: terminalProgress() },
        ...(batch && { batchSize: batch }),
        ...(threads && { threads }),
      });
      await writeModel(edited.edited, out);
      const beside = out.replace(/\.onnx$/i, "");
      const files = await report.writeEdit(`${beside}.edit`, edited);
      const { candidates, allUnits, random, images, fineTuning } = edited;
      if (options.json) {
        printJson({ out, files, images, candidates, allUnits, random, ...(fineTuning && { fineTuning }) });
        return;
      }
      for (const { layer, unit, description, effect } of candidates.units.slice(0, candidates.stop)) {
        process.stdout.write(
          `${plain(`${layer}:${unit}  ${description}  (alone: ${(100 * effect).toFixed(2)} points)`)}\n`,
        );
      }
      printTable(report.EDIT_HEADER, report.editRows(edited));
      if (fineTuning) printTable(report.TUNING_HEADER, report.tuningRows(edited));
      process.stdout.write(
        `${out}: ${candidates.stop} of ${candidates.units.length} units silenced; figures and tables in ${beside}.edit\n`,
      );
    });
}

/** What --fine-tune and its settings ask for. */
function fineTuningOf({ fineTune: pictures, fineTuneEpochs: epochs, fineTuneLayers: layers, learningRate }: Options) {
  if (pictures !== undefined) return { pictures, epochs, layers, learningRate };
  if ((epochs ?? layers ?? learningRate) === undefined) return undefined;
  throw new UserError(
    "editing: settings of the fine-tuning without --fine-tune; expected pictures to learn from, add them",
  );
}
