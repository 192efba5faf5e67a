/** Layers and probe sets of every kind, on small networks whose answers are known. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { type OnnxModel, writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../src/engine/tensor/npy.js";
import { type DissectOptions, dissect } from "../../src/exemplars/dissect.js";
import { layoutOf } from "../../src/exemplars/layout.js";
import { planSweep } from "../../src/exemplars/plan.js";
import { imageFolder, latentFolder, type ProbeOpener } from "../../src/exemplars/probe.js";
import { runExemplars } from "../../src/exemplars/store.js";
import { openModel } from "../../src/exemplars/subject.js";
import { Sweeper } from "../../src/exemplars/sweep.js";

const folder = mkdtempSync(join(tmpdir(), "milan-kinds-"));
const [HEIGHT, WIDTH, COUNT] = [16, 32, 12];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Black pictures, 16 x 32, each with one white 8 x 8 patch: picture i at row i % 2, column i % 4, brightness rising with i. */
beforeAll(async () => {
  mkdirSync(join(folder, "patches"));
  for (let i = 0; i < COUNT; i++) {
    const pixels = new Uint8Array(HEIGHT * WIDTH * 3);
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) pixels.fill(100 + 10 * i, at(i, y, x), at(i, y, x) + 3);
    }
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    await sharp(pixels, { raw })
      .png()
      .toFile(join(folder, "patches", `${String(i).padStart(2, "0")}.png`));
  }
});
const at = (i: number, y: number, x: number) => ((8 * (i % 2) + y) * WIDTH + 8 * (i % 4) + x) * 3;

async function dissected(model: OnnxModel, name: string, options: Partial<DissectOptions> = {}, probe?: ProbeOpener) {
  const path = join(folder, `${name}.onnx`);
  await writeModel(model, path);
  const images = imageFolder(join(folder, "patches"), { mean: [0], std: [1] });
  return dissect(await openModel(path), probe ?? images, { out: join(folder, name), k: 3, ...options });
}

const floats = (shape: number[], values: number[]) => ndarray("float32", shape, Float32Array.from(values));
const integers = (...values: number[]) => ndarray("int64", [values.length], BigInt64Array.from(values, BigInt));

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

test("a dense layer: the mask is the whole picture", async () => {
  const run = await dissected(patchNetwork(), "dense-run", { layers: ["dense"], quantile: 0.5 });
  const store = await runExemplars(run);
  expect((await store.mask(store.layers[0], 0, 0)).every((bit) => bit === 1)).toBe(true);
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
  const odd = await dissected(network(5, true, true), "odd", { layers: ["maps"] });
  expect(odd.layer("maps").ids).toEqual(plain.layer("maps").ids);
  for (const [i, activation] of plain.layer("maps").activations.entries()) {
    expect(odd.layer("maps").activations[i]).toBeCloseTo(activation, 2);
  }
  await plain.close();
  await odd.close();
});

test("a generator: exemplars are what it makes of the latents", async () => {
  const g = new GraphBuilder("generator");
  const z = g.input("z", "float32", ["batch", 4]);
  const bias = g.input("bias", "float32", ["batch", 4]);
  const both = g.node("Add", [z, bias]);
  const seed = g.node("Reshape", [both, g.constant(integers(0, 4, 1, 1))]);
  const weights = g.constant(
    floats(
      [4, 8, 4, 4],
      Array.from({ length: 512 }, (_, i) => ((i * 7) % 13) / 13 - 0.4),
    ),
  );
  const hidden = g.node("Relu", [g.node("ConvTranspose", [seed, weights])], {}, ["hidden"]);
  const last = g.constant(
    floats(
      [8, 3, 4, 4],
      Array.from({ length: 384 }, (_, i) => ((i * 5) % 11) / 11 - 0.5),
    ),
  );
  const picture = g.node("Tanh", [g.node("ConvTranspose", [hidden, last], { strides: [4, 4] })], {}, ["picture"]);
  g.output(picture, "picture", "float32", ["batch", 3, 16, 16]);
  mkdirSync(join(folder, "latents"));
  const random = new Random(4);
  const rows = () =>
    floats(
      [20, 4],
      Array.from({ length: 80 }, () => random.normal()),
    );
  await writeNpy(join(folder, "latents", "z.npy"), rows());
  await writeNpy(join(folder, "latents", "bias.npy"), rows());
  const run = await dissected(g.build(), "gan", { layers: ["hidden"] }, latentFolder(join(folder, "latents")));
  const layer = run.layer("hidden");
  expect(layer).toMatchObject({ units: 8, height: 4, width: 4 });
  for (const id of layer.ids) expect(existsSync(join(run.folder, "pictures", `${id}.png`))).toBe(true);
  const store = await runExemplars(run);
  expect(await store.image(layer.ids[0])).toHaveLength(3 * 16 * 16);
  await store.close();
});

test("a large sweep looks at drawn rows and columns: maxima stay exact, levels close", async () => {
  const g = new GraphBuilder("large");
  const image = g.input("image", "float32", ["batch", 2, 24, 24]);
  g.output(g.node("Relu", [image], {}, ["maps"]), "maps", "float32", ["batch", 2, 24, 24]);
  const layer = {
    name: "maps",
    shortNames: [],
    kind: "map",
    units: 2,
    shape: [-1, 2, 24, 24],
    dtype: "float32",
    op: "Relu",
    principal: true,
  } as const;
  const layouts = [layoutOf(layer, [24, 24])];
  const [exact] = planSweep(layouts, 400, 0.99);
  expect(exact.positions).toBe(576);
  for (const images of [200_000, 4_000_000]) {
    const [plan] = planSweep(layouts, images, 0.99);
    expect(plan.positions).toBeLessThan(images > 1_000_000 ? 24 : 576);
    const random = new Random(9);
    const [all, some] = await Promise.all(
      [exact, plan].map((p) => Sweeper.open(g.build(), [p], { k: 3, seed: 1, session: {} })),
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
