/** `milan baseline`: what other methods say of the units of a run. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import type { Category } from "../studies/baselines/categories.js";
import { SIMILARITIES, type SimilarityName } from "../studies/baselines/similarities.js";
import { between, names, place, whole } from "./arguments.js";
import { type LabelOptions, openLabels, withLabels } from "./label-source.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface ExplainOptions extends LabelOptions {
  length?: number;
  beam?: number;
  categories?: string[];
  threshold: number;
  layers?: string[];
  model?: string;
  out?: string;
  size?: number;
  batch?: number;
  device: (typeof DEVICE_NAMES)[number];
  json?: boolean;
}

export function registerBaseline(program: Command): void {
  const baseline = program.command("baseline").description("what other methods say of a run's units");
  addExplainer(
    baseline.command("netdissect").description("the concept that overlaps each unit best (Bau et al., 2017)"),
    "netdissect",
    `
A unit's label is the concept with the highest intersection over union of its pixels and those where the unit is above its level, both
summed over all images. Units whose IoU exceeds the threshold count as detectors. The images may be those the run was made with.`,
  );
  addExplainer(
    baseline
      .command("compexp")
      .description("the formula of concepts that overlaps each unit best (Mu and Andreas, 2020)")
      .option("--length <number>", "most concepts in a formula; default 3", whole(1, 10))
      .option("--beam <number>", "formulas kept at each length; default 5", whole(1, 1000)),
    "compexp",
    `
Formulas join concepts by "or", "and", "and not". The search keeps the best formulas of each length by intersection over union; all
extensions of those are counted exactly.`,
  );
  addClipDissect(baseline.command("clip-dissect"));
}

interface ClipOptions {
  imageText: string;
  concepts?: string;
  template?: string;
  similarity: SimilarityName;
  top?: number;
  images?: string;
  layers?: string[];
  model?: string;
  out?: string;
  batch?: number;
  device: (typeof DEVICE_NAMES)[number];
  json?: boolean;
}

function addClipDissect(command: Command): void {
  command
    .description("the word that suits the images of each unit best, by an image-text model (Oikarinen and Weng, 2023)")
    .argument("<run>", "a run of a network over pictures")
    .requiredOption("--image-text <folder>", "CLIP or its like, exported to ONNX by Hugging Face's tools")
    .option("--concepts <file>", "words or phrases, one a line; default: the names that Milan's labels know")
    .option("--template <text>", 'how a concept is put to the model, {} standing for it, such as "a photo of {}"')
    .addOption(
      new Option("--similarity <name>", "how units and concepts are compared")
        .choices(SIMILARITIES)
        .default("soft-wpmi"),
    )
    .option("--top <number>", "images that a unit is judged by, for soft-wpmi (default 100) and wpmi (28)", whole(1))
    .option("--images <path>", "other probe images than those the run was made with")
    .option("--layers <names>", "only these layers", names)
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--out <file>", "where to write; default RUN/clip-dissect.csv", place)
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--json", "machine-readable summary on standard output")
    .action(async (folder: string, options: ClipOptions) => {
      const { clipDissect, clipDissectTable, defaultConcepts, readConcepts } = await import(
        "../studies/baselines/clip-dissect.js"
      );
      const { writeFileAtomically } = await import("../base/files.js");
      const out = options.out ?? join(folder, "clip-dissect.csv");
      if (options.out !== undefined) await checkWritableFile(options.out);
      const { imageText, template, similarity, top, images, layers, model, batch, device } = options;
      const found = await clipDissect(folder, {
        ...{ imageText, similarity, device, progress: terminalProgress() },
        concepts: options.concepts === undefined ? defaultConcepts() : await readConcepts(options.concepts),
        ...(template !== undefined && { template }),
        ...(top && { settings: { top } }),
        ...(images !== undefined && { images }),
        ...(layers && { layers }),
        ...(model !== undefined && { model }),
        ...(batch && { batchSize: batch }),
      });
      await writeFileAtomically(out, clipDissectTable(found));
      if (options.json) printJson({ out, images: found.images, units: found.units.length });
      else process.stdout.write(`${out}: ${found.units.length} units by ${found.images} images\n`);
    });
}

function addExplainer(command: Command, method: "netdissect" | "compexp", help: string): void {
  withLabels(command.argument("<run>", "a run of a network over pictures"))
    .option("--categories <names>", "kinds of concepts; default: all but place", names)
    .option("--threshold <iou>", "IoU from which a unit is a detector", between(0, 1), 0.04)
    .option("--layers <names>", "only these layers", names)
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--out <file>", `where to write; default RUN/${method}.csv`, place)
    .option("--size <pixels>", "side of the masks compared; default the network's input, 64 at most", whole(8, 512))
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText("after", help)
    .action(async (folder: string, options: ExplainOptions) => {
      const { explainRun } = await import("../studies/baselines/explain-run.js");
      const { countDetectors, writeExplanations } = await import("../studies/baselines/report.js");
      const { CATEGORIES } = await import("../studies/baselines/categories.js");
      const out = options.out ?? join(folder, `${method}.csv`);
      if (options.out !== undefined) await checkWritableFile(options.out);
      const { layers, model, size, batch, device, beam, categories } = options;
      const wrong = categories?.find((name) => !(CATEGORIES as readonly string[]).includes(name));
      if (wrong !== undefined) {
        throw new UserError(
          `${method}: no category ${wrong}; expected some of ${CATEGORIES.join(", ")}, correct --categories`,
        );
      }
      const { images, source, close } = await openLabels(options);
      const found = await explainRun(folder, source, {
        ...{ images, device, progress: terminalProgress() },
        length: method === "netdissect" ? 1 : (options.length ?? 3),
        ...(beam && { beam }),
        ...(categories && { categories: categories as Category[] }),
        ...(layers && { layers }),
        ...(model !== undefined && { model }),
        ...(size && { size }),
        ...(batch && { batchSize: batch }),
      }).finally(close);
      await writeExplanations(out, found);
      const counted = countDetectors(found, options.threshold);
      if (options.json) {
        printJson({ out, source: found.source, images: found.images, threshold: options.threshold, layers: counted });
        return;
      }
      const header = ["layer", "units", "detectors", "concepts", "by category", "mean IoU"];
      const lines = counted.map(({ layer, units, detectors, unique, byCategory, conceptIou, iou }) => [
        ...[layer, units, detectors, unique],
        Object.entries(byCategory)
          .map(([name, count]) => `${name} ${count}`)
          .join(", ") || "-",
        method === "netdissect" ? conceptIou.toFixed(3) : `${iou.toFixed(3)} (one concept ${conceptIou.toFixed(3)})`,
      ]);
      printTable(header, lines);
      process.stdout.write(`${out}: ${found.images} images, ${found.atoms.length} concepts\n`);
    });
}
