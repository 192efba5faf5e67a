/** Figures of the studies, drawn without a browser: the same as SVG, for pages and papers, and as PNG, for eyes. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { writeFileAtomically } from "../base/files.js";

export { Plot };

/** PNGs have so many pixels for one of the SVG. */
const SCALE = 2;

/**
 * Draws a figure into `STEM.svg` and `STEM.png`. Returns their paths.
 * @param options as Observable Plot's; lengths in pixels.
 */
export async function writeFigure(stem: string, options: Plot.PlotOptions): Promise<string[]> {
  const { document } = parseHTML("<html><body></body></html>");
  const drawn = Plot.plot({
    style: { fontFamily: "sans-serif" },
    ...options,
    document: document as never,
  });
  // with a legend or a title the drawing is a figure around one or more
  const svg = drawn.tagName.toLowerCase() === "svg" ? drawn : drawn.querySelector("svg")!;
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return writeDrawing(stem, svg.outerHTML);
}

/** Writes a drawing, an SVG element on a white ground, as `STEM.svg` and `STEM.png`. Returns their paths. */
export async function writeDrawing(stem: string, svg: string): Promise<string[]> {
  const text = `${svg}\n`;
  const png = await sharp(Buffer.from(text), { density: 72 * SCALE })
    .flatten({ background: "white" })
    .png()
    .toBuffer();
  await writeFileAtomically(`${stem}.svg`, text);
  await writeFileAtomically(`${stem}.png`, png);
  return [`${stem}.svg`, `${stem}.png`];
}

/**
 * Labels at heights that are so far apart that none covers another, in their order from below.
 * @param gap least distance, in the data's units.
 */
export function apart<Label extends { readonly y: number }>(labels: readonly Label[], gap: number): Label[] {
  const found: Label[] = [];
  for (const label of [...labels].sort((a, b) => a.y - b.y)) {
    const below = found[found.length - 1];
    found.push(below ? { ...label, y: Math.max(label.y, below.y + gap) } : label);
  }
  return found;
}
