/**
 * A world where the right answer is known: coloured shapes, and a network with a unit for every colour, every pair and every three
 * of them, so that there are 41 units with 41 different right descriptions.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { COLOURS, type ShapeScene, shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { writeShapeConcepts } from "../../../src/studies/faithfulness/shape-concepts.js";
import { handMadeNetwork } from "../../../src/zoo/hand-made.js";

export const SIZE = 32;
const NAMES = Object.keys(COLOURS);
const numbers = NAMES.map((_, i) => i);

/** The colours of each unit. */
export const UNITS: readonly (readonly number[])[] = [
  ...numbers.map((a) => [a]),
  ...numbers.flatMap((a) => numbers.slice(a + 1).map((b) => [a, b])),
  ...numbers.flatMap((a) => numbers.slice(a + 1).flatMap((b) => numbers.slice(b + 1).map((c) => [a, b, c]))),
];

/** The right description of each unit. */
export const RIGHT = UNITS.map((colours) => `${colours.map((colour) => NAMES[colour]).join(" or ")} things`);

/** Two units more: the hand-made network's own for red, which fires on yellow as well, and one that never fires. */
export const IMPURE = UNITS.length;
export const DEAD = UNITS.length + 1;

/** The hand-made network's colours, red and green without yellow, and of these `unions`: the sums of some. */
function unionNetwork() {
  const g = GraphBuilder.extending(handMadeNetwork(SIZE));
  const weights = (rows: readonly (readonly number[])[]) =>
    g.constant(ndarray("float32", [rows.length, rows[0].length, 1, 1], Float32Array.from(rows.flat())));
  const yellow = NAMES.indexOf("yellow");
  const own: number[][] = numbers.map((unit) => numbers.map((colour) => (colour === unit ? 1 : 0)));
  for (const name of ["red", "green"]) own[NAMES.indexOf(name)][yellow] = -10;
  const pure = g.node("Relu", [g.node("Conv", ["colours", weights(own)])]);
  const sums = UNITS.map((colours) => numbers.map((colour) => (colours.includes(colour) ? 1 : 0)));
  const nothing = numbers.map(() => 0);
  const united = g.node("Conv", [pure, weights([...sums, nothing, nothing])]);
  const impure = g.node("Conv", ["colours", weights([...sums.map(() => nothing), [1, 0, 0, 0, 0, 0], nothing])]);
  const unions = g.node("Add", [united, impure], {}, ["unions"]);
  g.output(unions, "unions", "float32", ["batch", UNITS.length + 2, SIZE, SIZE]);
  return g.build();
}

export interface World {
  readonly at: (name: string) => string;
  /** The held-out scenes. */
  readonly scenes: readonly ShapeScene[];
}

/** Makes the network, two sets of pictures (`seen/`, `held-out/` with `concepts.json`) and a run (`run/`). */
export async function colourWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "milan-verify-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const scenes = shapeScenes(150, 1000);
  await writeModel(unionNetwork(), at("net.onnx"));
  await writeShapes(at("seen"), shapeScenes(150, 1), SIZE);
  await writeShapes(at("held-out"), scenes, SIZE);
  await writeShapeConcepts(at("concepts.json"), scenes);
  const run = await dissect(await openModel(at("net.onnx")), imageFolder(at("seen"), { mean: [0.5], std: [0.5] }), {
    ...{ out: at("run"), layers: ["unions", "summary", "colours"], k: 5, quantile: 0.95 },
  });
  await run.close();
  return { at, scenes };
}

/** Writes the descriptions of a run, [unit, text], of one layer. */
export function describeAs(run: string, texts: readonly (readonly [number, string])[], layer = "unions"): void {
  const rows = texts.map(([unit, text]) => `${layer},${unit},${text}`);
  writeFileSync(join(run, "descriptions.csv"), `${["layer,unit,description", ...rows].join("\n")}\n`);
}
