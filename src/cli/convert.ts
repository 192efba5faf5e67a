/** `milan convert`: a checkpoint of the reference implementation as a describer directory. */
import type { Command } from "commander";

export function registerConvert(program: Command): void {
  program
    .command("convert")
    .description("turn a checkpoint of the reference implementation (.pth) into a describer directory")
    .argument("<checkpoint>", "a .pth file; it is read as data, nothing in it is executed")
    .argument("<folder>", "the describer directory to write: config.json, vocab.json, model.safetensors, encoder.onnx")
    .action(async (checkpoint: string, folder: string) => {
      const { openDescriberFiles, saveDescriber } = await import("../describer/directory.js");
      const files = await openDescriberFiles(checkpoint);
      await saveDescriber(files, folder);
      const { config, vocabulary } = files;
      process.stdout.write(
        `${folder}: ${config.encoder.network} encoder${files.encoder ? "" : " (its weights are not in the checkpoint)"}, ` +
          `${vocabulary.words.length} words, ${files.languageModel ? "with" : "without"} a language model\n`,
      );
    });
}
