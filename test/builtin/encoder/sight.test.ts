import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { COLOUR_MAPS } from "../../../src/builtin/encoder/banks/colour.js";
import { DIRECTIONS } from "../../../src/builtin/encoder/banks/gabor.js";
import { oklabOf } from "../../../src/builtin/encoder/banks/oklab.js";
import { PLACE_MAPS } from "../../../src/builtin/encoder/banks/place.js";
import { TEXTURE_MAPS } from "../../../src/builtin/encoder/banks/texture.js";
import { measureScales } from "../../../src/builtin/encoder/scales.js";
import { SIGHT_LAYERS, SIGHT_SIZE, sightModel } from "../../../src/builtin/encoder/sight.js";
import { student } from "../../../src/builtin/encoder/student.js";
import { COLOUR_NAMES } from "../../../src/data/labels/labels.js";
import { ImageEncoder } from "../../../src/describer/features.js";
import { openEncoder } from "../../../src/describer/training/encoder-source.js";
import { Graph } from "../../../src/engine/grad/graph.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";

const SIDE = 64;

let folder: string;
let weights: ParameterValues;
let encoder: ImageEncoder;
beforeAll(async () => {
  const graph = new Graph();
  student(graph.input("images", "float32", [1, 3, 64, 64]), 3);
  weights = initialise(graph.parameters, new Random(4));
  folder = mkdtempSync(join(tmpdir(), "milan-sight-"));
  const path = join(folder, "sight.onnx");
  await writeModel(sightModel(weights), path);
  const { model } = await openEncoder(path, { layers: SIGHT_LAYERS });
  encoder = await ImageEncoder.open(model);
});
afterAll(async () => {
  await encoder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Features of one picture under one mask, by layer: raw, as `train --encoder` would have them. */
async function see(
  pixel: (x: number, y: number) => readonly [number, number, number],
  isMasked: (x: number, y: number) => boolean,
): Promise<Record<string, Float32Array>> {
  const at = Array.from({ length: SIDE ** 2 }, (_, i) => [i % SIDE, Math.floor(i / SIDE)] as const);
  const planes = [0, 1, 2].flatMap((channel) => at.map(([x, y]) => pixel(x, y)[channel]));
  const { data } = await encoder.encode(
    ndarray("uint8", [1, 3, SIDE, SIDE], Uint8Array.from(planes)),
    ndarray(
      "uint8",
      [1, 1, SIDE, SIDE],
      Uint8Array.from(at, ([x, y]) => Number(isMasked(x, y))),
    ),
  );
  const sizes = [COLOUR_MAPS.length, TEXTURE_MAPS, PLACE_MAPS, 128, 256, COLOUR_MAPS.length + TEXTURE_MAPS + 256];
  let from = 0;
  const parts = sizes.map((size) => data.subarray(from, (from += size)));
  expect(from).toBe(data.length);
  return Object.fromEntries(SIGHT_LAYERS.map((name, i) => [name, parts[i]]));
}

const most = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));

test("Oklab has black near 0, white at 1, greys without colour", () => {
  expect(oklabOf("ffffff").map((n) => Number(n.toFixed(3)))).toEqual([1, 0, 0]);
  expect(oklabOf("000000")[0]).toBeLessThan(0.06);
  expect(Math.hypot(...oklabOf("808080").slice(1))).toBeLessThan(1e-3);
});

describe("colour", () => {
  test.each([
    ["black", [8, 8, 10]],
    ["white", [250, 250, 248]],
    ["grey", [120, 122, 120]],
    ["red", [200, 25, 30]],
    ["green", [40, 140, 50]],
    ["blue", [30, 80, 200]],
    ["yellow", [240, 220, 50]],
    ["orange", [240, 125, 30]],
    ["brown", [110, 65, 35]],
    ["pink", [240, 150, 180]],
    ["purple", [120, 50, 150]],
  ] as const)("%s is seen under its mask, beside something else", async (name, colour) => {
    const other = name === "green" ? ([200, 25, 30] as const) : ([40, 140, 50] as const);
    const { colour: seen, context } = await see(
      (x) => (x < 32 ? colour : other),
      (x) => x < 28,
    );
    const shares = seen.subarray(0, COLOUR_NAMES.length);
    expect(COLOUR_NAMES[most(shares)]).toBe(name);
    expect(shares[most(shares)]).toBeGreaterThan(0.6);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(context[most(shares)]).toBeCloseTo(shares[most(shares)] / 2, 0); // half of the picture
  });
});

