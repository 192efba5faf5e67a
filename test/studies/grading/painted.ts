/** A toy world for grading: pictures of a few painted blocks, whose labels are the painting itself, at any size. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { Random } from "../../../src/base/random.js";
import {
  COLOUR_NAMES,
  type ColourName,
  type LabelledThing,
  type LabelSource,
  type Labels,
  TEXTURE_NAMES,
  type TextureName,
} from "../../../src/data/labels/labels.js";

/** Left, top, right, bottom; fractions of the picture's side. */
export type Box = readonly [number, number, number, number];

export interface Painted {
  readonly thing: Omit<LabelledThing, "parts">;
  readonly colour: ColourName;
  readonly texture: TextureName;
  readonly box: Box;
  /** Which pixels of the box, by fractions of it; default all. */
  readonly covers?: (x: number, y: number) => boolean;
  readonly parts?: readonly (readonly [name: string, box: Box])[];
}

export interface PaintedScene {
  readonly scene: readonly string[];
  readonly ground: ColourName;
  readonly things: readonly Painted[];
}

/** Calls back for each pixel whose centre lies in the box, with its place in the box. */
function inBox([left, top, right, bottom]: Box, size: number, visit: (at: number, x: number, y: number) => void): void {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = ((column + 0.5) / size - left) / (right - left);
      const y = ((row + 0.5) / size - top) / (bottom - top);
      if (x >= 0 && x < 1 && y >= 0 && y < 1) visit(row * size + column, x, y);
    }
  }
}

export function paint({ scene, ground, things }: PaintedScene, size: number): Labels {
  const plane = (value: number) => new Uint8Array(size * size).fill(value);
  const [thing, colour, texture] = [plane(1), plane(COLOUR_NAMES.indexOf(ground) + 1), plane(1)];
  const painted = things.map(({ thing: what, colour: hue, texture: surface, box, covers, parts = [] }, i) => {
    const planes = parts.map(([name]) => [name, plane(0)] as const);
    inBox(box, size, (at, x, y) => {
      if (covers && !covers(x, y)) return;
      thing[at] = i + 2;
      colour[at] = COLOUR_NAMES.indexOf(hue) + 1;
      texture[at] = TEXTURE_NAMES.indexOf(surface) + 1;
    });
    for (const [p, [, part]] of parts.entries()) inBox(part, size, (at) => (planes[p][1][at] = 1));
    return { ...what, parts: planes };
  });
  for (const [i, { parts }] of painted.entries()) {
    for (const [, mask] of parts) for (let at = 0; at < mask.length; at++) if (thing[at] !== i + 2) mask[at] = 0;
  }
  return { size, scene, things: [{ kind: "surface", names: ["ground"] }, ...painted], thing, colour, texture };
}

const NAMES = [
  "dog",
  "animal",
  "car",
  "vehicle",
  "woman",
  "person",
  "word",
  "ground",
  "street",
  "outdoors",
  "kitchen",
  "indoors",
];

/** Scenes of a dog, a car or a woman or two of them, with lettering here and there, often on a face. */
export function paintedScenes(count: number, seed: number): PaintedScene[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed + 104729 * i);
    const pick = <T>(list: readonly T[]) => list[random.integer(list.length)];
    const things: Painted[] = [];
    for (const slot of [0, 1]) {
      if (random.uniform() < 0.15) continue;
      const kind = pick(["dog", "car", "woman"] as const);
      const [x, y, w, h] = [0.04 + 0.5 * slot + 0.08 * random.uniform(), 0.1 + 0.4 * random.uniform(), 0.36, 0.4];
      const box: Box = [x, y, x + w, y + h];
      const face: Box = [x, y, x + 0.6 * w, y + 0.5 * h];
      const look = {
        colour: pick(["red", "green", "blue", "brown"] as const),
        texture: pick(["smooth", "dots", "fur"] as const),
        box,
      };
      if (kind === "dog")
        things.push({ ...look, thing: { kind: "object", names: ["dog", "animal"] }, parts: [["face", face]] });
      if (kind === "woman")
        things.push({ ...look, thing: { kind: "person", names: ["woman", "person"] }, parts: [["face", face]] });
      if (kind === "car") {
        const wheel = (left: number): Box => [x + left * w, y + 0.6 * h, x + (left + 0.4) * w, y + h];
        things.push({
          ...look,
          thing: { kind: "object", names: ["car", "vehicle"] },
          parts: [
            ["wheel", wheel(0)],
            ["wheel", wheel(0.6)],
          ],
        });
      }
      if (random.uniform() < 0.5) {
        const [left, top] = [x + 0.3 * w * random.uniform(), y + 0.3 * h * random.uniform()];
        things.push({
          thing: { kind: "lettering", names: ["word"] },
          colour: "white",
          texture: "smooth",
          box: [left, top, left + 0.22, top + 0.12],
        });
      }
    }
    const isStreet = random.uniform() < 0.5;
    return {
      scene: isStreet ? ["street", "outdoors"] : ["kitchen", "indoors"],
      ground: isStreet ? "grey" : "yellow",
      things,
    };
  });
}

/** A source for `writePainted` pictures, which are called by their number. */
export const paintedSource = (scenes: readonly PaintedScene[], names: readonly string[] = NAMES): LabelSource => ({
  title: "painted blocks",
  names: new Set(names),
  labels: async (file, size) => paint(scenes[Number(/(\d+)\.png$/.exec(file)![1])], size),
});

const RGB: Record<ColourName, readonly number[]> = {
  black: [20, 20, 20],
  white: [244, 244, 244],
  grey: [128, 128, 128],
  red: [214, 42, 30],
  green: [31, 157, 58],
  blue: [35, 72, 208],
  yellow: [240, 200, 20],
  orange: [240, 140, 20],
  brown: [120, 72, 30],
  pink: [250, 160, 190],
  purple: [130, 50, 160],
};

/** Writes scenes as PNG files, with a little noise, so that no two pictures are the same. */
export async function writePainted(
  folder: string,
  scenes: readonly PaintedScene[],
  size: number,
  seed: number,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = new Random(seed);
  for (const [i, scene] of scenes.entries()) {
    const { colour } = paint(scene, size);
    const pixels = Buffer.alloc(3 * size * size);
    for (let at = 0; at < colour.length; at++) {
      for (let c = 0; c < 3; c++)
        pixels[3 * at + c] = Math.max(0, Math.min(255, RGB[COLOUR_NAMES[colour[at] - 1]][c] + 12 * random.normal()));
    }
    const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toBuffer();
    writeFileSync(join(folder, `${String(i).padStart(4, "0")}.png`), png);
  }
}
