/** `milan reproduce`: the paper's tables and figures, on the made world. */
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import type { FigureName } from "../builtin/figures/figures.js";
import type { TableName } from "../builtin/reproduce.js";
import type { Outcome } from "../studies/generalization/generalize.js";
import { bertOption, place, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out: string;
  fast?: boolean;
  seeds: number;
  bert?: string;
  photographs?: string;
  json?: boolean;
}

export function registerReproduce(program: Command): void {
  program
    .command("reproduce")
    .description("the paper's tables and figures, on networks and pictures of the made world")
    .argument("<names...>", "table1, table2, table3, table6; fig4 to fig8, fig13, fig14, fig15")
    .requiredOption("--out <folder>", "where everything is made, or gone on with", place)
    .option(
      "--fast",
      "less of everything: four small classifiers instead of seven networks; tables in under half an hour on two cores",
    )
    .option("--seeds <number>", "describers of each kind, with seeds from 0", whole(1, 100), 1)
    .addOption(bertOption())
    .option("--photographs <folder>", "train/ and val/ with class folders: figures 7, 8 and 15 on these too")
    .option("--json", "machine-readable tables on standard output")
    .addHelpText(
      "after",
      `
Networks are trained, dissected, annotated by a program that knows what the pictures show, and described; descriptions are judged by
likeness to those annotations and by grades. The paper's numbers stand beside where it has some. The annotations are simulated: the order of
methods can be compared with the paper's, the numbers cannot. Killed, the same command goes on.`,
    )
    .action(async (names: string[], options: Options) => {
      const { TABLES } = await import("../builtin/reproduce.js");
      const { FIGURES } = await import("../builtin/figures/figures.js");
      const known: readonly string[] = [...TABLES, ...FIGURES];
      const strange = names.find((name) => !known.includes(name));
      if (strange === "table4" || strange === "table5") {
        throw new UserError(
          `reproducing ${strange}: it is about what people said; expected their annotations, give them to \`milan annotations\``,
        );
      }
      if (strange !== undefined) {
        throw new UserError(`reproducing: no ${strange}; expected some of ${known.join(", ")}, correct it`);
      }
      const tables = TABLES.filter((name) => names.includes(name));
      const figures = FIGURES.filter((name) => names.includes(name));
      const found: Record<string, unknown> = {};
      if (tables.length > 0) Object.assign(found, await makeTables(tables, options));
      if (figures.length > 0) Object.assign(found, await makeFigures(figures, options));
      if (options.json) printJson(found);
    });
}

/** Makes tables, prints them, and leaves them in `OUT/tables.json`. */
async function makeTables(chosen: readonly TableName[], options: Options): Promise<Record<string, unknown>> {
  const made = await import("../builtin/reproduce.js");
  const { PAPER_SCORE_HEADER, paperScore } = await import("../builtin/paper.js");
  const report = await import("../studies/generalization/report.js");
  const { openMetrics } = await import("../language/metrics.js");
  const { writeFileAtomically } = await import("../base/files.js");
  const metrics = await openMetrics({ bert: options.bert });
  const { out, fast, seeds } = options;
  const { subjects, outcomes } = await made
    .reproduce({
      ...{ tables: chosen, out, metrics: metrics.list, scale: fast ? made.FAST : made.FULL },
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      ...{ progress: terminalProgress(), now: () => performance.now() },
    })
    .finally(() => metrics.close());
  const found: Record<string, unknown> = {};
  for (const table of chosen) {
    if (table === "table1") {
      found[table] = subjects;
      if (!options.json) printTable(made.TABLE1_HEADER, made.table1Rows(subjects));
    } else if (table === "table6") {
      const statistics = await made.table6(outcomes);
      found[table] = statistics;
      if (!options.json) printTable(made.TABLE6_HEADER, made.table6Rows(statistics));
    } else {
      const groupings =
        table === "table3"
          ? [made.table3Group]
          : [made.table2Group, (outcome: Outcome) => made.table2Group(outcome) && "all networks"];
      const summaries = groupings.flatMap((group) => report.summarise(outcomes, group));
      const leads = groupings.flatMap((group) => report.leads(outcomes, group));
      const papers = summaries.map(({ group, method }) => paperScore(table, group, method));
      found[table] = { summaries: summaries.map((summary, i) => ({ ...summary, paper: papers[i] })), leads };
      const wanted = Object.keys(summaries[0].scores).filter((name) => !/ROUGE-[12]/.test(name));
      if (options.json) continue;
      const rows = report.summaryRows(summaries, wanted).map((row, i) => [...row, papers[i]]);
      printTable([...report.summaryHeader(wanted), PAPER_SCORE_HEADER], rows);
      process.stdout.write("\n");
      printTable(report.leadHeader(wanted), report.leadRows(leads, wanted));
    }
  }
  await writeFileAtomically(join(out, "tables.json"), `${JSON.stringify(found, null, 1)}\n`);
  if (!options.json) {
    process.stdout.write(
      `${out}/tables.json has them all; the annotations are simulated, so only orders can be compared with the paper\n`,
    );
  }
  return found;
}

/** Makes figures into `OUT/figures`, and prints what they show. */
async function makeFigures(chosen: readonly FigureName[], options: Options): Promise<Record<string, unknown>> {
  const { makeFigures: make } = await import("../builtin/figures/figures.js");
  const found = await make(chosen, {
    ...{ out: options.out, fast: options.fast ?? false, photographs: options.photographs },
    ...{ progress: terminalProgress(), now: () => performance.now() },
  });
  for (const { title, header, rows, files } of options.json ? [] : found) {
    process.stdout.write(`\n${title}\n\n`);
    printTable(header, rows);
    process.stdout.write(`\n${files.join("\n")}\n`);
  }
  return Object.fromEntries(found.map(({ figures, ...rest }) => [figures.join(" "), rest]));
}
