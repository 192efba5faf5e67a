/** `milan evaluate`: how good a describer is by what people said, beside controls that show what the figures are worth. */
import type { Command } from "commander";
import { bertOption, partialOption, vectorsOption, whole } from "./arguments.js";
import { plain, printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  annotations?: string;
  images?: string;
  root?: string;
  partial?: boolean;
  bert?: string;
  vectors?: string;
  all?: boolean;
  layers?: boolean;
  seed: number;
  out?: string;
  threads?: number;
  json?: boolean;
}

export function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("compare a describer's descriptions with what people said of the same units")
    .argument("<describer>", "a describer directory, a checkpoint of the reference implementation, or built-in")
    .argument(
      "<sets...>",
      "MILANNOTATIONS folders, or runs with an annotations.csv; with --root also base, cls, gen, ...",
    )
    .option("--annotations <file>", "annotations.csv of the one set given, when it lies elsewhere")
    .option("--images <path>", "source images of sets that have ids.csv but no images.npy; or where a probe set is now")
    .option("--root <folder>", "where the paper's data sets lie: ROOT/resnet152/imagenet and so on")
    .addOption(partialOption())
    .addOption(bertOption())
    .addOption(vectorsOption())
    .option("--all", "judge the units the describer learned from as well")
    .option("--no-layers", "only all layers together")
    .option("--seed <number>", "seed of resampling and shuffling", whole(0, 2 ** 32 - 1), 0)
    .option("--out <file>", "write everything there as JSON: scores, descriptions, annotations")
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable scores on standard output")
    .addHelpText(
      "after",
      `
Beside each score stand two controls: the one label that, given to every unit, scores best, and the describer's own descriptions
dealt out to the wrong units. Intervals are of 95 %, from 1,000 resamples of the units. A describer that is not better than both
has not shown that it knows the units.

  milan evaluate my-describer annotations/resnet152/imagenet --images imagenet/val`,
    )
    .action(async (path: string, names: string[], options: Options) => {
      const { checkWritableFile, writeFileAtomically } = await import("../base/files.js");
      const { describerAt } = await import("../builtin/assets.js");
      const { openAnnotatedSets } = await import("../describer/annotated-set.js");
      const { loadDescriber } = await import("../describer/describer.js");
      const { evaluateDescriber } = await import("../describer/evaluation/evaluate.js");
      const { openMetrics } = await import("../language/metrics.js");
      const progress = terminalProgress();
      if (options.out !== undefined) await checkWritableFile(options.out);
      const { annotations, images, root, partial, seed, threads, all = false } = options;
      const file = describerAt(path);
      const metrics = await openMetrics(options);
      const describer = await loadDescriber(file, threads === undefined ? {} : { threads });
      try {
        const sets = await openAnnotatedSets(names, { annotations, images, root, partial, progress });
        try {
          const found = await evaluateDescriber(describer, sets, { metrics: metrics.list, all, seed, progress });
          const judgements = found.judgements.filter(({ layer }) => options.layers || layer === "");
          const { units, ...summary } = { ...found, judgements };
          if (options.out !== undefined) {
            await writeFileAtomically(
              options.out,
              `${JSON.stringify({ describer: path, ...summary, units }, null, 1)}\n`,
            );
          }
          if (options.json) printJson(summary);
          else await report(summary, all);
        } finally {
          for (const { store } of sets) await store.close();
        }
      } finally {
        await Promise.all([describer.close(), metrics.close()]);
      }
    });
}

type Evaluation = import("../describer/evaluation/evaluate.js").Evaluation;

async function report({ judgements, sets, silent }: Omit<Evaluation, "units">, all: boolean): Promise<void> {
  const { withInterval } = await import("../describer/evaluation/report.js");
  const lines = sets.map(({ name, units, learnedFrom, wasTrainedOn, simulated }) => {
    const learned = all
      ? `${learnedFrom} of them learned from, so the scores are flattering`
      : `${learnedFrom} it learned from left out`;
    return `${plain(name)}: ${units} units judged${wasTrainedOn ? `; ${learned}` : ""}${simulated ? "; its annotations are simulated, no person wrote them" : ""}\n`;
  });
  process.stdout.write(lines.join(""));
  if (silent > 0) process.stdout.write(`${silent} units of which nothing could be said count as wrong\n`);
  printTable(
    ["METRIC", "LAYER", "UNITS", "DESCRIBER [95 %]", "SHUFFLED", "ONE LABEL FOR ALL"],
    judgements.map(({ metric, layer, units, describer, shuffled, constant }) => [
      ...[metric, layer === "" ? "all" : layer, units, withInterval(metric, describer), withInterval(metric, shuffled)],
      `${withInterval(metric, constant)} "${constant.label}"`,
    ]),
  );
  const weak = judgements.filter(
    ({ layer, beatsConstant, beatsShuffled }) => layer === "" && Math.min(beatsConstant, beatsShuffled) < 0.975,
  );
  process.stdout.write(
    weak.length === 0
      ? "better than both controls by every metric (in at least 97.5 % of the resamples)\n"
      : `NOT SAFELY BETTER THAN ITS CONTROLS by ${weak.map(({ metric }) => metric).join(", ")}: by that measure these descriptions show no knowledge of the units\n`,
  );
}
