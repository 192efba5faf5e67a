/** `milan generalize`: describers trained on some networks, judged on others. */
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import { bertOption, between, names, place, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out: string;
  encoder: string;
  layers?: string[];
  protocols: string[];
  seeds: number;
  worlds?: string[];
  epochs: number;
  patience: number;
  embedding: number;
  hidden: number;
  holdOut: number;
  bert?: string;
  threads?: number;
  json?: boolean;
}

export function registerGeneralize(program: Command): void {
  program
    .command("generalize")
    .description("train describers on some networks and judge them on others (paper, Tables 2 and 3)")
    .argument("<runs...>", "annotated runs, a network each")
    .requiredOption("--out <folder>", "the study's folder, to be made or gone on with", place)
    .option("--encoder <path>", "as for milan train; default: the built-in describer's", "built-in")
    .option("--layers <names>", "the encoder's layers, when it is an ONNX classifier", names)
    .option("--protocols <names>", "within, left-out, across", names, ["within", "left-out"])
    .option("--seeds <number>", "describers of each kind, with seeds from 0", whole(1, 100), 1)
    .option(
      "--worlds <folders>",
      "folders of the made world that no run was made with: for grades, and so that NetDissect and CompExp take part",
      names,
    )
    .option("--epochs <number>", "most, for each training", whole(), 100)
    .option("--patience <number>", "epochs without improvement that end a training", whole(), 10)
    .option("--embedding <number>", "size of word vectors", whole(), 128)
    .option("--hidden <number>", "size of the states", whole(), 256)
    .option("--hold-out <share>", "share of the units that is not learned from", between(0, 1), 0.1)
    .addOption(bertOption())
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
"within" judges a network's held-out units, "left-out" a network by a describer of all the others, "across" by a describer of one
other. Descriptions are made by mutual information (pmi) and by p(d|E) alone. Killed, the same command goes on where it stopped.
Scores are means over networks and seeds with 95 % margins; beside each stand those of the same descriptions dealt to other units, and of the
one label that, given to every unit, scores best.`,
    )
    .action(async (runs: string[], options: Options) => {
      const { generalize } = await import("../studies/generalization/generalize.js");
      const { PROTOCOLS } = await import("../studies/generalization/protocol.js");
      const report = await import("../studies/generalization/report.js");
      const { worldsFor } = await import("../studies/generalization/worlds.js");
      const { openEncoder } = await import("../describer/training/encoder-source.js");
      const { describerAt } = await import("../builtin/assets.js");
      const { openMetrics } = await import("../language/metrics.js");
      const { writeFileAtomically } = await import("../base/files.js");
      const protocols = options.protocols.map((name) => {
        const found = PROTOCOLS.find((protocol) => protocol === name);
        if (found) return found;
        throw new UserError(`generalizing: no protocol ${name}; expected some of ${PROTOCOLS.join(", ")}, correct it`);
      });
      const { out, layers, seeds, epochs, patience, embedding, hidden, holdOut, threads } = options;
      const encoder = await openEncoder(describerAt(options.encoder), { layers });
      const metrics = await openMetrics({ bert: options.bert });
      const outcomes = await generalize(runs, {
        ...{ out, encoder, protocols, metrics: metrics.list, progress: terminalProgress() },
        seeds: Array.from({ length: seeds }, (_, seed) => seed),
        ...(options.worlds && { labelled: worldsFor(options.worlds) }),
        training: {
          ...{ epochs, patience, holdOut, sizes: { embedding, hidden } },
          session: threads === undefined ? {} : { threads },
        },
        now: () => performance.now(),
      }).finally(() => metrics.close());
      await writeFileAtomically(join(out, "descriptions.csv"), report.descriptionsTable(outcomes));
      const byProtocol = report.summarise(outcomes, ({ protocol }) => protocol);
      const each = report.summarise(outcomes, ({ experiment, test }) => `${experiment}: ${test}`);
      const leads = report.leads(outcomes, ({ protocol }) => protocol);
      await writeFileAtomically(join(out, "summary.json"), `${JSON.stringify({ byProtocol, leads, each }, null, 1)}\n`);
      if (options.json) {
        printJson({ out, byProtocol, leads, each });
        return;
      }
      const wanted = Object.keys(byProtocol[0].scores).filter((name) => !/ROUGE-[12]/.test(name));
      printTable(report.summaryHeader(wanted), report.summaryRows(byProtocol, wanted));
      process.stdout.write("\n");
      printTable(report.leadHeader(wanted), report.leadRows(leads, wanted));
      process.stdout.write(`${out}: ${outcomes.length} outcomes; summary.json and descriptions.csv tell each\n`);
    });
}
