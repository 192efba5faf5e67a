/**
 * `milan demo`: the whole way on what Milan brings along, so that the first command on a fresh machine shows something true: a trained
 * network, dissected over pictures rendered for it, described by the built-in describer, and graded on other pictures whose every pixel is known.
 */
import { join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomically } from "../base/files.js";
import type { Description } from "../run/descriptions.js";
import type { Graded } from "../studies/grading/grade-layer.js";
import { place } from "./arguments.js";
import { plain, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

/** The network that ships, what it was trained on, and its layers. */
const NETWORK = "alexnet-objects";
const SET = "world-objects";
const LAYERS = "features.1,features.5,features.9,features.12,features.15";
const SIZE = 64;
/** Pictures, and seeds that nothing that ships was made with. */
const PROBE = { count: 600, seed: 101 };
const OTHERS = { count: 900, seed: 102 };
/** Units shown from either end of the list. */
const SHOWN = 8;

export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("dissect and describe a built-in network over built-in pictures, and write a page to look at")
    .option("--out <folder>", "where to put the model, the pictures, the run and the page", place, "milan-demo")
    .option("--describer <path>", "another describer than the built-in one")
    .action(async ({ out, describer }: { out: string; describer?: string }) => {
      const { builtInNetwork, describerAt } = await import("../builtin/assets.js");
      const { writeWorld } = await import("../data/world/folder.js");
      const { readFile } = await import("node:fs/promises");
      const [source, words] = [builtInNetwork(NETWORK), describerAt(describer)];
      const progress = terminalProgress();
      const [model, pictures, others, run, page] = [
        "network.onnx",
        "pictures",
        "other-pictures",
        "run",
        "page.html",
      ].map((name) => join(out, name));
      await writeWorld(pictures, { set: SET, size: SIZE, progress, ...PROBE });
      await writeWorld(others, { set: SET, size: SIZE, progress, ...OTHERS });
      await writeFileAtomically(model, await readFile(source));
      const milan = (...command: string[]) => program.parseAsync(command, { from: "user" });
      await milan("dissect", model, "--images", pictures, "--out", run, "--layers", LAYERS);
      await milan("describe", run, "--describer", words);
      const grades = await gradesOf(run, others);
      await show(run, grades);
      await milan("export", run, "--format", "html", "--out", page);
      process.stdout.write(
        `\n${describer === undefined ? "The describer has never seen a unit of this network. It learned from simulated annotators; no person described anything.\n" : ""}open ${page} in a browser, or explore it with masks at any level and pictures of your own:\n  milan serve ${run}\nnext, your own:\n  milan dissect MODEL.onnx --images PHOTOS/ --out RUN && milan describe RUN\n`,
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
  const opened = await Run.open(run);
  const graded = new Map(grades.layers.flatMap(({ rows }) => rows.map((row) => [keyOf(row), row] as const)));
  const all = [...(await readDescriptions(run))].sort((a, b) => (b.confidence ?? -1) - (a.confidence ?? -1));
  const line = (each: Description) => {
    const row = graded.get(keyOf(each));
    const layer = displayName(findLayer(opened.layers, each.layer, run));
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
  const { grade, shuffled, reachable } = grades;
  process.stdout.write(
    `\nGrades are of ${grades.images} pictures that the run has not seen: how well what is said covers where the unit is active, beside the best\n` +
      `single concept there is. All units: ${grade.value.toFixed(2)} [${grade.low.toFixed(2)}, ${grade.high.toFixed(2)}]; descriptions of other units instead: ${shuffled.value.toFixed(2)};\n` +
      `concepts chosen by the one half of these pictures, on the other half: ${reachable.value.toFixed(2)}.\n\n`,
  );
  await opened.close();
}

const keyOf = ({ layer, unit }: Pick<Graded, "layer" | "unit">) => `${unit} ${layer}`;
