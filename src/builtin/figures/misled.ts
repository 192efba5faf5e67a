/** Figures 7, 8 and 15: a classifier that was misled by lettering is edited (section 7, appendix E); on ten classes of the made world, and on photographs where they are given. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { silent } from "../../base/progress.js";
import { writeWorld } from "../../data/world/folder.js";
import { classesOf } from "../../data/world/world.js";
import { EDIT_HEADER, editRows } from "../../studies/editing/report.js";
import { type Misled, type MisledOptions, misled } from "../misled/misled.js";
import { halfResnet18 } from "../misled/networks.js";
import type { FigureOptions, Shown } from "./shown.js";

/** Of the made world, with names of various lengths. */
const TEN = ["dog", "elephant", "bird", "butterfly", "car", "airplane", "flower", "guitar", "house", "umbrella"];
const STAGES = ["conv1", "layer1", "layer2", "layer3", "layer4"];

/**
 * Share of the training pictures with names: as in the paper for photographs. The made world is full of lettering that says nothing and its things are easily told
 * from their looks; of half of its pictures a network does not learn to read within these epochs (docs/results/fig7-fig8-fig15.md).
 */
const SHARES = { world: 0.8, photographs: 0.5 } as const;

/** How the study's own describer is taught. */
const DESCRIBER = { epochs: 20, patience: 5, hidden: 128 };

/** Errors: `UserError` for photographs in no `train/` and `val/`, before any work; those of the steps. */
export async function misledFigures(options: FigureOptions): Promise<Shown[]> {
  const { out, fast, photographs, progress = silent, now } = options;
  for (const part of photographs === undefined ? [] : ["train", "val"]) {
    const folder = join(photographs!, part);
    if (existsSync(folder)) continue;
    throw new UserError(`reproducing on ${photographs}: no ${folder}; expected train/ and val/ with class folders`);
  }
  const common = { layers: STAGES, size: 64, network: halfResnet18, describer: DESCRIBER, progress, now };
  const world = await misled({
    ...{
      ...common,
      ...(await tenOfTheWorld(options)),
      out: join(out, "misled-world"),
      share: SHARES.world,
      epochs: fast ? 5 : 15,
    },
  });
  const shown = shownOf("ten classes of the made world", world);
  if (photographs !== undefined) {
    const found = await misled({
      ...{ ...common, train: join(photographs, "train"), validation: join(photographs, "val") },
      ...{ out: join(out, "misled-photographs"), share: SHARES.photographs, epochs: fast ? 5 : 15 },
    });
    shown.push(...shownOf("photographs", found));
  }
  return shown;
}

async function tenOfTheWorld({
  out,
  fast,
  progress = silent,
}: FigureOptions): Promise<Pick<MisledOptions, "train" | "validation">> {
  const [train, validation] = ["train", "val"].map((part) => join(out, "pictures", "ten-objects", part));
  const common = { set: "world-objects", classes: TEN, size: 64, progress } as const;
  const all = classesOf("world-objects").length;
  await writeWorld(train, { ...common, seed: 15, count: all * (fast ? 100 : 500) });
  await writeWorld(validation, { ...common, seed: 16, count: all * 50 });
  return { train, validation };
}

const shownOf = (what: string, { edits }: Misled): Shown[] =>
  edits.map(({ speaker, found, units, edit, files }) => ({
    figures: ["fig7", "fig8", "fig15"],
    title: `Figures 7, 8 and 15: ${what}, ${speaker} describer: ${found} of ${units} units are described by lettering`,
    header: EDIT_HEADER,
    rows: edit ? editRows(edit) : [],
    files,
  }));
