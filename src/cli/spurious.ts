/** `milan spurious`: class folders whose pictures bear marks that mislead a classifier. */
import { type Command, Option } from "commander";
import { checkWritable } from "../base/files.js";
import { place, share, whole } from "./arguments.js";
import { plain, printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  out: string;
  mark: "text" | "border";
  of: "own" | "other";
  share: number;
  size: number;
  seed: number;
  json?: boolean;
}

export function registerSpurious(program: Command): void {
  program
    .command("spurious")
    .description("mark pictures with the names of classes, to see whether a classifier reads instead of looking")
    .argument("<images>", "class folders, or an archive of them; of train/ and val/ give each alone")
    .requiredOption("--out <folder>", "where to write class folders of marked PNGs, and marks.csv", place)
    .addOption(
      new Option("--mark <kind>", "text: the name of a class in a corner; border: a border in a colour of the class")
        .choices(["text", "border"])
        .default("text"),
    )
    .addOption(
      new Option(
        "--of <whose>",
        "own: the picture's own class's mark, to teach with; other: another class's, to test with",
      )
        .choices(["own", "other"])
        .default("own"),
    )
    .option("--share <share>", "of each class's pictures, how many are marked", share(), 0.5)
    .option("--size <pixels>", "side of the pictures written", whole(16, 4096), 64)
    .option("--seed <number>", "seed of which pictures, corners and names", whole(0, 2 ** 32 - 2), 0)
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
As in the paper's section 7, a classifier that reads is made and mended:

  milan spurious photos/train --out marked/train --share 0.5
  milan spurious photos/val --out marked/test --of other --share 1
  milan train-classifier marked/train --out net.onnx
  milan dissect net.onnx --images marked/train --out run && milan describe run
  milan edit run --words text,word,letter* --validation photos/val --test marked/test --out edited.onnx`,
    )
    .action(async (images: string, { json, ...options }: Options) => {
      const { writeSpurious } = await import("../studies/editing/spurious.js");
      await checkWritable(options.out);
      const written = await writeSpurious(images, { ...options, progress: terminalProgress() });
      if (json) printJson({ out: options.out, ...written });
      else {
        const { pictures, classes, marked } = written;
        process.stdout.write(
          `${plain(options.out)}: ${pictures} pictures of ${classes.length} classes, ${marked} of them marked\n`,
        );
      }
    });
}
