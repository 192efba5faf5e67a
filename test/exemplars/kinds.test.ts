/** Layers of every kind, on small networks whose answers are known. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { Random } from "../../src/base/random.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import type { OnnxModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { layoutOf } from "../../src/exemplars/layout.js";
import { isDrawn, planSweep } from "../../src/exemplars/plan.js";
import { runExemplars } from "../../src/exemplars/store.js";
import { Sweeper } from "../../src/exemplars/sweep.js";
import { ROOM } from "../../src/exemplars/tail.js";
import { dissected, floats, folder, HEIGHT, integers, patches, WIDTH, writePatches } from "./patches.js";

/** A network of patches: tokens [class, register, 2 x 4 patches], two units: brightness of the patch, and its negative. */
function patchNetwork(): OnnxModel {
  const g = new GraphBuilder("patches");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const kernel = new Array(64 * 3).fill(1 / 192);
  const weights = g.constant(floats([2, 3, 8, 8], [...kernel, ...kernel.map((w) => -w)]));
  const grid = g.node("Conv", [image, weights], { strides: [8, 8] });
  const flat = g.node("Reshape", [grid, g.constant(integers(0, 0, -1))]);
  const patches = g.node("Transpose", [flat], { perm: [0, 2, 1] });
  const first = g.node("ReduceMean", [patches], { axes: [1], keepdims: 1 });
  const extra = g.node("Mul", [first, g.constant(floats([1], [1000]))]); // loud, so that keeping it would show
  const tokens = g.node("Concat", [extra, extra, patches], { axis: 1 });
  const scale = g.constant(floats([2, 2], [1, 0, 0, 1]));
  const mlp = g.node("Relu", [g.node("MatMul", [tokens, scale])], {}, ["tokens"]);
  const pooled = g.node("ReduceMean", [mlp], { axes: [1], keepdims: 0 }, ["dense"]);
  g.output(pooled, "dense", "float32", ["batch", 2]);
  return g.build();
}

/** The kernel of a convolution that does nothing. */
const SAME = floats([3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1]);

test("tokens: class and register tokens are dropped, the grid has the picture's proportions, the mask is where the patch is", async () => {
  const run = await dissected(patchNetwork(), "tokens", { layers: ["tokens"], quantile: 0.95 });
  const layer = run.layer("tokens");
  expect(layer).toMatchObject({ height: 2, width: 4, prefix: 2, units: 2 });
  expect(Array.from(layer.ids.subarray(0, 3))).toEqual([11, 10, 9]);
  expect(layer.activations[0]).toBeCloseTo(210 / 255, 4);
  const store = await runExemplars(run);
  const mask = await store.mask(store.layers[0], 0, 0); // picture 11: second row, last column
  const centre = (row: number, column: number) => mask[(8 * row + 4) * WIDTH + 8 * column + 4];
  expect([0, 1, 2, 3].map((column) => [centre(0, column), centre(1, column)])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 1],
  ]);
  expect(run.manifest.flaws.tokens).toEqual([{ unit: 1, flaw: "constant" }]); // brightness is never negative
  await store.close();
});

test("tokens over pictures of another shape: the grid follows, and a subset of units is the same rows", async () => {
  const run = await dissected(patchNetwork(), "some-tokens", {
    layers: ["tokens"],
    units: { tokens: [0] },
    k: 12,
    quantile: 0.8,
  });
  const layer = run.layer("tokens");
  expect(Array.from(layer.ids)).toEqual(Array.from({ length: 12 }, (_, i) => 11 - i));
  const store = await runExemplars(run);
  for (const [rank, id] of layer.ids.entries()) {
    const mask = await store.mask(store.layers[0], 0, rank);
    const lit = Array.from(mask.keys()).filter((at) => mask[at] === 1);
    const [top, left] = [8 * (id % 2), 8 * (id % 4)];
    expect(mask[(top + 4) * WIDTH + left + 4], `picture ${id}`).toBe(1);
    // upsampling blurs a patch by half a patch, never further
    for (const at of lit) {
      expect(Math.abs(Math.floor(at / WIDTH) - top - 3.5)).toBeLessThan(8);
      expect(Math.abs((at % WIDTH) - left - 3.5)).toBeLessThan(8);
    }
  }
  await store.close();
});

test("a dense layer: the mask is the whole picture or nothing", async () => {
  const run = await dissected(patchNetwork(), "dense-run", { layers: ["dense"], quantile: 0.5, k: 12 });
  const store = await runExemplars(run);
  const masks = await Promise.all(Array.from({ length: 12 }, (_, rank) => store.mask(store.layers[0], 0, rank)));
  const covered = masks.map((mask) => mask.reduce((sum, bit) => sum + bit, 0) / mask.length);
  expect(covered).toEqual([...new Array(6).fill(1), ...new Array(6).fill(0)]);
  await store.close();
});

