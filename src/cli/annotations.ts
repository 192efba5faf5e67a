/** `milan annotations`: what people's descriptions are made of, and how far people agree (the paper's Tables 1, 4 and 5). */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Annotation } from "../data/annotations/annotations.js";
import { bertOption, vectorsOption } from "./arguments.js";
import { printJson, printTable } from "./print.js";

interface Options {
  bert?: string;
  vectors?: string;
  agreement: boolean;
  partial?: boolean;
  root?: string;
  json?: boolean;
}

export function registerAnnotations(program: Command): void {
  program
    .command("annotations")
    .description("statistics of human descriptions, and how far the annotators agree")
    .argument(
      "<sets...>",
      "annotations.csv files, tables of descriptions, or folders that hold the former; with --root also base, cls, gen, ...",
    )
    .option("--root <folder>", "where the paper's data sets lie: ROOT/resnet152/imagenet and so on")
    .addOption(bertOption())
    .addOption(vectorsOption())
    .option("--no-agreement", "statistics only; for tables with one annotation a unit")
    .option("--partial", "leave out annotations that say nothing; default: refuse them")
    .option("--json", "machine-readable")
    .addHelpText(
      "after",
      `
Shares are of all words; punctuation marks are none. Words are split as spaCy splits them; parts of speech come from a tagger
that is right for 94 % of the words of the English Web Treebank. Agreement compares each annotation with the others of its unit.
One set is told by layer (the paper's Table 5), several by set (Tables 1 and 4). Of tables of descriptions, a run's
descriptions.csv for one, there is one a unit: --no-agreement (Table 6).`,
    )
    .action(async (names: string[], options: Options) => {
      const { readAnnotations } = await import("../data/annotations/annotations.js");
      const { annotationStatistics } = await import("../data/annotations/statistics.js");
      const { annotatorAgreement } = await import("../data/annotations/agreement.js");
      const { openSyntax } = await import("../language/syntax/open.js");
      const { tokenize } = await import("../language/tokens.js");
      const { formatScore } = await import("../language/metric.js");
      const { openMetrics } = await import("../language/metrics.js");
      const { resolveSets } = await import("../data/annotations/names.js");
      const sets = names.flatMap((name) =>
        /\.csv$/i.test(name) ? [{ name, folder: name }] : resolveSets(name, options.root),
      );
      const list: Annotation[] = [];
      const setOf = new Map<Annotation, string>();
      let empty = 0;
      for (const { name, folder } of sets) {
        const table = existsSync(folder) && statSync(folder).isDirectory() ? join(folder, "annotations.csv") : folder;
        const found = await readAnnotations(table, options);
        empty += found.empty;
        for (const each of found.list) {
          const annotation = sets.length > 1 ? { ...each, layer: `${name} ${each.layer}` } : each;
          setOf.set(annotation, name);
          list.push(annotation);
        }
      }
      const by = sets.length > 1 ? (of: Annotation) => setOf.get(of)! : undefined;
      const { tag } = await openSyntax();
      const statistics = annotationStatistics(list, { tokenize, tag, ...(by && { by }) });
      const metrics = await openMetrics(options);
      const agreement: ({ metric: string } & Awaited<ReturnType<typeof annotatorAgreement>>[number])[] = [];
      try {
        for (const metric of options.agreement ? metrics.list : []) {
          for (const found of await annotatorAgreement(list, metric, by))
            agreement.push({ metric: metric.name, ...found });
        }
      } finally {
        await metrics.close();
      }
      if (options.json) {
        printJson({ annotations: list.length, empty, statistics, agreement });
        return;
      }
      const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
      const name = (layer: string) => (layer === "" ? "all" : layer);
      printTable(
        [
          sets.length > 1 ? "SET" : "LAYER",
          "UNITS",
          "ANNOTATIONS",
          "PER UNIT",
          "WORDS",
          "LENGTH",
          "NOUNS",
          "ADJECTIVES",
          "PREPOSITIONS",
        ],
        statistics.map((row) => [
          ...[name(row.layer), row.units, row.annotations],
          row.annotators[0] === row.annotators[1] ? row.annotators[0] : row.annotators.join("-"),
          ...[row.vocabulary, row.length.toFixed(1), percent(row.nouns), percent(row.adjectives)],
          percent(row.prepositions),
        ]),
      );
      if (!options.agreement) return;
      process.stdout.write("\nagreement of each annotation with the others of its unit\n");
      const layers = [...new Set(agreement.map(({ layer }) => layer))];
      const scoreOf = (metric: string, layer: string) => {
        const score = agreement.find((row) => row.metric === metric && row.layer === layer)?.score ?? Number.NaN;
        return formatScore(metric, score);
      };
      printTable(
        [sets.length > 1 ? "SET" : "LAYER", "UNITS", ...metrics.list.map((metric) => metric.name)],
        layers.map((layer) => [
          name(layer),
          agreement.find((row) => row.layer === layer)!.units,
          ...metrics.list.map((metric) => scoreOf(metric.name, layer)),
        ]),
      );
    });
}
