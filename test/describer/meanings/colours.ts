/**
 * Units with one meaning and with two, of which the right answer is known: one for every colour, and one for every pair of colours,
 * which fires as strongly on either.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { COLOURS, shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import type { ExemplarStore } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { colourUnions } from "../../../src/zoo/hand-made.js";

export const SIZE = 64;
export const K = 15;
export const NAMES = Object.keys(COLOURS) as (keyof typeof COLOURS)[];
const numbers = NAMES.map((_, i) => i);

/** The colours of each unit. */
export const UNITS: readonly (readonly number[])[] = [
  ...numbers.map((a) => [a]),
  ...numbers.flatMap((a) => numbers.slice(a + 1).map((b) => [a, b])),
];

/** Makes a run (`run/`) of those units over 250 pictures. @returns paths below the folder, gone after the tests of the file. */
export async function colourRun(): Promise<(name: string) => string> {
  const folder = mkdtempSync(join(tmpdir(), "milan-meanings-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  await writeModel(colourUnions(SIZE, UNITS), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(250, 1), SIZE);
  const run = await dissect(await openModel(at("net.onnx")), imageFolder(at("pictures"), { mean: [0.5], std: [0.5] }), {
    ...{ out: at("run"), layers: ["unions"], k: K, quantile: 0.99 },
  });
  await run.close();
  return at;
}

/** Which colour a mask shows most, as a number in `NAMES`. */
export async function colourShown(store: ExemplarStore, row: number, rank: number): Promise<number> {
  const [layer] = store.layers;
  const mask = await store.mask(layer, row, rank);
  const image = await store.image(layer.images[row * store.k + rank]);
  const sums = [0, 0, 0];
  let area = 0;
  for (let i = 0; i < mask.length; i++) {
    area += mask[i];
    for (let c = 0; c < 3; c++) sums[c] += mask[i] * image[c * mask.length + i];
  }
  const away = (name: keyof typeof COLOURS) =>
    COLOURS[name].reduce((sum, value, c) => sum + (value - sums[c] / area) ** 2, 0);
  return numbers.reduce((best, colour) => (away(NAMES[colour]) < away(NAMES[best]) ? colour : best), 0);
}