test("NaN in part of a map marks that unit and no other, even where the maximum hides it", async () => {
  const g = new GraphBuilder("nan");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const one = g.node("Conv", [image, g.constant(floats([2, 3, 1, 1], [1, 0, 0, 0, 1, 0]))]);
  // the root of a negative number, only where the second unit is black: nearly everywhere, but not at the maximum
  const shifted = g.node("Sub", [one, g.constant(floats([1, 2, 1, 1], [-1, 0.2]))]);
  g.output(g.node("Sqrt", [shifted], {}, ["roots"]), "roots", "float32", ["batch", 2, HEIGHT, WIDTH]);
  const run = await dissected(g.build(), "nan", { layers: ["roots"] });
  expect(run.manifest.flaws.roots).toEqual([{ unit: 1, flaw: "nan" }]);
  const layer = run.layer("roots");
  expect(Array.from(layer.ids)).toEqual([11, 10, 9, -1, -1, -1]);
  expect(layer.levels[0]).toBeGreaterThan(1);
  expect(layer.levels[1]).toBeNaN();
  await run.close();
});

test("a model of fixed batch, half precision and pixels before channels gives the same as a plain one", async () => {
  const network = (batch: number | string, nhwc: boolean, half: boolean) => {
    const g = new GraphBuilder("kinds");
    const image = g.input("image", "float32", nhwc ? [batch, HEIGHT, WIDTH, 3] : [batch, 3, HEIGHT, WIDTH]);
    let value = nhwc ? g.node("Transpose", [image], { perm: [0, 3, 1, 2] }) : image;
    value = g.node("Conv", [value, g.constant(floats([2, 3, 1, 1], [1, 0.5, 0, 0, 0, 1]))]);
    if (half) value = g.node("Cast", [value], { to: 10 });
    value = g.node("Relu", [value], {}, ["maps"]);
    g.output(value, "maps", half ? "float16" : "float32", [batch, 2, HEIGHT, WIDTH]);
    return g.build();
  };
  const plain = await dissected(network("batch", false, false), "plain", { layers: ["maps"] });
  const odd = await dissected(network(5, true, true), "odd", { layers: ["maps"] }); // 12 pictures: the last batch is short
  expect(odd.layer("maps").ids).toEqual(plain.layer("maps").ids);
  for (const [i, activation] of plain.layer("maps").activations.entries()) {
    expect(odd.layer("maps").activations[i]).toBeCloseTo(activation, 2);
  }
  await plain.close();
  await odd.close();
});

test("units last: the same exemplars, levels and maps as units first, of a subset too", async () => {
  const g = new GraphBuilder("last");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const first = g.node("Conv", [image, g.constant(floats([3, 3, 1, 1], [1, 0.5, 0, 0, 0, 1, 0.2, 0, 0.3]))], {}, [
    "first",
  ]);
  const last = g.node("Transpose", [first], { perm: [0, 2, 3, 1] }, ["last"]);
  g.output(last, "last", "float32", ["batch", HEIGHT, WIDTH, 3]);
  const units = { first: [0, 2], last: [0, 2] };
  const run = await dissected(g.build(), "last", { layers: ["first", "last"], units, quantile: 0.9 });
  const [a, b] = [run.layer("first"), run.layer("last")];
  expect(b).toMatchObject({ height: HEIGHT, width: WIDTH, units: 3 });
  expect([b.ids, b.activations, b.levels]).toEqual([a.ids, a.activations, a.levels]);
  for (let rank = 0; rank < 3; rank++) expect(await run.map(b, 1, rank)).toEqual(await run.map(a, 1, rank));
  await run.close();
});

test("double precision is taken as single", async () => {
  const g = new GraphBuilder("double");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const wide = g.node("Cast", [g.node("Conv", [image, g.constant(SAME)])], { to: 11 });
  const third = g.constant(ndarray("float64", [1], Float64Array.of(1 / 3)));
  g.output(g.node("Mul", [wide, third], {}, ["thirds"]), "thirds", "float64", ["batch", 3, HEIGHT, WIDTH]);
  const run = await dissected(g.build(), "double", { layers: ["thirds"] });
  const layer = run.layer("thirds");
  expect(Array.from(layer.ids)).toEqual([11, 10, 9, 11, 10, 9, 11, 10, 9]);
  expect(layer.activations[0]).toBeCloseTo(210 / 255 / 3, 5);
  expect((await run.map(layer, 0, 0))[(8 + 4) * WIDTH + 28]).toBeCloseTo(210 / 255 / 3, 6);
  await run.close();
});

