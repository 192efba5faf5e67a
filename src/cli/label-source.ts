/** Options that say what pictures show, shared by the commands that compare units with labels. */
import { join } from "node:path";
import type { Command } from "commander";
import type { Device } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import type { LabelSource } from "../data/labels/labels.js";
import { reals, whole } from "./arguments.js";

export interface LabelOptions {
  world?: string;
  images?: string;
  boxes?: string;
  side: number;
  masks?: string;
  classes?: string;
  broden?: string;
  segmenter?: string;
  segmenterSize?: number;
  segmenterMean?: number[];
  segmenterStd?: number[];
  device?: Device;
}

/** Adds the options to a command. @param unseen what is said of the pictures: "that the run was not made with". */
export function withLabels(command: Command, unseen = ""): Command {
  command
    .option("--world <folder>", `images of the made world (milan world)${unseen}`)
    .option("--images <path>", `other images${unseen}, with --masks, --boxes or --segmenter`)
    .option("--broden <folder>", `Broden, or a folder of its form${unseen}; its images are in FOLDER/images`);
  return withLabelsOfImages(command);
}

/** Adds the options that say what given pictures show. */
export function withLabelsOfImages(command: Command): Command {
  return command
    .option("--masks <folder>", "index PNG masks of the images' names; needs --classes")
    .option("--classes <file>", "CSV with the columns id, name: what the numbers of masks or of a segmenter mean")
    .option(
      "--boxes <file>",
      "CSV with the columns file, x0, y0, x1, y1: the object's box in each image of a class folder",
    )
    .option("--side <pixels>", "side of the images that the boxes are of", whole(1, 65536), 64)
    .option("--segmenter <model>", "ONNX segmentation network that says what images show; needs --classes")
    .option("--segmenter-size <pixels>", "side of its input; default its own, or 512", whole(1, 4096))
    .option("--segmenter-mean <r,g,b>", "mean that its input is normalised by; default ImageNet's", reals)
    .option("--segmenter-std <r,g,b>", "standard deviation likewise", reals);
}

/** What labels come from: the options of each. */
const WAYS = [
  { source: "world", needs: [], may: [] },
  { source: "masks", needs: ["images", "classes"], may: [] },
  { source: "boxes", needs: ["images"], may: [] },
  { source: "broden", needs: [], may: ["images"] },
  { source: "segmenter", needs: ["images", "classes"], may: ["segmenterSize", "segmenterMean", "segmenterStd"] },
] as const;

const ALL = [...new Set(WAYS.flatMap(({ source, needs, may }) => [source, ...needs, ...may]))];

/** What the options name: the pictures, and what is known of them. Errors: `UserError` when they name none, or two. */
export async function openLabels(
  options: LabelOptions,
): Promise<{ images: string; source: LabelSource; close(): Promise<void> }> {
  const given = ALL.filter((name) => options[name] !== undefined);
  const fits = WAYS.some(({ source, needs, may }) => {
    const all: readonly string[] = [source, ...needs];
    const allowed: readonly string[] = [...all, ...may];
    return all.every((name) => given.some((each) => each === name)) && given.every((name) => allowed.includes(name));
  });
  if (!fits) {
    throw new UserError(
      "labels: expected one of --world FOLDER; --images PATH --masks FOLDER --classes FILE; --images PATH --boxes FILE; --broden FOLDER; or --images PATH --segmenter MODEL --classes FILE; give the options of one",
    );
  }
  const { world, images, boxes, side, masks, classes, broden, segmenter } = options;
  const nothing = async () => {};
  if (world !== undefined) {
    const { openWorldFolder } = await import("../data/world/folder.js");
    return { images: world, source: await openWorldFolder(world), close: nothing };
  }
  if (masks !== undefined) {
    const { openIndexMasks } = await import("../data/labels/index-masks.js");
    return {
      images: images!,
      source: await openIndexMasks({ images: images!, masks, classes: classes! }),
      close: nothing,
    };
  }
  if (broden !== undefined) {
    const { openBroden } = await import("../data/labels/broden.js");
    return { images: images ?? join(broden, "images"), source: await openBroden(broden), close: nothing };
  }
  if (segmenter !== undefined) {
    const { openSegmenter } = await import("../studies/segmenter.js");
    const { segmenterSize: size, segmenterMean: mean, segmenterStd: std, device } = options;
    const source = await openSegmenter({
      ...{ model: segmenter, classes: classes!, images: images! },
      ...(size !== undefined && { size }),
      ...(mean && { mean }),
      ...(std && { std }),
      ...(device && { device }),
    });
    return { images: images!, source, close: () => source.close() };
  }
  const { openBoxes } = await import("../data/labels/boxes.js");
  const source = await openBoxes({ images: images!, boxes: boxes!, side });
  return { images: images!, source, close: () => source.close() };
}
