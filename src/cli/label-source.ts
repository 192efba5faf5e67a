/** Options that say what pictures show, shared by the commands that compare units with labels. */
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import type { LabelSource } from "../data/labels/labels.js";
import { whole } from "./arguments.js";

export interface LabelOptions {
  world?: string;
  images?: string;
  boxes?: string;
  side: number;
  masks?: string;
  classes?: string;
}

/** Adds the options to a command. @param unseen what is said of the pictures: "that the run was not made with". */
export function withLabels(command: Command, unseen = ""): Command {
  return command
    .option("--world <folder>", `images of the made world (milan world)${unseen}`)
    .option("--images <path>", `other images${unseen}, with --masks or --boxes`)
    .option("--masks <folder>", "index PNG masks of the images' names; needs --classes")
    .option("--classes <file>", "CSV with the columns id, name: what the masks' values mean")
    .option(
      "--boxes <file>",
      "CSV with the columns file, x0, y0, x1, y1: the object's box in each image of a class folder",
    )
    .option("--side <pixels>", "side of the images that the boxes are of", whole(1, 65536), 64);
}

/** What the options name: the pictures, and what is known of them. Errors: `UserError` when they name none, or two. */
export async function openLabels(
  options: LabelOptions,
): Promise<{ images: string; source: LabelSource; close(): Promise<void> }> {
  const { world, images, boxes, side, masks, classes } = options;
  const given = [world, boxes, masks].filter((each) => each !== undefined);
  if (
    given.length !== 1 ||
    (world === undefined) !== (images !== undefined) ||
    (masks === undefined) !== (classes === undefined)
  ) {
    throw new UserError(
      "labels: expected one of --world FOLDER; --images PATH --masks FOLDER --classes FILE; or --images PATH --boxes FILE; give the options of one",
    );
  }
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
  const { openBoxes } = await import("../data/labels/boxes.js");
  const source = await openBoxes({ images: images!, boxes: boxes!, side });
  return { images: images!, source, close: () => source.close() };
}
