/** `milan reproduce`: the paper's tables, on the made world. */
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import type { Outcome } from "../studies/generalization/generalize.js";
import { bertOption, place, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out: string;
  fast?: boolean;
  seeds: number;
  bert?: string;
  json?: boolean;
}

export function registerReproduce(program: Command): void {
  program
    .command("reproduce")
    .description("the paper's tables, on networks and pictures of the made world")
    .argument("<tables...>", "table1, table2, table3, table6")
    .requiredOption("--out <folder>", "where everything is made, or gone on with", place)
    .option("--fast", "four small classifiers instead of seven networks: under half an hour on two cores")
    .option("--seeds <number>", "describers of each kind, with seeds from 0", whole(1, 100), 1)
    .addOption(bertOption())
    .option("--json", "machine-readable tables on standard output")
    .addHelpText(
      "after",
      `
Networks are trained, dissected, annotated by a program that knows what the pictures show, and described; descriptions are judged by
likeness to those annotations and by grades. The annotations are simulated: the order of methods can be compared with the paper's, the
numbers cannot. Killed, the same command goes on.`,
    )
    .action(async (tables: string[], options: Options) => {
      const made = await import("../builtin/reproduce.js");
      const report = await import("../studies/generalization/report.js");
      const { openMetrics } = await import("../language/metrics.js");
      const { writeFileAtomically } = await import("../base/files.js");
      const chosen = tables.map((name) => {
        const found = made.TABLES.find((table) => table === name);
        if (found) return found;
        throw new UserError(`reproducing: no ${name}; expected some of ${made.TABLES.join(", ")}, correct it`);
      });
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
          found[table] = { summaries, leads };
          const wanted = Object.keys(summaries[0].scores).filter((name) => !/ROUGE-[12]/.test(name));
          if (options.json) continue;
          printTable(report.summaryHeader(wanted), report.summaryRows(summaries, wanted));
          process.stdout.write("\n");
          printTable(report.leadHeader(wanted), report.leadRows(leads, wanted));
        }
      }
      await writeFileAtomically(join(out, "tables.json"), `${JSON.stringify(found, null, 1)}\n`);
      if (options.json) printJson(found);
      else
        process.stdout.write(
          `${out}/tables.json has them all; the annotations are simulated, so only orders can be compared with the paper\n`,
        );
    });
}
