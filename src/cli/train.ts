/** `milan train`: a describer from annotated exemplars. */
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import {
  between,
  names,
  partialOption,
  place,
  range,
  reals,
  saveEveryOption,
  share,
  size,
  whole,
} from "./arguments.js";
import { plain, printJson } from "./print.js";
import { duration, terminalProgress } from "./progress.js";

interface Options {
  out: string;
  encoder?: string;
  network?: string;
  layers?: string[];
  size?: readonly [number, number];
  mean?: number[];
  std?: number[];
  inputRange?: readonly [number, number];
  annotations?: string;
  images?: string;
  root?: string;
  partial?: boolean;
  holdOut: number;
  epochs: number;
  patience: number;
  batch: number;
  learningRate: number;
  length: number;
  rare: number;
  embedding: number;
  hidden: number;
  dropout: number;
  average: number;
  redraw?: boolean;
  seed: number;
  cache?: string;
  resume?: boolean;
  saveEvery?: number;
  threads?: number;
  json?: boolean;
}

export function registerTrain(program: Command): void {
  program
    .command("train")
    .description("train a describer on exemplars that people have described")
    .argument(
      "<sets...>",
      "MILANNOTATIONS folders, or runs with an annotations.csv; with --root also base, cls, gen, ...",
    )
    .requiredOption(
      "--out <folder>",
      "the describer to write; OUT.training beside it keeps features and checkpoints",
      place,
    )
    .option(
      "--encoder <path>",
      "what looks at the exemplars: an ONNX classifier, weights (.pth, with --network), or a describer's encoder",
    )
    .option("--network <name>", "of weights: alexnet, resnet18, resnet34, resnet50, resnet101, resnet152")
    .option("--layers <names>", "of an ONNX classifier; default: the last principal layer at each resolution", names)
    .option("--size <pixels>", "of an ONNX classifier that leaves it open", size)
    .option("--mean <numbers>", "of the ONNX classifier's preprocessing; default: ImageNet's", reals)
    .option("--std <numbers>", "likewise", reals)
    .option("--input-range <range>", "what black and white are to it before mean and deviation; default 0-1", range)
    .option("--annotations <file>", "annotations.csv of the one set given, when it lies elsewhere")
    .option("--images <path>", "source images of sets that have ids.csv but no images.npy; or where a probe set is now")
    .option("--root <folder>", "where the paper's data sets lie: ROOT/resnet152/imagenet and so on")
    .addOption(partialOption())
    .option("--hold-out <share>", "share of the units that is not learned from", between(0, 1), 0.1)
    .option("--epochs <number>", "most, for each of the two models", whole(), 100)
    .option("--patience <number>", "epochs without improvement on held-out units that end a training", whole(), 4)
    .option("--batch <number>", "annotations a step of the captioner, half of the language model's", whole(), 64)
    .option("--learning-rate <number>", "of AdamW", between(0, 1), 1e-3)
    .option("--length <number>", "most tokens of a description, the final one included", whole(2, 200), 15)
    .option("--rare <number>", "words that appear so many times or fewer are unknown", whole(0), 1)
    .option("--embedding <number>", "size of word vectors", whole(), 128)
    .option("--hidden <number>", "size of the states of both models", whole(), 512)
    .option("--dropout <share>", "of the states before the words", share({ one: false }), 0.5)
    .option(
      "--average <share>",
      "keep a moving average of the captioner's weights, of which a step keeps so much",
      share({ one: false }),
      0,
    )
    .option("--redraw", "draw a unit's exemplars anew, with replacement, each time the captioner is shown it")
    .option("--seed <number>", "seed of split, first weights, order and dropout", whole(0, 2 ** 32 - 1), 0)
    .option("--cache <folder>", "where features are kept; default OUT.training/features")
    .option("--resume", "go on from the checkpoints of the same command")
    .addOption(saveEveryOption("120"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
Units are split, not annotations: what is held out is unknown to the captioner and to the language model. The weights that did
best on held-out units are kept; OUT/card.md says on what they were trained, how that went, and how good they are beside a
constant label and shuffled descriptions. One seed gives one file.

  milan train annotations/resnet152/imagenet --encoder resnet101.onnx --images imagenet/val --out my-describer
  milan describe runs/net --describer my-describer`,
    )
    .action(async (sets: string[], options: Options) => {
      if (options.encoder === undefined) {
        throw new UserError(
          "training: no encoder given; expected --encoder with an ONNX classifier, weights and --network, or a describer",
        );
      }
      const { openEncoder } = await import("../describer/training/encoder-source.js");
      const { openAnnotatedSets } = await import("../describer/annotated-set.js");
      const { trainDescriber } = await import("../describer/training/train.js");
      const progress = terminalProgress();
      const { size: pixels, mean, std, inputRange } = options;
      const source = await openEncoder(options.encoder, {
        ...{ layers: options.layers, network: options.network },
        preprocessing: {
          ...(pixels && { height: pixels[0], width: pixels[1] }),
          ...(mean && { mean }),
          ...(std && { std }),
          ...(inputRange && { range: inputRange }),
        },
      });
      const { annotations, images, root, partial } = options;
      const opened = await openAnnotatedSets(sets, { annotations, images, root, partial, progress });
      try {
        const { out, cache, holdOut, epochs, patience, batch, learningRate, length, rare, seed, resume } = options;
        const { embedding, hidden, dropout, threads, average, redraw } = options;
        const trained = await trainDescriber(opened, source, {
          ...{ out, cache, holdOut, epochs, patience, batch, learningRate, length, rare, seed, dropout, progress },
          ...{ average, redraw: redraw ?? false, sizes: { embedding, hidden }, resume: resume ?? false },
          saveEveryMs: options.saveEvery === undefined ? undefined : 1000 * options.saveEvery,
          now: () => performance.now(),
          session: threads === undefined ? {} : { threads },
        });
        if (options.json) printJson(trained);
        else process.stdout.write(summaryOf(trained));
      } finally {
        for (const { store } of opened) await store.close();
      }
    });
}

type Trained = import("../describer/training/train.js").TrainedDescriber;

function summaryOf(trained: Trained): string {
  const { out, captioner, languageModel, trainingUnits, heldOutUnits, incompleteUnits, annotations } = trained;
  const epochs = (of: Trained["captioner"]) => `${of.epochs} epochs in ${duration(1000 * of.seconds)}`;
  return (
    `${plain(out)}: learned from ${annotations} annotations of ${trainingUnits + heldOutUnits} units, ${heldOutUnits} of them held out` +
    `${incompleteUnits > 0 ? `; ${incompleteUnits} units with missing exemplars were left out` : ""}\n` +
    `captioner: ROUGE-L ${trained.rouge.toFixed(3)} on held-out units (greedy), ${epochs(captioner)}\n` +
    `language model: perplexity ${trained.perplexity.toFixed(1)} on their annotations, ${epochs(languageModel)}\n` +
    `${plain(out)}/card.md tells it all; next: milan describe RUN --describer ${plain(out)}\n`
  );
}