test("a damaged picture in a batch of fixed size is neither counted nor anyone's exemplar", async () => {
  await writePatches("hurt");
  writeFileSync(join(folder, "hurt", "11.png"), "damaged"); // the best one, and the last of the last batch
  const g = new GraphBuilder("fixed");
  const image = g.input("image", "float32", [4, 3, HEIGHT, WIDTH]);
  g.output(g.node("Conv", [image, g.constant(SAME)], {}, ["maps"]), "maps", "float32", [4, 3, HEIGHT, WIDTH]);
  const warnings: string[] = [];
  const progress = { ...silent, warn: (message: string) => warnings.push(message) };
  const run = await dissected(g.build(), "fixed", { layers: ["maps"], progress }, patches("hurt"));
  expect(warnings).toEqual([expect.stringMatching(/11\.png/)]);
  expect(run.manifest.skipped).toEqual([11]);
  expect(Array.from(run.layer("maps").ids.subarray(0, 3))).toEqual([10, 9, 8]);
  const counts = (await run.quantiles(run.layer("maps"))).get("counts")!;
  expect(Array.from(counts.data as Float64Array)).toEqual(new Array(3).fill(11 * HEIGHT * WIDTH));
  await run.close();
});

test("a network of grey pictures is shown grey pictures", async () => {
  const g = new GraphBuilder("grey");
  const image = g.input("image", "float32", ["batch", 1, HEIGHT, WIDTH]);
  const one = g.constant(floats([1, 1, 1, 1], [1]));
  g.output(g.node("Conv", [image, one], {}, ["maps"]), "maps", "float32", ["batch", 1, HEIGHT, WIDTH]);
  const run = await dissected(g.build(), "grey", { layers: ["maps"] });
  expect(run.manifest.preprocessing).toMatchObject({ channels: "grey", mean: [0], std: [1] });
  expect(run.layer("maps").activations[0]).toBeCloseTo(210 / 255, 2);
  const store = await runExemplars(run);
  expect(await store.image(11)).toHaveLength(3 * HEIGHT * WIDTH); // for whoever looks at it: in colour
  await store.close();
});

test("infinite activations are the largest there are, and their neighbours stay what they are", async () => {
  const g = new GraphBuilder("infinite");
  const image = g.input("image", "float32", ["batch", 3, HEIGHT, WIDTH]);
  const red = g.node("Conv", [image, g.constant(floats([1, 3, 1, 1], [1, 0, 0]))]);
  // 1 / (patch 11's brightness - x): infinite there, finite and positive elsewhere
  const bright = g.constant(floats([1], [Math.fround(210 / 255)]));
  const one = g.constant(floats([1], [1]));
  const inverse = g.node("Div", [one, g.node("Sub", [bright, red])], {}, ["inverse"]);
  g.output(inverse, "inverse", "float32", ["batch", 1, HEIGHT, WIDTH]);
  const run = await dissected(g.build(), "infinite", { layers: ["inverse"], quantile: 0.9 });
  const layer = run.layer("inverse");
  expect(run.manifest.flaws).toEqual({});
  expect(Array.from(layer.ids)).toEqual([11, 10, 9]);
  expect(layer.activations[0]).toBe(Number.POSITIVE_INFINITY);
  expect(readFileSync(join(run.folder, "layers/inverse/activations.csv"), "utf8")).toMatch(/^inf,\d/);
  expect(Number.isFinite(layer.levels[0])).toBe(true);
  const store = await runExemplars(run);
  const mask = await store.mask(store.layers[0], 0, 0);
  const lit = mask.reduce((sum, bit) => sum + bit, 0);
  expect(lit).toBe(64); // the patch, whole, and nothing else
  await store.close();
});

/** Two maps of 24 x 24: the image, negative values cut off. */
function reluNetwork(opset?: number): OnnxModel {
  const g = new GraphBuilder("relu", opset);
  const image = g.input("image", "float32", ["batch", 2, 24, 24]);
  g.output(g.node("Relu", [image], {}, ["maps"]), "maps", "float32", ["batch", 2, 24, 24]);
  return g.build();
}

const RELU_LAYER = {
  name: "maps",
  shortNames: [],
  kind: "map",
  units: 2,
  shape: [-1, 2, 24, 24],
  dtype: "float32",
  op: "Relu",
  principal: true,
} as const;

