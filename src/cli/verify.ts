/** `milan verify`: do the descriptions of a run predict when and where its units fire, on images it has not seen? */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import { names, place, whole } from "./arguments.js";
import { printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  images: string;
  imageText?: string;
  concepts?: string;
  windows?: number;
  layers?: string[];
  model?: string;
  out?: string;
  batch?: number;
  seed: number;
  device: (typeof DEVICE_NAMES)[number];
  json?: boolean;
}

export function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("score descriptions by how well they predict when and where their units fire on held-out images")
    .argument("<run>", "a run with descriptions")
    .requiredOption("--images <path>", "images the run was not made with: a folder, .zip, .tar, or .npy")
    .option(
      "--image-text <folder>",
      "predict with an image-text model (CLIP, exported to ONNX by Hugging Face's tools)",
    )
    .option("--concepts <file>", "predict from what is known to be in the images (JSON, see below)")
    .option("--windows <number>", "windows along each side that an image-text model is shown; default 4", whole(1, 16))
    .option("--layers <names>", "only these layers", names)
    .option("--model <file>", "the model, when it has moved since the run was made")
    .option("--out <file>", "where to write; default RUN/faithfulness.csv", place)
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .option("--seed <number>", "seed of the places and controls drawn", whole(0), 0)
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
A unit fires where its activation exceeds its level. A description's score is the mean, over images and over places in them, of
(average precision - base rate) / (1 - base rate): 0 is guessing, 1 perfect. It is compared with the scores that the other
descriptions of the layer (200 at most) get for the same unit, and with its own for other units (200 at most); p is the worse of
its ranks among them, and with p above 0.05, or fewer than 20 different descriptions, the verdict is cannot-tell. Of descriptions
dealt to the units at random, up to 5 % pass as supported.

--concepts takes { "format": 1, "images": { "a.png": [ { "names": ["red", "disc"], "regions": [ { "box": [0.1, 0.2, 0.5, 0.6] } ] } ] } }
with regions as box (left, top, right, bottom; fractions of the image), polygon ([[x, y], ...]) or mask (a grey PNG, and a value).`,
    )
    .action(async (folder: string, options: Options) => {
      const { verifyRun } = await import("../studies/faithfulness/verify.js");
      const { summarise, writeFaithfulness } = await import("../studies/faithfulness/report.js");
      const { readVerdicts, VERDICTS_FILE } = await import("../run/verdicts.js");
      const out = options.out ?? join(folder, VERDICTS_FILE);
      await readVerdicts(out); // what is no such table is not overwritten after long work
      const predictor = await choosePredictor(options);
      try {
        if (options.out !== undefined) await checkWritableFile(options.out);
        const { images, layers, model, batch, seed, device } = options;
        const verification = await verifyRun(folder, predictor, {
          ...{ images, seed, device, progress: terminalProgress() },
          ...(layers && { layers }),
          ...(model !== undefined && { model }),
          ...(batch && { batchSize: batch }),
        });
        await writeFaithfulness(out, verification);
        const summaries = summarise(verification);
        if (options.json) {
          printJson({ out, predictor: verification.predictor, images: verification.images, layers: summaries });
        } else print(out, verification.images, summaries);
      } finally {
        await predictor.close();
      }
    });
}

async function choosePredictor({ imageText, concepts, windows, device }: Options) {
  if ((imageText === undefined) === (concepts === undefined)) {
    throw new UserError("verifying: expected one of --image-text or --concepts; say what predicts");
  }
  if (concepts !== undefined) {
    const { openConcepts } = await import("../studies/faithfulness/concept-predictor.js");
    return openConcepts(concepts);
  }
  const { openImageText } = await import("../studies/faithfulness/image-text.js");
  return openImageText(imageText!, { device, ...(windows && { windows }) });
}

type Summary = import("../studies/faithfulness/report.js").LayerSummary;

function print(out: string, images: number, summaries: readonly Summary[]): void {
  const real = (value: number | null) => (value === null ? "-" : value.toFixed(3));
  printTable(
    ["layer", "supported", "AUPRC (base)", "places (base)", "score", "shuffled", "one label for all"],
    summaries.map((summary) => [
      summary.layer,
      `${summary.supported}/${summary.descriptions}`,
      `${real(summary.auprc)} (${real(summary.baseRate)})`,
      `${real(summary.placeAuprc)} (${real(summary.placeBaseRate)})`,
      real(summary.score),
      real(summary.shuffled),
      summary.constantLabel === null ? "-" : `${real(summary.constant)} "${summary.constantLabel}"`,
    ]),
  );
  const reasons = new Map<string, number>();
  for (const summary of summaries) {
    for (const [reason, count] of Object.entries(summary.reasons)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
  }
  const unsure = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(", ");
  process.stdout.write(`${out}: ${images} held-out images${unsure ? `; cannot tell: ${unsure}` : ""}\n`);
}
