/** `milan pull`: describers, annotations and networks by name, from where they are published. */
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import { place } from "./arguments.js";
import { plain, printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  to?: string;
  list?: boolean;
  offline?: boolean;
  json?: boolean;
}

/** What to do with each kind. */
const NEXT = {
  describer: (path: string) => `milan describe RUN --describer ${path}`,
  annotations: (path: string) => `milan annotations ${path}`,
  network: (path: string) => `milan inspect ${path}`,
  hub: (path: string) => `milan describe RUN --clip ${path}, or milan evaluate --bert ${path}`,
} as const;

export function registerPull(program: Command): void {
  program
    .command("pull")
    .description(
      "fetch the paper's describers and annotations, torchvision's networks, or a model of the Hugging Face hub",
    )
    .argument("[name]", "such as base, network/resnet18, annotations/alexnet-imagenet, or hub/OWNER/REPOSITORY")
    .option("--list", "what there is")
    .option("--to <folder>", "where to keep it; default MILAN_HOME, or milan in the user's cache", place)
    .option("--offline", "take nothing from elsewhere: say where it is, or what to put there")
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
What is cut off goes on where it stopped. Sums that publishers give are checked; others are written down the first time and expected ever after. Nothing
that comes is executed. MILAN_MIRROR=https://mirror/files takes https://host/path from https://mirror/files/host/path instead; MILAN_OFFLINE=1 is --offline.

  milan pull base && milan describe run --describer base`,
    )
    .action(async (name: string | undefined, options: Options) => {
      const { CATALOGUE, fullName } = await import("../pull/catalogue.js");
      if (options.list) {
        const rows = CATALOGUE.map((item) => ({ name: fullName(item), says: item.says, from: item.from }));
        if (options.json) printJson(rows);
        else process.stdout.write(rows.map((row) => `${row.name.padEnd(34)} ${row.says}\n`).join(""));
        return;
      }
      if (name === undefined) throw new UserError("pulling: expected a name; milan pull --list says what there is");
      const { pull } = await import("../pull/pull.js");
      const { item, path, wasThere } = await pull(name, {
        folder: options.to,
        ...(options.offline && { offline: true }),
        progress: terminalProgress(),
      });
      if (options.json) printJson({ name: fullName(item), path, wasThere });
      else
        process.stdout.write(
          `${plain(path)}${wasThere ? ", there already" : ""}\nnext: ${NEXT[item.kind](plain(path))}\n`,
        );
    });
}
