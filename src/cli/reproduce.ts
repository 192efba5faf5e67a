/** `milan reproduce`: the paper's tables and figures, on the made world. */
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import type { FigureName } from "../builtin/figures/figures.js";
import type { Reproduced, TableName } from "../builtin/reproduce.js";
import type { TextMetric } from "../language/metric.js";
import type { Outcome } from "../studies/generalization/generalize.js";
import { bertOption, place, whole } from "./arguments.js";
import { markdownTable, printJson, printTable } from "./print.js";
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
    .argument("<names...>", "table1 to table6; fig4 to fig8, fig13, fig14, fig15")
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

/** Makes tables, prints them, and leaves them in `OUT/tables.json`, and as they are printed in `OUT/tables.md`. */
async function makeTables(chosen: readonly TableName[], options: Options): Promise<Record<string, unknown>> {
  const made = await import("../builtin/reproduce.js");
  const { openMetrics } = await import("../language/metrics.js");
  const { writeFileAtomically } = await import("../base/files.js");
  const metrics = await openMetrics({ bert: options.bert });
  const { out, fast, seeds } = options;
  const found: Record<string, unknown> = {};
  const pages: string[] = [];
  try {
    const reproduced = await made.reproduce({
      ...{ tables: chosen, out, metrics: metrics.list, scale: fast ? made.FAST : made.FULL },
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      ...{ progress: terminalProgress(), now: () => performance.now() },
    });
    for (const table of chosen) {
      const { data, grids } = await layOut(table, reproduced, metrics.list);
      found[table] = data;
      const title = `Table ${table.slice("table".length)}`;
      pages.push(`## ${title}\n`, ...grids.map(([header, rows]) => markdownTable(header, rows)));
      if (options.json) continue;
      process.stdout.write(`\n${title}\n\n`);
      for (const [i, [header, rows]] of grids.entries()) {
        if (i > 0) process.stdout.write("\n");
        printTable(header, rows);
      }
    }
  } finally {
    await metrics.close();
  }
  await writeFileAtomically(join(out, "tables.json"), `${JSON.stringify(found, null, 1)}\n`);
  await writeFileAtomically(join(out, "tables.md"), pages.join("\n"));
  if (!options.json) {
    process.stdout.write(
      `\n${out}/tables.json and tables.md have them all; the annotations are simulated, so only orders can be compared with the paper\n`,
    );
  }
  return found;
}

/** A table as data, and as grids to be printed. */
interface LaidOut {
  readonly data: unknown;
  readonly grids: readonly (readonly [header: readonly string[], rows: string[][]])[];
}

async function layOut(table: TableName, reproduced: Reproduced, metrics: readonly TextMetric[]): Promise<LaidOut> {
  const tables = await import("../builtin/tables.js");
  const { subjects, annotations, outcomes } = reproduced;
  if (table === "table1") return { data: subjects, grids: [[tables.TABLE1_HEADER, tables.table1Rows(subjects)]] };
  if (table === "table4") {
    const agreement = await tables.table4(annotations, metrics);
    const { header, rows } = tables.table4Rows(agreement);
    return { data: agreement, grids: [[header, rows]] };
  }
  if (table === "table5") {
    const data = await tables.table5(annotations);
    return { data, grids: [[tables.STATISTICS_HEADER, tables.table5Rows(data)]] };
  }
  if (table === "table6") {
    const data = await tables.table6(outcomes);
    return { data, grids: [[tables.STATISTICS_HEADER, tables.table6Rows(data)]] };
  }
  const { PAPER_SCORE_HEADER, paperScore } = await import("../builtin/paper.js");
  const report = await import("../studies/generalization/report.js");
  const groupings =
    table === "table3"
      ? [tables.table3Group]
      : [tables.table2Group, (outcome: Outcome) => tables.table2Group(outcome) && "all networks"];
  const summaries = groupings.flatMap((group) => report.summarise(outcomes, group));
  const leads = groupings.flatMap((group) => report.leads(outcomes, group));
  const papers = summaries.map(({ group, method }) => paperScore(table, group, method));
  const wanted = Object.keys(summaries[0].scores).filter((name) => !/ROUGE-[12]/.test(name));
  const rows = report.summaryRows(summaries, wanted).map((row, i) => [...row, papers[i]]);
  return {
    data: { summaries: summaries.map((summary, i) => ({ ...summary, paper: papers[i] })), leads },
    grids: [
      [[...report.summaryHeader(wanted), PAPER_SCORE_HEADER], rows],
      [report.leadHeader(wanted), report.leadRows(leads, wanted)],
    ],
  };
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
