/** Exemplars under their masks, side by side, for figures: as parts of an SVG. */
import { interleaved } from "../data/images/interleaved.js";
import type { ExemplarLayer, ExemplarStore } from "../exemplars/store.js";

/** Where a strip is drawn; lengths in pixels of the drawing. */
export interface StripPlace {
  /** Exemplars, at most. */
  readonly count: number;
  readonly side: number;
  readonly gap: number;
  readonly x: number;
  readonly y: number;
}

/** What lies outside a mask keeps as much of its light: a hint, as on the pages. */
const OUTSIDE = 0.2;

/** A unit's first exemplars. Errors: `UserError` when a picture cannot be read. */
export async function stripOf(
  { layer: name, unit }: { readonly layer: string; readonly unit: number },
  store: ExemplarStore,
  { count, side, gap, x, y }: StripPlace,
): Promise<string[]> {
  const layer = store.layers.find((one) => one.name === name)!;
  const row = layer.units.indexOf(unit);
  const found: string[] = [];
  for (let rank = 0; rank < Math.min(count, store.k); rank++) {
    if (layer.images[row * store.k + rank] < 0) continue;
    found.push(pictureOf(await exemplarOf(layer, row, rank, store, side), x + rank * (side + gap), y, side));
  }
  return found;
}

/** An exemplar under its mask, as JPEG, twice as large as it is drawn. */
async function exemplarOf(
  layer: ExemplarLayer,
  row: number,
  rank: number,
  store: ExemplarStore,
  side: number,
): Promise<Buffer> {
  const { height, width, k } = store;
  const pixels = await store.image(layer.images[row * k + rank]);
  const mask = await store.mask(layer, row, rank);
  const area = height * width;
  return interleaved(
    pixels.map((value, i) => value * (mask[i % area] ? 1 : OUTSIDE)),
    width,
    height,
  )
    .resize(2 * side, 2 * side, { fit: "fill" })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** A square picture. @param jpeg its bytes. */
export const pictureOf = (jpeg: Buffer, x: number, y: number, side: number): string =>
  `<image x="${x}" y="${y}" width="${side}" height="${side}" href="data:image/jpeg;base64,${jpeg.toString("base64")}"/>`;

/** A line of text. @param y its baseline. @param style attributes of the element. */
export const text = (x: number, y: number, content: string, style: string): string =>
  `<text x="${x}" y="${y.toFixed(1)}" ${style}>${escaped(content)}</text>`;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
/** A stranger's text in XML, which knows no control characters. */
const escaped = (content: string) => content.replace(/[&<>]/g, (one) => ESCAPES[one]).replace(/\p{Cc}/gu, "?");

/** A whole drawing. */
export const svgOf = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif">${parts.join("")}</svg>`;
