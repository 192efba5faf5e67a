/** `milan export`: a run in a form for others. */
import { basename, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../base/errors.js";
import { checkWritable, checkWritableFile, isVacant } from "../base/files.js";
import { place, whole } from "./arguments.js";
import { terminalProgress } from "./progress.js";

interface Options {
  format: "html" | "milannotations";
  out: string;
  images?: string;
  imageSize?: number;
}

export function registerExport(program: Command): void {
  program
    .command("export")
    .description("write a run as one web page, or in the MILANNOTATIONS layout")
    .argument("<run>", "a run, or a MILANNOTATIONS folder")
    .addOption(
      new Option(
        "--format <format>",
        "html: one self-contained page; milannotations: the reference's folders and arrays",
      )
        .choices(["html", "milannotations"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <path>", "the page, or the folder", place)
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .option("--image-size <pixels>", "html: longer side of the pictures", whole(16, 4096))
    .action(async (folder: string, options: Options) => {
      const { openExemplars } = await import("../exemplars/store.js");
      const { readDescriptions, readDescriptionsHeader } = await import("../run/descriptions.js");
      const { out, format } = options;
      await (format === "html" ? checkWritableFile(out) : checkWritable(out));
      if (format === "milannotations" && !isVacant(out)) {
        throw new UserError(`exporting to ${out}: the folder is not empty; expected a new or empty one`);
      }
      const progress = terminalProgress();
      const store = await openExemplars(folder, options.images);
      try {
        const descriptions = await readDescriptions(folder);
        if (format === "html") {
          const { exportHtml } = await import("../explorer/html.js");
          await exportHtml(store, descriptions, out, {
            title: basename(resolve(folder)),
            made: await readDescriptionsHeader(folder),
            progress,
            ...(options.imageSize && { imageSize: options.imageSize }),
          });
        } else {
          const { annotationsTable, writeMilannotations } = await import("../exemplars/milannotations.js");
          const { writeFileAtomically } = await import("../base/files.js");
          await writeMilannotations(store, out, progress);
          if (descriptions.length > 0) {
            await writeFileAtomically(join(out, "annotations.csv"), annotationsTable(store, descriptions));
          }
        }
        process.stdout.write(`${out}\n`);
      } finally {
        await store.close();
      }
    });
}
