/** Resizing of masks inside a graph, against the same written out by hand. */
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { type Pooling, poolUnderMasks, resizeMasks } from "../../src/describer/mask-pooling.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { ndarray, zeros } from "../../src/engine/tensor/ndarray.js";
import { resizeBilinear } from "../../src/engine/tensor/resize.js";

async function resize(mask: Float32Array, from: [number, number], to: [number, number], pooling: Pooling) {
  const g = new GraphBuilder("resize", 18);
  const masks = g.input("masks", "float32", ["n", "m", "h", "w"]);
  const like = g.input("like", "float32", ["n", "c", "y", "x"]);
  g.output(resizeMasks(g, masks, like, pooling), "resized", "float32", ["n", "m", -1, -1]);
  const session = await openSession(g.build());
  const { resized } = await session.run({
    masks: ndarray("float32", [1, 1, ...from], mask),
    like: zeros("float32", [1, 2, ...to]),
  });
  await session.close();
  expect(resized.shape).toEqual([1, 1, ...to]);
  return resized.data as Float32Array;
}

/** Samples every cell at `fine` x `fine` points and averages the pixels they fall in. */
function areaByHand(mask: Float32Array, [h, w]: [number, number], [y, x]: [number, number], fine: number): number[] {
  return Array.from({ length: y * x }, (_, cell) => {
    let sum = 0;
    for (let i = 0; i < fine; i++) {
      for (let j = 0; j < fine; j++) {
        const row = Math.floor(((Math.floor(cell / x) + (i + 0.5) / fine) * h) / y);
        sum += mask[row * w + Math.floor((((cell % x) + (j + 0.5) / fine) * w) / x)];
      }
    }
    return sum / fine ** 2;
  });
}

const cases: [[number, number], [number, number]][] = [
  [
    [12, 20],
    [3, 5],
  ],
  [
    [9, 14],
    [4, 4],
  ],
  [
    [3, 2],
    [6, 8],
  ],
  [
    [7, 7],
    [7, 7],
  ],
  [
    [5, 6],
    [1, 1],
  ],
];
const random = new Random(5);
const maskOf = ([h, w]: [number, number]) => Float32Array.from({ length: h * w }, () => random.uniform());

test.each(cases)("by area, %j to %j", async (from, to) => {
  const mask = maskOf(from);
  const resized = await resize(mask, from, to, "area");
  const expected = areaByHand(mask, from, to, from[0] * from[1]); // every pixel border lies between two samples
  for (const [i, value] of expected.entries()) expect(resized[i]).toBeCloseTo(value, 5);
});

test.each(cases)("as the reference does, %j to %j", async (from, to) => {
  const mask = maskOf(from);
  const expected = resizeBilinear(mask, from, new Float32Array(to[0] * to[1]), to, "clamp");
  const resized = await resize(mask, from, to, "reference");
  for (const [i, value] of expected.entries()) expect(resized[i]).toBeCloseTo(value, 5);
});

test("pooling is the average of the map under the mask; what is nearly zero is not divided", async () => {
  const g = new GraphBuilder("pool", 18);
  const map = { value: g.input("map", "float32", [1, 2, 2, 2]), channels: 2 };
  const masks = g.input("masks", "float32", [1, 3, 2, 2]);
  g.output(poolUnderMasks(g, map, masks, "reference"), "features", "float32", [1, 3, 2]);
  const session = await openSession(g.build());
  const { features } = await session.run({
    map: ndarray("float32", [1, 2, 2, 2], Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40)),
    masks: ndarray("float32", [1, 3, 2, 2], Float32Array.of(1, 0, 0, 3, 2e-8, 0, 0, 0, 1e-9, 0, 0, 1e-9)),
  });
  await session.close();
  expect([...features.data].map((x) => Number(x).toPrecision(5))).toEqual(
    [3.25, 32.5, 1, 10, 5e-9, 5e-8].map((x) => x.toPrecision(5)),
  );
});
