/** `milan inspect`: which layers of a model can be dissected. */
import type { Command } from "commander";
import { displayName } from "../run/layer-name.js";
import { size } from "./arguments.js";
import { printJson, printTable } from "./print.js";

export function registerInspect(program: Command): void {
  program
    .command("inspect")
    .description("show the layers of a model that can be dissected")
    .argument("<model>", "an ONNX file")
    .option("--all", "every tensor with units, not only the principal layers")
    .option("--size <pixels>", "input size, where the model leaves it open (224, or 192x320 for height x width)", size)
    .option("--json", "machine-readable output")
    .addHelpText(
      "after",
      `
A layer can be called by its tensor's name or by the module it came from (features.3, layer4). Principal layers, marked
with *, are those that \`milan dissect\` takes when --layers is not given: what convolutions, dense layers and the first
layers of transformer MLPs make once activated, and the sums and concatenations of blocks.`,
    )
    .action(async (path: string, options: { all?: boolean; size?: readonly [number, number]; json?: boolean }) => {
      const { openModel } = await import("../exemplars/subject.js");
      const subject = await openModel(path, options.size ? { size: options.size } : {});
      const shown = subject.layers.filter((layer) => options.all || layer.principal);
      if (options.json) {
        printJson({ model: path, sha256: subject.sha256, inputs: subject.inputs, layers: shown });
        return;
      }
      for (const { name, dtype, shape } of subject.inputs) {
        process.stdout.write(`input  ${name}  ${dtype} [${shape.join(", ")}]\n`);
      }
      process.stdout.write("\n");
      printTable(
        ["", "layer", "kind", "units", "shape", "op", "tensor"],
        shown.map((layer) => [
          layer.principal ? "*" : "",
          displayName(layer),
          layer.kind,
          layer.units,
          layer.shape.slice(1).join(" x "),
          layer.ceiling ? `${layer.op} to ${layer.ceiling.at}` : layer.op,
          layer.name,
        ]),
      );
      const hidden = subject.layers.length - shown.length;
      if (hidden > 0) process.stdout.write(`\n${hidden} more with --all\n`);
      const notes = [...new Set(shown.map(({ note }) => note).filter((note) => note !== undefined))];
      if (shown.some(({ ceiling }) => ceiling)) {
        notes.push("layers that end at a number are dissected before that (milan dissect --ceiling)");
      }
      if (notes.length > 0) process.stdout.write(`\n${notes.map((note) => `note: ${note}`).join("\n")}\n`);
    });
}
