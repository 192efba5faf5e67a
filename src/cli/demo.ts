/** `milan demo`: the whole way on what Milan brings along, so that the first command on a fresh machine shows something true. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { place } from "./arguments.js";
import { printTable } from "./print.js";
import { terminalProgress } from "./progress.js";

const SIZE = 64;
const IMAGES = 400;
const SEED = 1;

export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("dissect a built-in network over built-in pictures and write a page to look at")
    .option("--out <folder>", "where to put the model, the pictures, the run and the page", place, "milan-demo")
    .option("--describer <path>", "describe the units too, with this describer")
    .action(async ({ out, describer }: { out: string; describer?: string }) => {
      const { shapeScenes, writeShapes } = await import("../data/world/shapes.js");
      const { writeModel } = await import("../engine/onnx/model.js");
      const { HAND_MADE_UNITS, handMadeNetwork } = await import("../zoo/hand-made.js");
      const { openModel } = await import("../exemplars/subject.js");
      const { imageFolder } = await import("../exemplars/probe.js");
      const { dissect } = await import("../exemplars/dissect.js");
      const progress = terminalProgress();
      const [modelPath, pictures, run] = [join(out, "network.onnx"), join(out, "pictures"), join(out, "run")];
      await mkdir(out, { recursive: true });

      const scenes = shapeScenes(IMAGES, SEED);
      await writeShapes(pictures, scenes, SIZE);
      await writeModel(handMadeNetwork(SIZE), modelPath);
      const subject = await openModel(modelPath);
      const layers = Object.keys(HAND_MADE_UNITS);
      const probe = imageFolder(pictures, { mean: [0.5], std: [0.5] });
      const found = await dissect(subject, probe, { out: run, layers, progress });

      process.stdout.write(
        `\nA network made by hand, ${IMAGES} rendered pictures: what each unit was built to detect, and what its best\npicture really holds.\n\n`,
      );
      printTable(
        ["layer", "unit", "built to detect", "best picture holds"],
        found.layers.flatMap((layer) =>
          layer.unitNumbers.map((unit, row) => [
            layer.name,
            unit,
            HAND_MADE_UNITS[layer.name as keyof typeof HAND_MADE_UNITS][unit],
            scenes[layer.ids[row * found.manifest.k]].things
              .map(({ colour, shape }) => `${colour} ${shape}`)
              .join(", "),
          ]),
        ),
      );
      await found.close();
      if (describer !== undefined)
        await program.parseAsync(["describe", run, "--describer", describer], { from: "user" });
      const page = join(out, "page.html");
      await program.parseAsync(["export", run, "--format", "html", "--out", page], { from: "user" });
      if (describer === undefined) {
        process.stdout.write(
          "\nWords are missing: no describer is built in yet. With a checkpoint of the reference implementation:\n" +
            `  milan demo --out ${out} --describer milan-base.pth\n`,
        );
      }
    });
}
