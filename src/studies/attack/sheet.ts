/**
 * A sheet of attacks to look at, like the paper's Figure 14: for each unit a picture, what is pasted into it, the picture with that, and with the
 * control in the same place; below, what the network takes each for. As SVG, and as PNG with the machine's own letters, as the other figures.
 */
import sharp from "sharp";
import { writeFileAtomically } from "../../base/files.js";
import { text } from "../exemplar-strip.js";
import type { Attack } from "./attack.js";
import type { AttackedUnit } from "./attack-unit.js";
import type { Shape } from "./cutout.js";
import { pngOf } from "./paste.js";

/** Units shown, in so many columns; lengths in pixels. */
const MOST = 8;
const COLUMNS = 2;
const CELL = 128;
const GAP = 10;
const LINE = 19;
const LETTERS = 14;
/** Mean width of a letter, ems. */
const LETTER = 0.55;
const BLOCK = { width: 4 * CELL + 3 * GAP, height: 3 * LINE + CELL + LINE } as const;
const MARGIN = 24;
const GREY = "#666";
const FOOLED = "#c0266b";

/** Draws into `STEM.svg` and `STEM.png` the units with the largest differences, those with a picture that fools the network first. Returns their paths. */
export async function writeSheet(stem: string, attack: Attack): Promise<string[]> {
  const fools = ({ example, class: target }: AttackedUnit) => Number(example.paste.after === target);
  const shown = [...attack.units]
    .sort((a, b) => fools(b) - fools(a) || b.difference.value - a.difference.value)
    .slice(0, MOST);
  const columns = Math.min(COLUMNS, shown.length);
  const blocks = await Promise.all(shown.map((unit) => blockOf(unit, attack)));
  const placed = blocks.map((block, i) => {
    const x = MARGIN + (i % columns) * (BLOCK.width + 2 * MARGIN);
    const y = MARGIN + Math.floor(i / columns) * (BLOCK.height + MARGIN);
    return `<g transform="translate(${x} ${y})">${block}</g>`;
  });
  const width = columns * (BLOCK.width + 2 * MARGIN);
  const height = MARGIN + Math.ceil(shown.length / columns) * (BLOCK.height + MARGIN);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="${LETTERS}" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${placed.join("")}</svg>`;
  await writeFileAtomically(`${stem}.svg`, `${svg}\n`);
  await writeFileAtomically(`${stem}.png`, await sharp(Buffer.from(svg)).png({ palette: true }).toBuffer());
  return [`${stem}.svg`, `${stem}.png`];
}

async function blockOf(unit: AttackedUnit, { classNames, shape }: Attack): Promise<string> {
  const { paste, original, stamp, attacked, controlled } = unit.example;
  const { pictures, first, second, both } = unit.pairs;
  // of several synonyms the first
  const name = (output: number) => classNames[output]?.split(",")[0] ?? "nothing";
  const target = name(unit.class);
  const percent = (count: number) => `${((100 * count) / pictures).toFixed(0)} %`;
  const images = [
    await pngOf(original, shape),
    await sharp(stamp.rgba, { raw: { width: stamp.width, height: stamp.height, channels: 4 } })
      .png()
      .toBuffer(),
    await pngOf(attacked, shape),
    await pngOf(controlled, shape),
  ];
  const sizes: Shape[] = [shape, [stamp.height, stamp.width], shape, shape];
  const scale = CELL / Math.max(...shape);
  const folder = paste.distractor.split("/").at(-2);
  const below = [
    { said: name(paste.before), isFooled: false },
    { said: folder ? `from ${folder}` : "pasted", isFooled: false },
    { said: `now: ${name(paste.after)}`, isFooled: paste.after === unit.class },
    { said: `random: ${name(paste.controlAfter)}`, isFooled: paste.controlAfter === unit.class },
  ];
  const cells = await Promise.all(
    images.map(async (image, i) => {
      const [height, width] = sizes[i].map((side) => Math.max(1, Math.round(side * scale)));
      const shown = await sharp(image).resize({ width, height, fit: "fill", kernel: "cubic" }).png().toBuffer();
      const left = i * (CELL + GAP);
      const [x, y] = [left + (CELL - width) / 2, 2 * LINE + LINE / 2 + (CELL - height) / 2];
      const { said, isFooled } = below[i];
      return (
        `<image x="${x}" y="${y}" width="${width}" height="${height}" href="data:image/png;base64,${shown.toString("base64")}"/>` +
        textOf(said, left, 2.5 * LINE + CELL + LETTERS, CELL, isFooled ? FOOLED : GREY)
      );
    }),
  );
  const rates = `speaks for ${target}; taken for it: ${percent(first + both)} of ${pictures}, random pastes ${percent(second + both)}`;
  return (
    textOf(`${unit.layer}:${unit.unit}  ${unit.description}`, 0, LETTERS, BLOCK.width, "#000") +
    textOf(rates, 0, LINE + LETTERS, BLOCK.width, GREY) +
    cells.join("")
  );
}

/** A line, cut off where it would be too long. @param y its baseline. */
function textOf(content: string, x: number, y: number, width: number, colour: string): string {
  const most = Math.floor(width / (LETTER * LETTERS));
  const shown = content.length > most ? `${content.slice(0, most - 1)}…` : content;
  return text(x, y, shown, `fill="${colour}"`);
}
