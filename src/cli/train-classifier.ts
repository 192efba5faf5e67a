/** `milan train-classifier`: class folders in, an image classifier as ONNX out. */
import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.js";
import { between, names, place, saveEveryOption, whole } from "./arguments.js";
import { plain, printJson } from "./print.js";
import { duration, terminalProgress } from "./progress.js";

interface Options {
  out: string;
  network: string;
  size: number;
  epochs?: number;
  minutes?: number;
  batch: number;
  learningRate?: number;
  optimiser?: "sgd" | "adam" | "adamw";
  weightDecay?: number;
  seed: number;
  validation?: string | number;
  augment: ("flip" | "crop")[];
  limitPerClass?: number;
  cache: number;
  resume?: boolean;
  saveEvery?: number;
  threads?: number;
  json?: boolean;
}

export function registerTrainClassifier(program: Command): void {
  program
    .command("train-classifier")
    .description("train an image classifier on class folders, to have something to dissect")
    .argument("<data>", "a folder, .zip or .tar of class folders, or of train/ and val/ with class folders")
    .requiredOption("--out <file>", "the ONNX file to write; labels, metrics and checkpoint go beside it", place)
    .option("--network <name>", "resnet18, 34, 50; resnet20, 32, 44, 56 (small images); alexnet; vit-small", "resnet18")
    .option("--size <pixels>", "side of the images", whole(8, 1024), 64)
    .option("--epochs <number>", "times each image is seen; default 20, or as many as --minutes allow", whole())
    .option("--minutes <number>", "time limit; the best weights so far are written", between(0, 1e6))
    .option("--batch <number>", "images a step", whole(1, 4096), 64)
    .option("--learning-rate <number>", "at its highest; default as suits the network", between(0, 1e6))
    .addOption(new Option("--optimiser <name>", "default as suits the network").choices(["sgd", "adam", "adamw"]))
    .option("--weight-decay <number>", "default as suits the network", notNegative)
    .option("--seed <number>", "seed of first weights, order and augmentation", whole(0, 2 ** 32 - 1), 0)
    .option("--validation <path|share>", "class folders to test on, or the share to hold out (0.1)", pathOrShare)
    .option("--augment <names>", "flip, crop or none", augmentations, ["flip", "crop"])
    .option("--limit-per-class <number>", "at most so many training images of each class", whole(2))
    .option("--cache <megabytes>", "decoded images kept in memory, beyond which they are decoded anew", whole(0), 1024)
    .option("--resume", "go on from the checkpoint of the same command")
    .addOption(saveEveryOption("120"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
Without val/ or --validation, a tenth of each class is held out. The weights that did best on the validation images are written.
Metrics are appended to NAME.metrics.jsonl while it trains; a checkpoint is written every two minutes.

  milan train-classifier photos/ --out net.onnx --network resnet20 --size 32 --minutes 20
  milan dissect net.onnx --images photos/ --out runs/net`,
    )
    .action(async (data: string, options: Options) => {
      const { trainClassifier } = await import("../studies/train-classifier.js");
      const { cache, json, saveEvery, ...settings } = options;
      const saving = saveEvery === undefined ? {} : { saveEveryMs: 1000 * saveEvery };
      const given = { ...settings, ...saving, cacheBytes: cache * 2 ** 20, progress: terminalProgress() };
      const trained = await trainClassifier(data, { ...given, now: () => performance.now() });
      const { training, classes, ...facts } = trained;
      if (json) {
        printJson({ ...facts, classes: classes.length, training });
        return;
      }
      const { model, accuracy, majority, trainingImages, validationImages } = trained;
      const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
      process.stdout.write(
        `${model}: ${percent(accuracy)} of ${validationImages} validation images right; always giving the same answer reaches ${percent(majority)}\n` +
          `${classes.length} classes, ${trainingImages} training images, ${training.epochs} epochs in ${duration(1000 * training.seconds)}` +
          `${training.best ? `, best after epoch ${training.best.epoch}` : ""}\n` +
          `${facts.confusions.length > 0 ? `most confused: ${facts.confusions.slice(0, 3).map(confusion).join(", ")}\n` : ""}` +
          `next: milan dissect ${model} --images ${data} --out RUN\n`,
      );
    });
}

const confusion = (one: { class: string; takenFor: string; count: number; of: number }) =>
  plain(`${one.class} taken for ${one.takenFor} (${one.count} of ${one.of})`);

/** A share between 0 and 1, or a path. */
function pathOrShare(text: string): string | number {
  if (existsSync(text)) return text;
  const share = Number(text);
  if (text.trim() !== "" && share > 0 && share < 1) return share;
  if (Number.isFinite(share)) throw new InvalidArgumentError("expected a share between 0 and 1, or a path");
  throw new UserError(`opening the images ${text}: no such file or folder; check the path`);
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError("expected a number from 0");
  }
  return value;
}

function augmentations(text: string): ("flip" | "crop")[] {
  const list = text === "none" ? [] : names(text);
  if (!list.every((name) => name === "flip" || name === "crop")) {
    throw new InvalidArgumentError("expected flip, crop, flip,crop or none");
  }
  return list;
}
