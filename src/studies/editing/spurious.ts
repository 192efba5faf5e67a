/**
 * Data sets that mislead (paper, section 7; appendix E): the name of its class is written in a corner of a share of the pictures, so that a network may
 * learn to read instead of to look; on test pictures the names are of other classes. Or, likewise, a border in the colour of the class.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../../base/errors.js";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { expectVacant, writeWholeFolder } from "../../base/whole-folder.js";
import { decode } from "../../data/images/decode.js";
import { DamagedImage } from "../../data/images/imageset.js";
import { interleaved } from "../../data/images/interleaved.js";
import { openImages } from "../../data/images/open.js";
import { MARKS_FILE, type MarkBlock } from "../../data/labels/marks.js";
import { Art } from "../../data/world/art.js";

export const MARKS = ["text", "border"] as const;
export type Mark = (typeof MARKS)[number];

export interface SpuriousOptions {
  readonly out: string;
  readonly mark: Mark;
  /** Whose name or colour: the picture's own class's, or one of the others', drawn at random. */
  readonly of: "own" | "other";
  /** Share of each class's pictures that are marked, 0 to 1. */
  readonly share: number;
  /** Side of the pictures written, pixels; default 64. */
  readonly size?: number;
  readonly seed: number;
  readonly progress?: Progress;
}

export interface SpuriousSet {
  readonly classes: readonly string[];
  readonly pictures: number;
  readonly marked: number;
}

/** Of the picture's side: height of the letters, width of the name at most, thickness of a border. */
const HEIGHT = 0.16;
const WIDTH = 0.9;
const BORDER = 0.08;

/**
 * Writes class folders of PNGs, and `marks.csv`: file, class, whose mark it bears, and the block that its letters fill (`data/labels/marks.ts` reads it).
 * Errors: `UserError` for pictures in no class folders, one class only, a folder that is not empty. Damaged pictures are left out, with a warning.
 */
export async function writeSpurious(images: string, options: SpuriousOptions): Promise<SpuriousSet> {
  await expectVacant(options.out, `marking into ${options.out}`);
  return writeWholeFolder(options.out, (out) => markInto(images, { ...options, out }));
}

async function markInto(images: string, options: SpuriousOptions): Promise<SpuriousSet> {
  const { out, mark, of, share, size = 64, seed, progress = silent } = options;
  const set = await openImages(images);
  try {
    const classes = [...new Set(set.entries.flatMap(({ label }) => label ?? []))].sort();
    if (classes.length < 2) {
      throw new UserError(
        `marking ${images}: pictures of ${classes.length} classes; expected two at least, each in a folder of its own`,
      );
    }
    const strange = classes.find((name) => /^\.\.?$|[\\/]/.test(name));
    if (strange !== undefined)
      throw new UserError(`marking ${images}: a class is called "${strange}"; expected names of folders`);
    const art = await Art.open();
    const marked = drawn(set.entries, share, new Random(seed));
    const random = new Random(seed + 1);
    const rows: Row[] = [];
    progress.begin("marking", set.entries.length, "picture");
    for (const [id, { file, label }] of set.entries.entries()) {
      if (label === undefined) continue;
      const others = classes.filter((name) => name !== label);
      const whose = of === "own" ? label : others[random.integer(others.length)];
      const name = `${label}/${String(id).padStart(6, "0")}.png`;
      try {
        const pixels = await decode(await set.read(id), { width: size, height: size, fit: "crop" }, file);
        const overlay = marked.has(id) ? overlayOf(mark, whose, classes, art, size, random) : undefined;
        await mkdir(dirname(join(out, name)), { recursive: true });
        await writeFileAtomically(join(out, name), await pngOf(pixels, size, overlay?.svg));
        const shown = Object.entries(overlay?.block ?? NOWHERE).map(([side, share]) => [side, share.toFixed(4)]);
        rows.push({ file: name, class: label, mark: overlay ? whose : "", ...Object.fromEntries(shown) });
      } catch (error) {
        if (!(error instanceof DamagedImage)) throw error;
        progress.warn(error.message);
      }
      progress.update(id + 1);
    }
    progress.end();
    await writeFileAtomically(
      join(out, MARKS_FILE),
      stringify(rows, { header: true, columns: ["file", "class", "mark", "left", "top", "width", "height"] }),
    );
    return { classes, pictures: rows.length, marked: rows.filter(({ mark: whose }) => whose !== "").length };
  } finally {
    await set.close();
  }
}

/** The pictures to be marked: of each class the same share. */
function drawn(entries: readonly { readonly label: string | undefined }[], share: number, random: Random): Set<number> {
  const byClass = new Map<string, number[]>();
  for (const [id, { label }] of entries.entries()) {
    if (label === undefined) continue;
    const own = byClass.get(label);
    if (own) own.push(id);
    else byClass.set(label, [id]);
  }
  const found = new Set<number>();
  for (const ids of byClass.values()) {
    for (const i of random.permutation(ids.length).subarray(0, Math.round(share * ids.length))) found.add(ids[i]);
  }
  return found;
}

/** A row of `marks.csv`; the block of the letters in shares of the picture's side, nothing for borders and where there is no mark. */
type Row = { readonly file: string; readonly class: string; readonly mark: string } & Partial<
  Record<keyof MarkBlock, string>
>;

const NOWHERE: MarkBlock = { left: 0, top: 0, width: 0, height: 0 };

/** What is laid over a picture, and where its letters are. */
interface Overlay {
  readonly svg: string;
  readonly block: MarkBlock;
}

/** What is laid over a picture. */
function overlayOf(
  mark: Mark,
  whose: string,
  classes: readonly string[],
  art: Art,
  size: number,
  random: Random,
): Overlay {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">`;
  if (mark === "border") {
    const thick = Math.max(1, Math.round(BORDER * size));
    const hue = (360 * classes.indexOf(whose)) / classes.length;
    const inside = size - thick;
    const svg = `${open}<rect x="${thick / 2}" y="${thick / 2}" width="${inside}" height="${inside}" fill="none" stroke="hsl(${hue}, 90%, 50%)" stroke-width="${thick}"/></svg>`;
    return { svg, block: NOWHERE };
  }
  const { body, advance } = art.outline(0, whose.replaceAll(/[_-]+/g, " "));
  const em = Math.min((HEIGHT * size) / 800, (WIDTH * size) / Math.max(1, advance));
  const [right, bottom] = [random.integer(2), random.integer(2)];
  const gap = 0.04 * size;
  const x = right ? size - gap - em * advance : gap;
  const y = bottom ? size - gap - em * 150 : gap + em * 750;
  const outline = 'stroke="#000" stroke-width="90" paint-order="stroke" stroke-linejoin="round"';
  const svg = `${open}<g transform="translate(${x} ${y}) scale(${em})" fill="#fff" ${outline}>${body}</g></svg>`;
  const [left, top] = [x / size, (y - em * 750) / size].map((at) => Math.max(0, at));
  return { svg, block: { left, top, width: (em * advance) / size, height: (em * 900) / size } };
}

/** @param pixels uint8 [3, y, x]. */
function pngOf(pixels: Uint8Array, size: number, overlay: string | undefined): Promise<Buffer> {
  const picture = interleaved(pixels, size, size);
  const drawnOver = overlay === undefined ? picture : picture.composite([{ input: Buffer.from(overlay) }]);
  return drawnOver.removeAlpha().png().toBuffer();
}
