/** `milan analyze`: which kinds of units matter to what a classifier can do. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { between, names, place, share, vectorsOption, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";
import { vectorsFor } from "./word-vectors.js";

interface Options {
  images: string;
  out?: string;
  classes?: string;
  labels?: string;
  model?: string;
  probe?: string;
  criteria?: string[];
  similarTo?: string[];
  step: number;
  until: number;
  trials: number;
  sameLayers?: boolean;
  limit?: number;
  vectors?: string;
  batch?: number;
  seed: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  json?: boolean;
}

export function registerAnalyze(program: Command): void {
  program
    .command("analyze")
    .description("silence units by what their descriptions are like, and see what a classifier loses")
    .argument("<run>", "a run of a classifier, with descriptions")
    .requiredOption(
      "--images <path>",
      "pictures in class folders, or any pictures with --labels; not those it was trained on",
    )
    .option("--labels <file>", "a table of the pictures' classes: file, and index or class")
    .option(
      "--classes <file>",
      "names of the model's outputs, a line each (default: MODEL.labels.txt beside it, if there is one)",
    )
    .option("--out <folder>", "where to write figures and tables (default: RUN/analysis)", place)
    .option(
      "--criteria <names>",
      "some of nouns, verbs, adpositions, adjectives, length, depth, difference; default all",
      names,
    )
    .option("--similar-to <words>", "also in the order of likeness to these words", names)
    .option("--step <share>", "units silenced at each step", between(0, 1), 0.02)
    .option("--until <share>", "units silenced at last", share({ zero: false }), 1)
    .option("--trials <number>", "random orders to compare with", whole(2, 100), 5)
    .option("--same-layers", "compare each criterion with random orders that take as many units of each layer")
    .option("--limit <number>", "pictures used, as many of each class; default all", whole(2))
    .addOption(vectorsOption())
    .option("--probe <path>", "the run's probe set, for examples, when it has moved since the run was made")
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--batch <number>", "images run at once", whole(1, 4096))
    .option("--seed <number>", "seed of random orders, and of the order of units that score the same", whole(0), 0)
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
Every described unit is scored by its description: how many nouns, verbs, adpositions, adjectives and words it has, how deep its
parse is, and how far apart its two most different words are (by --vectors, or by the describer's own word vectors). Units
with high scores are silenced first, a step at a time, all layers together. The area under the curve of accuracy is compared with
those of random orders (with --same-layers: of ones that take as many units of each layer): "matter more" means that accuracy fell faster than a further random order would let it, with 95 %.`,
    )
    .action(async (folder: string, options: Options) => {
      const { analyze } = await import("../studies/analysis/analyze.js");
      const { CRITERIA } = await import("../studies/analysis/criteria.js");
      const report = await import("../studies/analysis/report.js");
      const { openSyntax } = await import("../language/syntax/open.js");
      const criteria = options.criteria?.map((name) => {
        const found = CRITERIA.find((criterion) => criterion === name);
        if (found) return found;
        throw new UserError(`analysing: no criterion ${name}; expected some of ${CRITERIA.join(", ")}, correct it`);
      });
      const { images, labels, classes, model, step, until, trials, limit, batch, seed, device, threads } = options;
      const similarTo = options.similarTo?.map((word) => word.toLowerCase()) ?? [];
      const analysis = await analyze(folder, {
        ...{ images, labels, classes, model, step, until, trials, limit, seed, device, similarTo },
        ...{ syntax: await openSyntax(), vectors: await vectorsFor([folder], options.vectors, similarTo) },
        ...(criteria && { criteria }),
        ...(options.sameLayers && { sameLayers: true }),
        ...(batch && { batchSize: batch }),
        ...(threads && { threads }),
        progress: terminalProgress(),
      });
      const out = options.out ?? join(folder, "analysis");
      const files = await report.writeAnalysis(out, analysis);
      const examples = await examplesOf(folder, options.probe, join(out, "examples"), analysis.units);
      files.push(...examples);
      const verdicts = report.verdictsOf(analysis);
      const whole = analysis.curves[0].points[0].accuracy;
      if (options.json) {
        printJson({ out, files, images: analysis.images, accuracy: whole, verdicts, layers: analysis.layers });
        return;
      }
      printTable(report.VERDICT_HEADER, report.verdictRows(verdicts));
      process.stdout.write(
        `${out}: ${analysis.units.length} units on ${analysis.images} pictures, accuracy ${(100 * whole).toFixed(1)} % with all of them; ablation.svg, layers.svg, ${examples.length > 0 ? "examples.svg, " : ""}and the tables behind them\n`,
      );
    });
}

type AnalyzedUnit = import("../studies/analysis/analyze.js").AnalyzedUnit;

/** Examples beside the figures; where the probe pictures are gone, a warning and no examples. */
async function examplesOf(folder: string, probe: string | undefined, stem: string, units: readonly AnalyzedUnit[]) {
  const { openExemplars } = await import("../exemplars/store.js");
  const { writeExamples } = await import("../studies/analysis/examples.js");
  try {
    const store = await openExemplars(folder, probe);
    return await writeExamples(stem, units, store).finally(() => store.close());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    terminalProgress().warn(`no examples are drawn: ${error.message.replace("--images", "--probe")}`);
    return [];
  }
}
