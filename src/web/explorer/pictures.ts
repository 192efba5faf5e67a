/** Drawing pictures with what a unit sees in them: under a mask, with the mask outlined, or under a heat map. */
import { asked } from "../shared/asking.js";

export const LOOKS = [
  ["masked", "Masked"],
  ["outlined", "Outlined"],
  ["heat", "Heat map"],
  ["whole", "Whole"],
] as const;
export type Look = (typeof LOOKS)[number][0];

/** Grey values of pictures of one size that lie one below the other: uint8 [picture][height, width]. */
export async function greyStack(address: string, count: number, signal?: AbortSignal): Promise<Uint8Array[]> {
  const response = await asked(address, signal ? { signal } : {});
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const size = Math.floor(data.length / 4 / Math.max(1, count));
  return Array.from({ length: count }, (_, i) => Uint8Array.from({ length: size }, (_, j) => data[4 * (i * size + j)]));
}

/** Share of a mask that is set, 0 to 1. */
export const shareOf = (mask: Uint8Array): number =>
  mask.reduce((sum, value) => sum + (value > 127 ? 1 : 0), 0) / Math.max(1, mask.length);

/** [height, width] of masks and pictures. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is laid over a picture, as opaque as it gets. */
export type Overlay =
  | { readonly kind: "layer"; readonly layer: OffscreenCanvas }
  | { readonly kind: "line"; readonly line: Path2D };

export function overlayOf(
  look: Look,
  { width, height }: Size,
  mask?: Uint8Array,
  heat?: Uint8Array,
): Overlay | undefined {
  if (look === "masked" && mask)
    return { kind: "layer", layer: painted(width, height, mask, (value) => [0, 0, 0, value > 127 ? 0 : 255]) };
  if (look === "heat" && heat) return { kind: "layer", layer: painted(width, height, heat, (value) => HEAT[value]) };
  if (look === "outlined" && mask) return { kind: "line", line: outlineOf(mask, width, height) };
  return undefined;
}

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

function painted(
  width: number,
  height: number,
  values: Uint8Array,
  colour: (value: number) => Colour,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) image.data.set(colour(values[i]), 4 * i);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

/** From nothing over violet and orange to light yellow, evenly lighter to the eye. */
const STOPS: readonly Colour[] = [
  [0, 0, 4, 150],
  [66, 10, 104, 190],
  [147, 38, 103, 215],
  [221, 81, 58, 235],
  [252, 165, 10, 250],
  [252, 255, 164, 255],
];
const HEAT: readonly Colour[] = Array.from({ length: 256 }, (_, value) => {
  const place = (value / 255) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(place));
  const [from, to] = [STOPS[low], STOPS[low + 1]];
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * (place - low))) as unknown as Colour;
});

/** The line between what is in a mask and what is not. */
function outlineOf(mask: Uint8Array, width: number, height: number): Path2D {
  const isIn = (x: number, y: number) => x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x] > 127;
  const path = new Path2D();
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (isIn(x, y) !== isIn(x - 1, y)) {
        path.moveTo(x, y);
        path.lineTo(x, y + 1);
      }
      if (isIn(x, y) !== isIn(x, y - 1)) {
        path.moveTo(x, y);
        path.lineTo(x + 1, y);
      }
    }
  }
  return path;
}

/** @param strength 0 to 1: how much of what lies over the picture is to be seen. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: CanvasImageSource | undefined,
  overlay: Overlay | undefined,
  strength: number,
): void {
  const context = canvas.getContext("2d")!;
  const { width, height } = canvas;
  context.globalAlpha = 1;
  context.fillStyle = "#777";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  if (picture) context.drawImage(picture, 0, 0, width, height);
  context.globalAlpha = strength;
  if (overlay?.kind === "layer") context.drawImage(overlay.layer, 0, 0, width, height);
  if (overlay?.kind === "line") drawLine(context, overlay.line);
}

const SCALE = 2;

/** Pixels of the canvas of a picture: more than the picture has, so that lines are fine. */
export const canvasSize = ({ width, height }: Size): Size => ({ width: SCALE * width, height: SCALE * height });

function drawLine(context: CanvasRenderingContext2D, line: Path2D): void {
  context.save();
  context.scale(SCALE, SCALE);
  context.lineCap = "round";
  const unit = context.canvas.width / SCALE / 224;
  for (const [colour, width] of [
    ["rgb(0 0 0 / 70%)", 5.5],
    ["#ffe04a", 3],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width * unit;
    context.stroke(line);
  }
  context.restore();
}
