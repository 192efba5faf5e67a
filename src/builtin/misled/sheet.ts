/** Figure 7: what misleads. Some pictures that a network was trained on, some that it is tested on, and the units that are described by lettering. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { openExemplars } from "../../exemplars/store.js";
import type { EditCurve } from "../../studies/editing/edit.js";
import { pictureOf, stripOf, svgOf, text } from "../../studies/exemplar-strip.js";
import { writeDrawing } from "../../studies/figure.js";

const [SIDE, GAP, LINE, COLUMNS, ROWS] = [72, 4, 18, 10, 6];

/**
 * Draws into `STEM.svg` and `STEM.png`. Returns their paths.
 * @param marked class folders, of which `share` bear names. @param misleading class folders. @param run the network's run. @param candidates units, those that are needed least first.
 */
export async function writeMisledSheet(
  stem: string,
  {
    marked,
    share,
    misleading,
    run,
  }: { readonly marked: string; readonly share: number; readonly misleading: string; readonly run: string },
  { units, stop }: Pick<EditCurve, "units" | "stop">,
): Promise<string[]> {
  const parts: string[] = [];
  let top = LINE;
  const titled = (title: string) => {
    parts.push(text(GAP, top, title, "font-size='13'"));
    top += 6;
  };
  for (const [title, folder] of [
    [`Trained on: ${Math.round(100 * share)} % of the pictures bear the name of their class`, marked],
    ["Tested on: every picture bears the name of another class", misleading],
  ]) {
    titled(title);
    for (const [i, file] of (await onePerClass(folder)).entries()) {
      const jpeg = await sharp(file)
        .resize(2 * SIDE, 2 * SIDE)
        .jpeg({ quality: 90 })
        .toBuffer();
      parts.push(pictureOf(jpeg, GAP + i * (SIDE + GAP), top, SIDE));
    }
    top += SIDE + LINE + GAP;
  }
  const store = await openExemplars(run);
  try {
    for (const [place, { layer, unit, description }] of units.slice(0, ROWS).entries()) {
      titled(`${layer.replace(/^\//, "")}:${unit}, "${description}"${place < stop ? ", silenced" : ""}`);
      const at = { count: COLUMNS, side: SIDE, gap: GAP, x: GAP, y: top };
      parts.push(...(await stripOf({ layer, unit }, store, at)));
      top += SIDE + LINE + GAP;
    }
  } finally {
    await store.close();
  }
  return writeDrawing(stem, svgOf(COLUMNS * (SIDE + GAP) + GAP, top, parts));
}

/** A picture of each of some classes: of each the first but for its number among the classes, lest all be plain or all marked alike. */
async function onePerClass(folder: string): Promise<string[]> {
  const classes = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .slice(0, COLUMNS);
  return Promise.all(
    classes.map(async ({ name }, i) => {
      const files = (await readdir(join(folder, name))).sort();
      return join(folder, name, files[i % files.length]);
    }),
  );
}
