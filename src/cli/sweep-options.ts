/** What is swept, and how: options that the commands which dissect, or plan to, share. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import { between, names, range, reals, size, units, whole } from "./arguments.js";

export interface SweepOptions {
  images?: string;
  latents?: string;
  layers?: string[];
  units?: Record<string, number[]>;
  k: number;
  quantile: number;
  size?: readonly [number, number];
  fit?: Preprocessing["fit"];
  mean?: number[];
  std?: number[];
  inputRange?: readonly [number, number];
  channels?: Preprocessing["channels"];
  batch?: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
  prefixTokens?: number;
  ceiling?: "lift" | "keep";
  generated?: string;
}

/** Adds the options that say which probe set. */
export const withProbe = (command: Command): Command =>
  command
    .option("--images <path>", "probe set: a folder (class folders or flat), .zip, .tar, or .npy")
    .option("--latents <path>", "for generators: a .npy per input, in a folder (file name = input name), or one .npy");

/** Adds the options that say what is looked for in it, and how pictures are fed. */
export const withSweep = (command: Command): Command =>
  command
    .option("--layers <names>", "layers, separated by commas; default: the principal ones (milan inspect)", names)
    .option("--units <layer:numbers>", "only these units of a layer, such as layer4:0-63,70; may be repeated", units)
    .option("--k <number>", "exemplars a unit", whole(), 15)
    .option("--quantile <number>", "level of the masks", between(0, 1), 0.99)
    .option("--size <pixels>", "input size, where the model leaves it open (224, or 192x320 for height x width)", size)
    .addOption(new Option("--fit <how>", "how pictures of another shape are fitted").choices(["crop", "squash", "pad"]))
    .option("--mean <r,g,b>", "subtracted from each channel; default: ImageNet's 0.485,0.456,0.406", reals)
    .option("--std <r,g,b>", "each channel is divided by it; default: ImageNet's 0.229,0.224,0.225", reals)
    .option("--input-range <low-high>", "what black and white are before mean and std (0-1, 0-255, -1,1)", range)
    .addOption(new Option("--channels <order>", "order of the input's channels").choices(["rgb", "bgr", "grey"]))
    .option("--batch <number>", "images run at once; default 8, or what the model demands", whole(1, 4096))
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .option(
      "--prefix-tokens <number>",
      "class and register tokens before a transformer's grid, where the guess is wrong",
      whole(0),
    )
    .addOption(
      new Option(
        "--ceiling <how>",
        "activations that end at a ceiling, as ReLU6's at 6: lift measures them before it, so that images that reach it can be ranked; keep (default: lift)",
      ).choices(["lift", "keep"]),
    )
    .option(
      "--generated <tensor>",
      "for generators: the output that holds the images; default: the first with 3 channels",
    );

/** Errors: `UserError` unless one probe set is named. @param doing for the message: "dissecting". */
export function expectOneProbe(doing: string, { images, latents }: Pick<SweepOptions, "images" | "latents">): void {
  if ((images === undefined) !== (latents === undefined)) return;
  throw new UserError(`${doing}: expected one of --images or --latents; say which probe set to use`);
}

/** What the options say, as `dissect` and `forecast` take it. */
export const settingsOf = ({ layers, units, k, quantile, batch, device, threads, ...rest }: SweepOptions) => ({
  ...{ k, quantile, device },
  ...(layers && { layers }),
  ...(units && { units }),
  ...(batch && { batchSize: batch }),
  ...(threads && { threads }),
  ...(rest.prefixTokens !== undefined && { prefixTokens: rest.prefixTokens }),
  ...(rest.ceiling && { ceiling: rest.ceiling }),
});

/** The probe set that the options name, and how its pictures are fed. */
export async function chooseProbe(options: SweepOptions) {
  const { images, latents, generated, size: pixels, fit, mean, std, inputRange, channels } = options;
  const { imageFolder, latentFolder } = await import("../exemplars/probe.js");
  if (latents !== undefined) return latentFolder(latents, generated);
  return imageFolder(images!, {
    ...(pixels && { height: pixels[0], width: pixels[1] }),
    ...(fit && { fit }),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(inputRange && { range: inputRange }),
    ...(channels && { channels }),
  });
}
