/**
 * The smallest world: pictures of coloured shapes on plain ground, rendered from a seed, with what is in each of them known.
 * It lets `milan demo` and tests run a whole dissection where the right answer is certain, without shipping an image.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { writeFileAtomically } from "../../base/files.js";
import { Random } from "../../base/random.js";

/** Colours by name, sRGB, 0..255. */
export const COLOURS = {
  red: [214, 42, 30],
  green: [31, 157, 58],
  blue: [35, 72, 208],
  yellow: [240, 200, 20],
  white: [244, 244, 244],
  black: [20, 20, 20],
} as const;
export type Colour = keyof typeof COLOURS;

export const SHAPES = ["disc", "square", "triangle", "stripes", "bars"] as const;
export type Shape = (typeof SHAPES)[number];

/** One thing in a picture. Centre and size are fractions of the picture's side. */
export interface Thing {
  readonly shape: Shape;
  readonly colour: Colour;
  /**
   * How much of the colour is its own, the rest is the ground's grey. It differs from thing to thing, as in life: were all
   * reds one red, the level of a unit for red would be its maximum, and no pixel above it.
   */
  readonly strength: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A picture that can be rendered at any size. */
export interface ShapeScene {
  /** Shade of the ground, 0 black to 1 white. */
  readonly ground: number;
  readonly things: readonly Thing[];
}

/** Scenes of one to three things each. Scene i depends on the seed and i alone. */
export function shapeScenes(count: number, seed: number): ShapeScene[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed + 7919 * i);
    const pick = <T>(items: readonly T[]) => items[random.integer(items.length)];
    const things = Array.from({ length: 1 + random.integer(3) }, () => ({
      shape: pick(SHAPES),
      colour: pick(Object.keys(COLOURS) as Colour[]),
      strength: 0.75 + 0.25 * random.uniform(),
      x: 0.2 + 0.6 * random.uniform(),
      y: 0.2 + 0.6 * random.uniform(),
      size: 0.2 + 0.25 * random.uniform(),
    }));
    return { ground: 0.35 + 0.3 * random.uniform(), things };
  });
}

/** Renders a scene as a PNG of `size` x `size` pixels. */
export function renderShapes(scene: ShapeScene, size: number): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 1 1">${drawShapes(scene)}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha().png().toBuffer();
}

/** A scene as elements of SVG in the square from (0, 0) to (1, 1). */
export function drawShapes({ ground, things }: ShapeScene): string {
  const grey = Math.round(255 * ground);
  return `<rect width="1" height="1" fill="rgb(${grey},${grey},${grey})"/>${things.map((thing) => toSvg(thing, grey)).join("")}`;
}

function toSvg({ shape, colour, strength, x, y, size }: Thing, grey: number): string {
  const fill = `rgb(${COLOURS[colour].map((value) => Math.round(grey + strength * (value - grey)))})`;
  const [left, top] = [x - size / 2, y - size / 2];
  const rect = (x0: number, y0: number, width: number, height: number) =>
    `<rect x="${x0}" y="${y0}" width="${width}" height="${height}" fill="${fill}"/>`;
  const fifths = [0, 1, 2].map((i) => (2 * i * size) / 5);
  switch (shape) {
    case "disc":
      return `<circle cx="${x}" cy="${y}" r="${size / 2}" fill="${fill}"/>`;
    case "square":
      return rect(left, top, size, size);
    case "triangle":
      return `<path d="M${x} ${top}L${left + size} ${top + size}L${left} ${top + size}Z" fill="${fill}"/>`;
    case "stripes":
      return fifths.map((at) => rect(left, top + at, size, size / 5)).join("");
    case "bars":
      return fifths.map((at) => rect(left + at, top, size / 5, size)).join("");
  }
}

/** Writes scenes as a probe set: a folder of PNG files, named by their number. */
export async function writeShapes(folder: string, scenes: readonly ShapeScene[], size: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [i, scene] of scenes.entries()) {
    await writeFileAtomically(join(folder, `${String(i).padStart(4, "0")}.png`), await renderShapes(scene, size));
  }
}
