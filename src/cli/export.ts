/** `milan export`: a run in a form for others. */
import { basename, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import { expectVacant, writeWholeFolder } from "../base/whole-folder.js";
import { place, whole } from "./arguments.js";
import { terminalProgress } from "./progress.js";

interface Options {
  format: "html" | "milannotations" | "site";
  out: string;
  images?: string;
  imageSize?: number;
}

export function registerExport(program: Command): void {
  program
    .command("export")
    .description("write a run as one web page, runs as a site, or a run in the MILANNOTATIONS layout")
    .argument("<runs...>", "a run, or a MILANNOTATIONS folder; for a site any number of them")
    .addOption(
      new Option(
        "--format <format>",
        "html: one self-contained page; site: the explorer as files for any web server; milannotations: the reference's folders and arrays",
      )
        .choices(["html", "site", "milannotations"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <path>", "the page, or the folder", place)
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .option("--image-size <pixels>", "html, site: longer side of the pictures", whole(16, 4096))
    .addHelpText(
      "after",
      `
A site is the page that milan serve shows, without what needs a server: other mask levels, heat maps, running the model, verdicts. Browsers do
not read a site from disk; any web server shows it:

  milan export runs/before runs/after --format site --out site
  python3 -m http.server 8000 --directory site`,
    )
    .action(async (folders: string[], options: Options) => {
      const { out, format } = options;
      await (format === "html" ? checkWritableFile(out) : expectVacant(out, `exporting to ${out}`));
      if (format === "site") {
        await writeSite(folders, options);
        return;
      }
      const [folder] = folders;
      if (folders.length > 1) {
        throw new UserError(
          `exporting ${folders.join(", ")}: --format ${format} takes one run; export them one by one`,
        );
      }
      const { openExemplars } = await import("../exemplars/store.js");
      const { readDescriptions, readDescriptionsHeader } = await import("../run/descriptions.js");
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
          await writeWholeFolder(out, async (whole) => {
            await writeMilannotations(store, whole, progress);
            if (descriptions.length === 0) return;
            await writeFileAtomically(join(whole, "annotations.csv"), annotationsTable(store, descriptions));
          });
        }
        process.stdout.write(`${out}\n`);
      } finally {
        await store.close();
      }
    });
}

async function writeSite(folders: readonly string[], { out, images, imageSize }: Options): Promise<void> {
  const { exportSite } = await import("../explorer/site.js");
  await exportSite(folders, out, {
    progress: terminalProgress(),
    ...(images !== undefined && { images: [images] }),
    ...(imageSize !== undefined && { imageSize }),
  });
  process.stdout.write(`${out}\n`);
}
