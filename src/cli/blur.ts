/** `milan blur`: pictures in which something cannot be recognised any more, wherever it is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import { checkWritable } from "../base/files.js";
import { place, whole } from "./arguments.js";
import { type LabelOptions, openLabels, withLabelsOfImages } from "./label-source.js";
import { plain, printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options extends Omit<LabelOptions, "world" | "images" | "broden"> {
  what: string;
  out: string;
  size?: number;
  json?: boolean;
}

export function registerBlur(program: Command): void {
  const command = program
    .command("blur")
    .description("blur faces, text or anything else that labels know, to see what a classifier does without it")
    .argument("<images>", "images of the made world (milan world), or others with labels, in class folders")
    .requiredOption("--what <phrase>", 'what to blur: "faces", "text", "dogs or cats"')
    .requiredOption("--out <folder>", "where to write PNGs of the images' names, and blurred.csv", place)
    .option("--size <pixels>", "side of the images written; default each image's own shorter side", whole(16, 4096));
  withLabelsOfImages(command)
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
The square in the middle of each image is written, as networks see it. Pixels of anything else stay as they are.

  milan world world-people --out people/ --count 5200
  milan blur people/ --what faces --out people-blurred/
  milan blur photos/ --what "cars or buses" --masks masks/ --classes classes.csv --out no-cars/`,
    )
    .action(async (images: string, { what, out, size, json, ...given }: Options) => {
      const { blurThings } = await import("../studies/audit/blur.js");
      await checkWritable(out);
      const { source, close } = await openLabels(labelsOf(images, given));
      const blurred = await blurThings(images, source, {
        ...{ what, out, ...(size && { size }), progress: terminalProgress() },
      }).finally(close);
      if (json) printJson({ out, what, ...blurred });
      else {
        process.stdout.write(
          `${plain(out)}: ${blurred.pictures} pictures, ${plain(what)} blurred in ${blurred.blurred} of them (${blurred.areas} areas)\n`,
        );
      }
    });
}

/** Where labels come from: the pictures themselves when they are of the made world. */
function labelsOf(images: string, given: Omit<Options, "what" | "out">): LabelOptions {
  if (given.masks ?? given.boxes ?? given.segmenter ?? given.classes) return { ...given, images };
  if (existsSync(join(images, "world.json"))) return { ...given, world: images };
  throw new UserError(
    `blurring ${images}: nothing says what the images show; expected a folder of \`milan world\`, --masks FOLDER --classes FILE, --boxes FILE, or --segmenter MODEL --classes FILE`,
  );
}
