/**
 * `milan demo`: the whole way on what Milan brings along, so that the first command on a fresh machine shows something true: a trained
 * network, dissected over pictures rendered for it, described by the built-in describer, and graded on other pictures whose every pixel is known.
 */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { writeFileAtomically } from "../base/files.js";
import type { Description } from "../run/descriptions.js";
import type { Graded } from "../studies/grading/grade-layer.js";
import { place } from "./arguments.js";
import { plain, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

/** Networks that ship, and what they were trained on. */
const NETWORKS = {
  "alexnet-objects": {
    set: "world-objects",
    layers: ["features.1", "features.5", "features.9", "features.12", "features.15"],
  },
} as const;
type Name = keyof typeof NETWORKS;

const SIZE = 64;
/** Pictures, and seeds that nothing that ships was made with. */
const PROBE = { count: 600, seed: 101 };
const OTHERS = { count: 300, seed: 102 };
/** Units shown from either end of the list. */
const SHOWN = 8;

export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("dissect and describe a built-in network over built-in pictures, and write a page to look at")
    .option("--out <folder>", "where to put the model, the pictures, the run and the page", place, "milan-demo")
    .addOption(
      new Option("--network <name>", "which network").choices(Object.keys(NETWORKS)).default("alexnet-objects"),
    )
    .option("--describer <path>", "another describer than the built-in one")
    .action(async ({ out, network, describer }: { out: string; network: Name; describer?: string }) => {
      const { builtInNetwork, describerAt } = await import("../builtin/assets.js");
      const { writeWorld } = await import("../data/world/folder.js");
      const { readFile } = await import("node:fs/promises");
      const [source, words] = [builtInNetwork(network), describerAt(describer)];
      const progress = terminalProgress();
      const { set, layers } = NETWORKS[network];
      const [model, pictures, others, run, page] = [
        "network.onnx",
        "pictures",
        "other-pictures",
        "run",
        "page.html",
      ].map((name) => join(out, name));
      await writeWorld(pictures, { set, size: SIZE, progress, ...PROBE });
      await writeWorld(others, { set, size: SIZE, progress, ...OTHERS });
      await writeFileAtomically(model, await readFile(source));
      const milan = (...command: string[]) => program.parseAsync(command, { from: "user" });
      await milan("dissect", model, "--images", pictures, "--out", run, "--layers", layers.join(","));
      await milan("describe", run, "--describer", words);
      const grades = await gradesOf(run, others);
      await show(run, grades);
      await milan("export", run, "--format", "html", "--out", page);
      process.stdout.write(
        `\nThe describer has never seen a unit of this network. It learned from simulated annotators; no person described anything.\nopen ${page} in a browser; next, your own:\n  milan dissect MODEL.onnx --images PHOTOS/ --out RUN && milan describe RUN\n`,
      );
    });
}

async function gradesOf(run: string, others: string) {
  const { openWorldFolder } = await import("../data/world/folder.js");
  const { gradeRun } = await import("../studies/grading/grade.js");
  const { GRADES_FILE, writeGrades } = await import("../studies/grading/report.js");
  const grades = await gradeRun(run, await openWorldFolder(others), { images: others, progress: terminalProgress() });
  await writeGrades(join(run, GRADES_FILE), grades);
  return grades;
}

type Grades = Awaited<ReturnType<typeof gradesOf>>;

async function show(run: string, grades: Grades): Promise<void> {
  const { readDescriptions } = await import("../run/descriptions.js");
  const { displayName, findLayer } = await import("../run/layer-name.js");
  const { notation } = await import("../studies/grading/notation.js");
  const { Run } = await import("../run/run.js");
  const { layers, close } = await Run.open(run).then((opened) => ({
    layers: opened.layers,
    close: () => opened.close(),
  }));
  const graded = new Map(grades.layers.flatMap(({ rows }) => rows.map((row) => [keyOf(row), row] as const)));
  const all = [...(await readDescriptions(run))].sort((a, b) => (b.confidence ?? -1) - (a.confidence ?? -1));
  const line = (each: Description) => {
    const row = graded.get(keyOf(each));
    const layer = displayName(findLayer(layers, each.layer, run));
    return [
      ...[layer, each.unit, plain(each.description === "" ? "-" : each.description)],
      ...[each.confidence?.toFixed(2) ?? "-", row && !Number.isNaN(row.grade) ? row.grade.toFixed(2) : "-"],
      ...[row ? notation(row.best.atom) : "-", each.doubts.join(" ")],
    ];
  };
  const header = ["LAYER", "UNIT", "DESCRIPTION", "CERTAINTY", "GRADE", "BEST CONCEPT", "DOUBTS"];
  process.stdout.write(
    `\nThe ${SHOWN} units of ${all.length} that the describer is most certain of, and the ${SHOWN} least:\n\n`,
  );
  printTable(header, [...all.slice(0, SHOWN), ...all.slice(-SHOWN)].map(line));
  const { grade, shuffled } = grades;
  process.stdout.write(
    `\nGrades are of ${grades.images} pictures that the run has not seen: how well what is said covers where the unit is active, beside the best\n` +
      `single concept there is. All units: ${grade.value.toFixed(2)} [${grade.low.toFixed(2)}, ${grade.high.toFixed(2)}]; descriptions of other units instead: ${shuffled.value.toFixed(2)}.\n\n`,
  );
  await close();
}

const keyOf = ({ layer, unit }: Pick<Graded, "layer" | "unit">) => `${unit} ${layer}`;