describe("texture", () => {
  const [STRIPES, REPEATS, SMOOTH] = [DIRECTIONS, 2 * DIRECTIONS + 1, 2 * DIRECTIONS + 3];
  const grey = (value: number) => [value, value, value] as const;

  test.each([0, 1, 2, 3, 4, 5])("stripes of direction %i of six", async (direction) => {
    const angle = (Math.PI * direction) / DIRECTIONS;
    const { texture } = await see(
      // bars 4.5 pixels apart, 9 in the picture of 128: the second scale
      (x, y) => grey(128 + 60 * Math.sin((2 * Math.PI * (x * Math.sin(angle) + y * Math.cos(angle))) / 4.5)),
      (x, y) => x > 10 && y > 10 && x < 54 && y < 54,
    );
    const scale = texture.subarray(TEXTURE_MAPS / 3, (2 * TEXTURE_MAPS) / 3);
    expect(most(scale.subarray(STRIPES, STRIPES + DIRECTIONS))).toBe(direction);
  });

  test("many bars repeat, one edge does not, an even surface is smooth", async () => {
    const middle = (x: number) => x > 24 && x < 40;
    const scale = async (value: (x: number) => number) =>
      (await see((x) => grey(value(x)), middle)).texture.subarray(TEXTURE_MAPS / 3, (2 * TEXTURE_MAPS) / 3);
    const bars = await scale((x) => 128 + 60 * Math.sin((2 * Math.PI * x) / 4.5));
    const edge = await scale((x) => (x < 32 ? 68 : 188));
    const even = await scale(() => 128);
    expect(bars[REPEATS]).toBeGreaterThan(1.5 * edge[REPEATS]);
    expect(even[SMOOTH]).toBeGreaterThan(0.9);
    expect(bars[SMOOTH]).toBeLessThan(0.2);
  });
});

test("place tells left from right and top from bottom", async () => {
  const { place: left } = await see(
    () => [9, 9, 9],
    (x) => x < 20,
  );
  const { place: bottom } = await see(
    () => [9, 9, 9],
    (_, y) => y > 44,
  );
  expect(left[0]).toBeLessThan(-1);
  expect(left[1]).toBeCloseTo(0, 1);
  expect(bottom[0]).toBeCloseTo(0, 1);
  expect(bottom[1]).toBeGreaterThan(1);
});

test("with measured scales, quarters of the pictures vary by 1", async () => {
  const random = new Random(1);
  const size = 3 * SIGHT_SIZE ** 2;
  // blocks of noise of 16 pixels: quarters that differ
  const images = ndarray(
    "float32",
    [6, 3, SIGHT_SIZE, SIGHT_SIZE],
    Float32Array.from(
      { length: 6 * size },
      (() => {
        const blocks = Float32Array.from({ length: 6 * 3 * 64 }, () => random.normal());
        return (_: unknown, i: number) => {
          const [plane, y, x] = [
            Math.floor(i / SIGHT_SIZE ** 2),
            Math.floor(i / SIGHT_SIZE) % SIGHT_SIZE,
            i % SIGHT_SIZE,
          ];
          return blocks[plane * 64 + (y >> 4) * 8 + (x >> 4)];
        };
      })(),
    ),
  );
  const pictures = async function* () {
    yield images;
  };
  const scales = await measureScales(sightModel(weights), pictures());
  const again = await measureScales(sightModel(weights, scales), pictures());
  for (const [name, { mean, deviation }] of again) {
    expect(Math.max(...mean.map(Math.abs)), name).toBeLessThan(0.05);
    expect(Math.max(...deviation), name).toBeLessThan(1.05);
  }
  const session = await openSession(sightModel(weights, scales));
  const { logits, place } = await session.run({ images }, ["logits", "place"]);
  expect(logits.shape).toEqual([6, 3]);
  expect(place.shape).toEqual([6, PLACE_MAPS, 32, 32]);
  await session.close();
});
