/** What a command that was interrupted is told to do next, by its name. Servers have nothing to go on with. */
import { existsSync } from "node:fs";

interface Interrupted {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const ON = "the same command goes on where it stopped";
const ANEW = "the same command begins anew; nothing was changed";

const LINES: Readonly<Record<string, string | ((options: Interrupted["options"]) => string | undefined)>> = {
  dissect: ON,
  merge: "the same command begins anew; the shards are as they were",
  describe: ({ meanings = "one" }) =>
    meanings === "one" || meanings === 1 ? "the same command goes on behind the last batch of units" : ANEW,
  train: ({ out }) => training(`${String(out).replace(/[/\\]+$/, "")}.training/language-model.checkpoint.safetensors`),
  "train-classifier": ({ out }) => training(`${String(out).replace(/\.onnx$/i, "")}.checkpoint.safetensors`),
  generalize: ON,
  reproduce: ON,
  demo: ON,
  world: ON,
  pull: ON,
  serve: () => undefined,
};

const training = (checkpoint: string) =>
  existsSync(checkpoint)
    ? "the same command with --resume goes on from the last checkpoint"
    : "nothing was saved yet; the same command begins anew";

/** The line; undefined where there is nothing to say. */
export function lineOf({ name, options }: Interrupted): string | undefined {
  const line = LINES[name] ?? ANEW;
  return typeof line === "string" ? line : line(options);
}
