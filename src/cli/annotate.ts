/** `milan annotate`: people describe units, as the paper's annotators did. */
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import { checkWritable, checkWritableFile } from "../base/files.js";
import { fileOf, type Study, serveStudy } from "./annotate-serve.js";
import { names, place, share, units, whole } from "./arguments.js";
import { plain, printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

export function registerAnnotate(program: Command): void {
  const annotate = program
    .command("annotate")
    .description("collect what people say of units, with the paper's protocol, in the browser")
    .argument("<run>", "a run, or a MILANNOTATIONS folder")
    .option("--layers <names>", "units of these layers", names)
    .option("--units <layer:numbers>", "only these units of a layer, such as layer4:0-63,70; may be repeated", units)
    .option("--sample <number>", "so many of each layer, drawn by the seed", whole(1))
    .option("--seed <number>", "seed of what is drawn, and of the order; default 0", whole(0, 2 ** 32 - 1))
    .option("--annotators <number>", "people a unit; default 3", whole(1, 100))
    .option("--qualification <file>", "a test to pass first; milan annotate qualification proposes one")
    .option("--title <text>", "shown to annotators")
    .option("--lease <minutes>", "how long an opened unit is kept for who opened it; default 30", whole(1, 1440))
    .option("--least-seconds <number>", "flag answers that come sooner; default 5", whole(0, 600))
    .option("--outside <share>", "brightness outside of the masks; default 0.25", share({ one: false }))
    .option("--study <file>", "the study's file; default RUN/study.sqlite", place)
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .option("--host <address>", "where to listen; elsewhere than on this machine, links have a token", "127.0.0.1")
    .option("--port <number>", "0 for any that is free", whole(0, 65535), 8322)
    .option("--name <names>", "other names by which visitors reach this machine", names)
    .addHelpText(
      "after",
      `
The first time begins a study, with the options up to --outside; later times go on with it. It is one file, in which everything is kept.

  milan annotate runs/net --layers layer4 --sample 50
  milan annotate export runs/net --out annotations.csv
  milan train runs/net --annotations annotations.csv --partial --encoder resnet.onnx --out my-describer`,
    )
    .action(serveStudy);
  annotate
    .command("qualification")
    .description("propose a qualification test: two units and four descriptions each, for you to look through")
    .argument("<run>", "a run with descriptions")
    .requiredOption("--out <file>", "where to write it (JSON)", place)
    .option("--seed <number>", "draw other wrong descriptions", whole(0, 2 ** 32 - 1), 0)
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .action((run: string, _: object, command: Command) => propose(run, ownOptions(command)));
  annotate
    .command("export")
    .description("write what was said as annotations.csv, which milan train reads")
    .argument("<run>", "the run")
    .requiredOption("--out <file>", "the table", place)
    .option("--reviewed", "only what a reviewer has accepted; default: all that was not rejected")
    .option("--details", "also who said it, in how many seconds, its status and flags")
    .option("--study <file>", "the study's file; default RUN/study.sqlite")
    .option("--json", "machine-readable summary on standard output")
    .action((run: string, _: object, command: Command) => exportAnnotations(run, ownOptions(command)));
  annotate
    .command("mturk-export")
    .description("write a batch for Mechanical Turk: layout, table, pictures to be hosted, qualification")
    .argument("<run>", "the run")
    .requiredOption("--out <folder>", "a new or empty folder", place)
    .requiredOption("--picture-url <address>", "where its folder pictures/ will be on the web")
    .option("--study <file>", "the study's file; default RUN/study.sqlite")
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .action((run: string, _: object, command: Command) => exportForTurk(run, ownOptions(command)));
  annotate
    .command("mturk-import")
    .description("bring the results of a batch in; the same file may come again")
    .argument("<run>", "the run")
    .argument("<results>", "what Mechanical Turk gives to download (CSV)")
    .option("--study <file>", "the study's file; default RUN/study.sqlite")
    .option("--json", "machine-readable summary on standard output")
    .action((run: string, results: string, _: object, command: Command) =>
      importFromTurk(run, results, ownOptions(command)),
    );
}

/**
 * The options of a command below `annotate`. Those that both have are read by the one above, wherever they stand.
 * Errors: `UserError` for one that only the one above has.
 */
function ownOptions<T>(command: Command): T {
  const above = command.parent!;
  const own = new Set(command.options.map((option) => option.attributeName()));
  const foreign = above.options.find(
    (option) => above.getOptionValueSource(option.attributeName()) === "cli" && !own.has(option.attributeName()),
  );
  if (foreign)
    throw new UserError(`annotate ${command.name()}: it has no option ${foreign.long}; add --help for those it has`);
  return command.optsWithGlobals() as T;
}

async function propose(run: string, options: { out: string; seed: number; images?: string }): Promise<void> {
  const { openExemplars } = await import("../exemplars/store.js");
  const { readDescriptions } = await import("../run/descriptions.js");
  const { proposeQualification } = await import("../studio/qualification.js");
  const { writeFileAtomically } = await import("../base/files.js");
  await checkWritableFile(options.out);
  const store = await openExemplars(run, options.images);
  try {
    const test = proposeQualification(store, await readDescriptions(run), options);
    await writeFileAtomically(options.out, `${JSON.stringify(test, null, 1)}\n`);
    process.stdout.write(
      `${plain(options.out)}: ${test.questions.map(({ layer, unit }) => `${layer} ${unit}`).join(", ")}; look at these units, correct the choices, then take out "proposed"\n`,
    );
  } finally {
    await store.close();
  }
}

async function openStudy(run: string, study: string | undefined, purpose: string): Promise<Study> {
  const { Study } = await import("../studio/study.js");
  return Study.open(fileOf(run, study), purpose);
}

async function exportAnnotations(
  run: string,
  options: { out: string; reviewed?: boolean; details?: boolean; study?: string; json?: boolean },
): Promise<void> {
  const { exportTable } = await import("../studio/export.js");
  const { writeFileAtomically } = await import("../base/files.js");
  await checkWritableFile(options.out);
  const study = await openStudy(run, options.study, "exporting");
  try {
    const { csv, ...said } = exportTable(study, options);
    await writeFileAtomically(options.out, csv);
    if (options.json) printJson({ out: resolve(options.out), ...said });
    else {
      const rest = [
        said.unreviewed > 0 && `${said.unreviewed} not reviewed yet`,
        said.flagged > 0 && `${said.flagged} with flags`,
        said.unusable > 0 && `${said.unusable} left out that say nothing, or not in English`,
      ].filter(Boolean);
      process.stdout.write(
        `${plain(options.out)}: ${said.annotations} annotations of ${said.units} units, ${said.complete} of them with all ${study.settings.annotators}` +
          `${rest.map((text) => `; ${text}`).join("")}\n`,
      );
    }
  } finally {
    study.close();
  }
}

async function exportForTurk(
  run: string,
  options: { out: string; pictureUrl: string; study?: string; images?: string },
): Promise<void> {
  const { openExemplars } = await import("../exemplars/store.js");
  const { exportBatch } = await import("../studio/mturk-export.js");
  const { Study } = await import("../studio/study.js");
  await checkWritable(options.out);
  const store = await openExemplars(run, options.images);
  try {
    const study = Study.open(fileOf(run, options.study), "exporting a batch", store);
    try {
      const count = await exportBatch(study, store, { ...options, progress: terminalProgress() });
      const folder = plain(options.out);
      process.stdout.write(
        `${folder}: ${count} units; ${folder}/pictures has to be hosted at ${plain(options.pictureUrl)}, ${folder}/README.txt says the rest\n`,
      );
    } finally {
      study.close();
    }
  } finally {
    await store.close();
  }
}

async function importFromTurk(
  run: string,
  results: string,
  options: { study?: string; json?: boolean },
): Promise<void> {
  const { importResults } = await import("../studio/mturk-import.js");
  const study = await openStudy(run, options.study, "importing results");
  try {
    const said = await importResults(study, results, Date.now());
    if (options.json) printJson(said);
    else {
      const { added, judged, known, repeated } = said;
      process.stdout.write(
        `${plain(basename(results))}: ${added} new answers, ${judged} verdicts on known ones, ${known} known already` +
          `${repeated > 0 ? `, ${repeated} left out of workers who had described the unit before` : ""}\n`,
      );
    }
  } finally {
    study.close();
  }
}
