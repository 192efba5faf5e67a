/**
 * Pictures without something: whatever a phrase names is blurred, wherever the labels say that it is. A classifier trained on such pictures has never
 * seen it (paper, section 6: faces), so what its units respond to can be compared with those of one that has.
 */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../../base/errors.js";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { expectVacant, writeWholeFolder } from "../../base/whole-folder.js";
import { blurAreas } from "../../data/images/blur.js";
import { decode, sidesOf } from "../../data/images/decode.js";
import { DamagedImage } from "../../data/images/imageset.js";
import { interleaved } from "../../data/images/interleaved.js";
import { openImages } from "../../data/images/open.js";
import { type Areas, areasOf } from "../../data/labels/areas.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource } from "../../data/labels/labels.js";
import { vocabularyOf } from "../../data/labels/lexicon.js";
import type { Query } from "../../data/labels/query.js";
import { readDescription } from "../grading/read.js";

export interface BlurOptions {
  readonly out: string;
  /** What to blur: "faces", "text", "dogs or cats". Read as descriptions are. */
  readonly what: string;
  /** Standard deviation of the blur, of the diagonal of the thing's bounds; default 0.15, which leaves a face's colour. */
  readonly strength?: number;
  /** Side of the pictures written, pixels; default each picture's own shorter side. */
  readonly size?: number;
  readonly progress?: Progress;
}

export interface BlurredSet {
  readonly pictures: number;
  /** Pictures in which something was blurred, and how many areas in all of them. */
  readonly blurred: number;
  readonly areas: number;
}

/** What was blurred, in the folder of the pictures. */
export const BLURRED_FILE = "blurred.csv";

const STRENGTH = 0.15;
/** Labels are asked for at this side at most, and enlarged: coarser than that nobody labels. */
const MOST_LABELLED = 512;

/**
 * Copies pictures, blurred, as PNGs under their own names, the square in the middle of each, which is what labels are of; and `blurred.csv`: a row a
 * picture with the areas and pixels that were blurred. All other pixels are as they were.
 * @param source knows what the pictures show.
 * Errors: `UserError` for a phrase that names nothing the labels know, nothing found in any picture, a folder that is not empty. Damaged pictures are left
 * out, with a warning.
 */
export async function blurThings(images: string, source: LabelSource, options: BlurOptions): Promise<BlurredSet> {
  await expectVacant(options.out, `blurring into ${options.out}`);
  return writeWholeFolder(options.out, (out) => blurInto(images, source, { ...options, out }));
}

async function blurInto(images: string, source: LabelSource, options: BlurOptions): Promise<BlurredSet> {
  const { out, what, strength = STRENGTH, progress = silent } = options;
  const query = queryFor(what, source, images);
  const set = await openImages(images);
  try {
    const names = new Set<string>();
    const rows: { file: string; class: string; areas: number; pixels: number }[] = [];
    progress.begin("blurring", set.entries.length, "picture");
    for (const [id, { file, label = "" }] of set.entries.entries()) {
      if (source.files && !source.files.has(file)) continue;
      try {
        const bytes = await set.read(id);
        const size = options.size ?? Math.min(...(await sidesOf(bytes, file)));
        const pixels = await decode(bytes, { width: size, height: size, fit: "crop" }, file);
        const found = await areasIn(query, source, file, size);
        blurAreas(
          pixels,
          found.of,
          size,
          found.areas.map((area, i) => ({ ...area, id: i + 1 })),
          strength,
        );
        const name = nameFor(file, names, images);
        await writeFileAtomically(join(out, name), await interleaved(pixels, size, size).png().toBuffer());
        const covered = found.areas.reduce((sum, area) => sum + area.pixels, 0);
        rows.push({ file: name, class: label, areas: found.areas.length, pixels: covered });
      } catch (error) {
        if (!(error instanceof DamagedImage)) throw error;
        progress.warn(error.message);
      }
      progress.update(id + 1);
    }
    progress.end();
    const blurred = rows.filter(({ areas }) => areas > 0).length;
    if (blurred === 0) {
      throw new UserError(
        `blurring ${images}: ${source.title} say of none of ${rows.length} pictures that "${what}" are in it; expected some, check --what`,
      );
    }
    await writeFileAtomically(join(out, BLURRED_FILE), stringify(rows, { header: true }));
    return { pictures: rows.length, blurred, areas: rows.reduce((sum, { areas }) => sum + areas, 0) };
  } finally {
    await set.close();
  }
}

/** Half-understood phrases are refused: something else would be blurred. */
function queryFor(what: string, source: LabelSource, images: string): Query {
  const { query, unknownWords } = readDescription(what, vocabularyOf(source));
  if (query && unknownWords.length === 0) return query;
  const why = unknownWords.length > 0 ? `nothing is known of ${unknownWords.join(", ")}` : "it names nothing";
  throw new UserError(
    `blurring ${images}: of "${what}", ${why}; expected a phrase that ${source.title} can answer, such as "faces", "text" or a thing's name, correct --what`,
  );
}

/** Where a query is true of a picture, at the picture's size. */
async function areasIn(query: Query, source: LabelSource, file: string, size: number): Promise<Areas> {
  const side = Math.min(size, MOST_LABELLED);
  const labels = await source.labels(file, side);
  const at = (i: number) => {
    const [x, y] = [i % size, Math.floor(i / size)].map((place) => Math.floor((place * side) / size));
    return y * side + x;
  };
  const larger = (plane: Uint8Array) =>
    side === size ? plane : Uint8Array.from({ length: size * size }, (_, i) => plane[at(i)]);
  return areasOf(larger(evaluate(query, labels)), size, larger(labels.thing));
}

/** The picture's own name as a PNG's, below the folder; two that would become one are told apart. */
function nameFor(file: string, taken: Set<string>, images: string): string {
  if (file.split(/[\\/]/).includes("..")) {
    throw new UserError(
      `blurring ${images}: a picture is called ${file}; expected names of folders and files below it`,
    );
  }
  let stem = file.replace(/\.[^./]*$/, "");
  while (taken.has(stem)) stem += "_";
  taken.add(stem);
  return `${stem}.png`;
}
