/** `milan convert`: a checkpoint of the reference implementation, or another describer, as a describer directory. */
import type { Command } from "commander";

export function registerConvert(program: Command): void {
  program
    .command("convert")
    .description("turn a checkpoint of the reference implementation (.pth), or a describer, into a describer directory")
    .argument("<checkpoint>", "a .pth file (it is read as data, nothing in it is executed), or a describer directory")
    .argument("<folder>", "the describer directory to write: config.json, vocab.json, model.safetensors, encoder.onnx")
    .option("--half", "keep large weights as half floats: half the size, rounded to eleven bits")
    .action(async (checkpoint: string, folder: string, { half }: { half?: boolean }) => {
      const { openDescriberFiles, saveDescriber } = await import("../describer/directory.js");
      const files = await openDescriberFiles(checkpoint);
      await saveDescriber(files, folder, { half: half ?? false });
      const { config, vocabulary } = files;
      process.stdout.write(
        `${folder}: ${config.encoder.network} encoder${files.encoder ? "" : " (its weights are not in the checkpoint)"}, ` +
          `${vocabulary.words.length} words, ${files.languageModel ? "with" : "without"} a language model\n`,
      );
    });
}
