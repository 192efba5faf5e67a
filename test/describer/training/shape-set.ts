/**
 * A set of annotated exemplars whose right answer is known: each unit likes things of one colour and one shape; its exemplars are
 * scenes with such a thing and others, its masks cover the thing, and people say "red discs".
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { Random } from "../../../src/base/random.js";
import { writeAnnotations } from "../../../src/data/annotations/annotations.js";
import { COLOURS, drawShapes, SHAPES, type ShapeScene, type Thing } from "../../../src/data/world/shapes.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../../src/engine/tensor/npy.js";

export const SIZE = 32;
export const K = 4;

export interface ShapeSet {
  readonly units: number;
  readonly seed: number;
  readonly layer?: string;
  /** What people say of a unit, a row each; default "<colour> <shape>s", once. */
  readonly say?: (colour: string, shape: string, unit: number) => readonly string[];
}

/** Writes a set; gives what is right for each unit. */
export async function writeShapeSet(
  folder: string,
  { units, seed, layer = "layer1", say }: ShapeSet,
): Promise<string[]> {
  const random = new Random(seed);
  const pick = <T>(items: readonly T[]) => items[random.integer(items.length)];
  const colours = Object.keys(COLOURS) as Thing["colour"][];
  const [images, masks] = [3, 1].map((channels) => new Uint8Array(units * K * channels * SIZE * SIZE));
  const area = SIZE * SIZE;
  const answers: string[] = [];
  const said: { layer: string; unit: number; summary: string }[] = [];
  for (let unit = 0; unit < units; unit++) {
    const colour = colours[unit % colours.length];
    const shape = SHAPES[Math.floor(unit / colours.length) % SHAPES.length];
    answers.push(`${colour} ${shape.replace(/s$/, "")}s`);
    for (const summary of say?.(colour, shape, unit) ?? [answers[unit]]) said.push({ layer, unit, summary });
    const scenes: ShapeScene[] = [];
    for (let rank = 0; rank < K; rank++) {
      const place = () => 0.35 + 0.3 * random.uniform();
      const liked: Thing = {
        ...{ shape, colour, strength: 0.8 + 0.2 * random.uniform() },
        ...{ x: place(), y: place(), size: 0.5 + 0.2 * random.uniform() },
      };
      const other: Thing = { ...liked, shape: pick(SHAPES), colour: pick(colours), x: 0.12, y: 0.12, size: 0.2 };
      const ground = 0.35 + 0.3 * random.uniform();
      scenes.push({ ground, things: [other, liked] }, { ground, things: [other] });
    }
    const pictures = await pixelsOf(scenes);
    for (let rank = 0; rank < K; rank++) {
      const [seen, without] = pictures.slice(2 * rank);
      const at = unit * K + rank;
      images.set(seen, at * 3 * area);
      for (let i = 0; i < area; i++) {
        const differs = [0, 1, 2].some((c) => Math.abs(seen[c * area + i] - without[c * area + i]) > 12);
        masks[at * area + i] = Number(differs);
      }
    }
  }
  mkdirSync(join(folder, layer), { recursive: true });
  await writeNpy(join(folder, layer, "images.npy"), ndarray("uint8", [units, K, 3, SIZE, SIZE], images));
  await writeNpy(join(folder, layer, "masks.npy"), ndarray("uint8", [units, K, 1, SIZE, SIZE], masks));
  await writeAnnotations(join(folder, "annotations.csv"), said);
  return answers;
}

/** Pixels of scenes, [channel, y, x] of each: drawn one below the other, which takes a tenth of the time. */
async function pixelsOf(scenes: readonly ShapeScene[]): Promise<Uint8Array[]> {
  const drawn = scenes.map((scene, i) => `<g transform="translate(0 ${i})">${drawShapes(scene)}</g>`).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${scenes.length * SIZE}" viewBox="0 0 1 ${scenes.length}">${drawn}</svg>`;
  const rgb = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer();
  const area = SIZE * SIZE;
  return scenes.map((_, scene) =>
    Uint8Array.from({ length: 3 * area }, (_, i) => rgb[3 * (scene * area + (i % area)) + Math.floor(i / area)]),
  );
}

const ORIENTATIONS = 8;
const WINDOW = 7;

/**
 * Writes a network made by hand as the eye is said to begin: its first layer has colours, its second edges and lines of eight
 * orientations, dark on light and light on dark, in each colour.
 */
export async function writeEyes(path: string): Promise<void> {
  const g = new GraphBuilder("eyes");
  const image = g.input("image", "float32", ["n", 3, SIZE, SIZE]);
  const kernel = (shape: number[], values: readonly number[]) =>
    g.constant(ndarray("float32", shape, Float32Array.from(values)));
  const both = [1, -1].flatMap((sign) => [0, 1, 2].flatMap((c) => [0, 1, 2].map((d) => (c === d ? sign : 0))));
  const colours = g.node("Relu", [g.node("Conv", [image, kernel([6, 3, 1, 1], both)])], {}, ["colours"]);
  const filters: number[] = [];
  for (let colour = 0; colour < 6; colour++) {
    for (let turn = 0; turn < ORIENTATIONS; turn++) {
      for (let input = 0; input < 6; input++)
        filters.push(...(input === colour ? wave(turn) : new Array(WINDOW ** 2).fill(0)));
    }
  }
  const shape = [6 * ORIENTATIONS, 6, WINDOW, WINDOW];
  const pads = new Array(4).fill((WINDOW - 1) / 2);
  const edges = g.node("Abs", [g.node("Conv", [colours, kernel(shape, filters)], { pads })], {}, ["edges"]);
  const pooled = g.node("MaxPool", [edges], { kernel_shape: [2, 2], strides: [2, 2] }, ["pooled"]);
  const logits = g.node("Flatten", [g.node("GlobalAveragePool", [pooled])]);
  g.output(logits, "logits", "float32", ["n", 6 * ORIENTATIONS]);
  await writeModel(g.build(), path);
}

/** An odd Gabor filter, [y, x]. */
function wave(turn: number): number[] {
  const angle = (Math.PI * turn) / ORIENTATIONS;
  const middle = (WINDOW - 1) / 2;
  return Array.from({ length: WINDOW ** 2 }, (_, i) => {
    const [x, y] = [(i % WINDOW) - middle, Math.floor(i / WINDOW) - middle];
    const along = x * Math.cos(angle) + y * Math.sin(angle);
    return Math.sin(along) * Math.exp(-(x * x + y * y) / 6);
  });
}