test("a large sweep looks at drawn rows and columns: maxima stay exact, levels close", async () => {
  const model = reluNetwork();
  const layouts = [layoutOf(RELU_LAYER, [24, 24])];
  const [exact] = planSweep(layouts, 400, 0.99);
  expect(exact.positions).toBe(576);
  for (const images of [200_000, 4_000_000]) {
    const [plan] = planSweep(layouts, images, 0.99);
    expect(plan.positions).toBeLessThan(images > 1_000_000 ? 24 : 576);
    const random = new Random(9);
    const [all, some] = await Promise.all(
      [exact, plan].map((p) => Sweeper.open(model, [p], { k: 3, seed: 1, session: {} })),
    );
    for (let first = 0; first < 400; first += 8) {
      const ids = Array.from({ length: 8 }, (_, i) => first + i);
      const feeds = {
        image: floats(
          [8, 2, 24, 24],
          Array.from({ length: 8 * 2 * 576 }, () => random.normal()),
        ),
      };
      await all.add(ids, feeds);
      await some.add(ids, feeds);
    }
    expect(some.layers[0].top.save()).toEqual(all.layers[0].top.save());
    const levels = [all, some].map((sweeper) => sweeper.layers[0].levels(0.99));
    const spread = images > 1_000_000 ? 0.3 : 0.1; // 1,600 and 34,000 activations instead of 230,000
    for (const unit of [0, 1]) expect(Math.abs(levels[1][unit] - levels[0][unit])).toBeLessThan(spread);
    await all.close();
    await some.close();
  }
});

test("tails take no more memory than they may, however many images and units: then levels come from some of the images", () => {
  const layer = { ...RELU_LAYER, units: 72_000, shape: [-1, 72_000, 7, 7] };
  const bytes = (images: number) => {
    const [{ rows, capacity, every }] = planSweep([layoutOf(layer, [224, 224])], images, 0.99);
    return { tails: rows * capacity * 4 * ROOM, every };
  };
  expect(bytes(50_000).every).toBe(1);
  expect(bytes(1_281_167).every).toBeGreaterThan(5);
  for (const images of [1000, 50_000, 1_281_167, 100_000_000]) expect(bytes(images).tails).toBeLessThanOrEqual(2 ** 30);
});

test("levels from some of the images are exactly theirs, whatever the operator set; maxima are those of all", async () => {
  const [exact] = planSweep([layoutOf(RELU_LAYER, [24, 24])], 400, 0.99);
  const swept = await Promise.all(
    [exact, { ...exact, every: 3 }, { ...exact, every: 3 }].map((plan, i) =>
      Sweeper.open(reluNetwork(i === 2 ? 8 : 17), [plan], { k: 3, seed: 1, session: {} }),
    ),
  );
  const alone = await Sweeper.open(reluNetwork(), [exact], { k: 3, seed: 1, session: {} });
  const random = new Random(5);
  let drawn = 0;
  for (let first = 0; first < 400; first += 8) {
    const ids = Array.from({ length: first === 392 ? 5 : 8 }, (_, i) => first + i);
    const image = floats(
      [8, 2, 24, 24],
      Array.from({ length: 8 * 2 * 576 }, () => random.normal()),
    );
    for (const sweeper of swept) await sweeper.add(ids, { image });
    for (const [i, id] of ids.entries()) {
      if (!isDrawn(id, 3)) continue;
      drawn++;
      const one = floats([1, 2, 24, 24], [...image.data.slice(i * 2 * 576, (i + 1) * 2 * 576)]);
      await alone.add([id], { image: one });
    }
  }
  expect(drawn).toBeGreaterThanOrEqual(132);
  expect(drawn).toBeLessThanOrEqual(134);
  const [all, some, old] = swept.map(({ layers }) => layers[0]);
  expect(some.top.save()).toEqual(all.top.save());
  expect(some.tails.count(0)).toBe(drawn * 576);
  expect(some.levels(0.99)).toEqual(alone.layers[0].levels(0.99));
  expect(old.levels(0.99)).toEqual(some.levels(0.99));
  for (const sweeper of [...swept, alone]) await sweeper.close();
});

test("a model of an operator set without NonZero is swept all the same", async () => {
  const [plan] = planSweep([layoutOf(RELU_LAYER, [24, 24])], 400, 0.99);
  const swept = [8, 17].map(async (opset) => {
    const sweeper = await Sweeper.open(reluNetwork(opset), [plan], { k: 3, seed: 1, session: {} });
    const random = new Random(4);
    for (let first = 0; first < 400; first += 8) {
      const ids = Array.from({ length: first === 392 ? 5 : 8 }, (_, i) => first + i);
      const values = Array.from({ length: 8 * 2 * 576 }, () => random.normal());
      await sweeper.add(ids, { image: floats([8, 2, 24, 24], values) });
    }
    await sweeper.close();
    return sweeper.layers[0];
  });
  const [old, recent] = await Promise.all(swept);
  expect(old.top.save()).toEqual(recent.top.save());
  expect(old.levels(0.99)).toEqual(recent.levels(0.99));
  expect(old.sample.save()).toEqual(recent.sample.save());
  expect(recent.tails.count(0)).toBe(397 * 576);
});
