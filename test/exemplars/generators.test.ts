/** Generators: the probe set is latents, the exemplars are the pictures made of them, all the way to the description. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { Random } from "../../src/base/random.js";
import { describe } from "../../src/describer/describe.js";
import { loadDescriber } from "../../src/describer/describer.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import type { OnnxModel } from "../../src/engine/onnx/model.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { readNpy, writeNpy } from "../../src/engine/tensor/npy.js";
import { writeMilannotations } from "../../src/exemplars/milannotations.js";
import { latentFolder } from "../../src/exemplars/probe.js";
import { openExemplars } from "../../src/exemplars/store.js";
import { expectDone, expectRefusal, milan } from "../cli/milan.js";
import { planes } from "../data/images/made.js";
import { describeShared, shared } from "../shared.js";
import { dissected, floats, folder, integers } from "./patches.js";

const ROWS = 20;
const [Z, SIDE] = [4, 16];
const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => ((i * step) % 13) / 13 - 0.45);

/** z and a class number in, a picture out; `hidden` has eight units on a grid of 4 x 4. */
function generator(): OnnxModel {
  const g = new GraphBuilder("generator");
  const z = g.input("z", "float32", ["batch", Z]);
  const label = g.input("label", "int64", ["batch"]);
  const classes = g.node("Gather", [g.constant(floats([3, Z], wave(12, 5))), label]);
  const seed = g.node("Reshape", [g.node("Add", [z, classes]), g.constant(integers(0, Z, 1, 1))]);
  const first = g.node("ConvTranspose", [seed, g.constant(floats([Z, 8, 4, 4], wave(512, 7)))]);
  const hidden = g.node("Relu", [first], {}, ["hidden"]);
  const last = g.constant(floats([8, 3, 4, 4], wave(384, 5)));
  const picture = g.node("Tanh", [g.node("ConvTranspose", [hidden, last], { strides: [4, 4] })], {}, ["picture"]);
  g.output(picture, "picture", "float32", ["batch", 3, SIDE, SIDE]);
  return g.build();
}

const random = new Random(4);
const latents = floats(
  [ROWS, Z],
  Array.from({ length: ROWS * Z }, () => random.normal()),
);
const labels = ndarray(
  "int64",
  [ROWS],
  BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i % 3)),
);
const at = (name: string) => join(folder, name);
const made = () => openExemplars(at("gan"));

beforeAll(async () => {
  mkdirSync(at("latents"));
  await writeNpy(at("latents/z.npy"), latents);
  await writeNpy(at("latents/label.npy"), labels);
  await (await dissected(generator(), "gan", { layers: ["hidden"] }, latentFolder(at("latents")))).close();
});

test("exemplars are what the generator makes of the latents", async () => {
  const store = await made();
  const [layer] = store.layers;
  expect([store.height, store.width, layer.units.length]).toEqual([SIDE, SIDE, 8]);
  const session = await openSession(generator());
  const outputs = await session.run({ z: latents, label: labels }, ["picture"]);
  const picture = outputs.picture.data as Float32Array;
  for (const id of new Set(layer.images)) {
    const image = await store.image(id);
    const generated = picture.subarray(id * 3 * SIDE * SIDE, (id + 1) * 3 * SIDE * SIDE);
    expect(Array.from(image)).toEqual(Array.from(generated, (value) => Math.round((value + 1) * 127.5)));
  }
  await session.close();
  await store.close();
});

test("published, they are pictures like any other", async () => {
  const store = await made();
  await writeMilannotations(store, at("published"), silent);
  const images = await readNpy(at("published/hidden/images.npy"));
  expect(images.shape).toEqual([8, 3, 3, SIDE, SIDE]);
  const best = await sharp(at(`gan/pictures/${store.layers[0].images[0]}.png`))
    .raw()
    .toBuffer();
  expect(Buffer.from((images.data as Uint8Array).subarray(0, 3 * SIDE * SIDE)).equals(planes(best))).toBe(true);
  await store.close();
});

test("on the command line: pages, and latents that do not fit", async () => {
  const dissect = (from: string, out: string) =>
    milan("dissect", at("gan.onnx"), "--latents", from, "--layers", "hidden", "--k", "3", "--out", at(out));
  expectDone(await dissect(at("latents"), "cli"));
  expect(readdirSync(at("cli")).sort()).toEqual(["layers", "pictures", "probe.csv", "run.json"]);
  expect(readFileSync(at("cli/layers/hidden/ids.csv"))).toEqual(readFileSync(at("gan/layers/hidden/ids.csv")));
  expectDone(await milan("export", at("cli"), "--format", "html", "--out", at("gan.html")));
  expect(readFileSync(at("gan.html"), "utf8")).toMatch(/^<!doctype html>/);
  expectRefusal(
    await dissect(at("latents/z.npy"), "none"),
    /latents for z; expected one \.npy for each input, label, z/,
    at("none"),
  );
  const pictures = ["dissect", at("gan.onnx"), "--images", at("patches"), "--out", at("none")];
  expectRefusal(await milan(...pictures), /a generator is fed with --latents/, at("none"));
  mkdirSync(at("wide"));
  await writeNpy(at("wide/z.npy"), floats([ROWS, Z + 1], new Array(ROWS * (Z + 1)).fill(0)));
  await writeNpy(at("wide/label.npy"), labels);
  expectRefusal(await dissect(at("wide"), "none"), /z are float32 \[n, 5\]; expected float32 \[batch, 4\]/, at("none"));
  mkdirSync(at("cut"));
  writeFileSync(at("cut/label.npy"), readFileSync(at("latents/label.npy")));
  writeFileSync(at("cut/z.npy"), readFileSync(at("latents/z.npy")).subarray(0, 200));
  expectRefusal(await dissect(at("cut"), "none"), /z\.npy: truncated/, at("none"));
});

test("doubles, as NumPy writes them, are as good as floats; class numbers are not", async () => {
  mkdirSync(at("doubles"));
  await writeNpy(at("doubles/z.npy"), ndarray("float64", [ROWS, Z], Float64Array.from(latents.data)));
  await writeNpy(at("doubles/label.npy"), labels);
  const run = await dissected(generator(), "doubled", { layers: ["hidden"] }, latentFolder(at("doubles")));
  const same = await openExemplars(at("gan"));
  expect(run.layer("hidden").ids).toEqual(same.layers[0].images);
  await Promise.all([run.close(), same.close()]);
  await writeNpy(at("doubles/label.npy"), ndarray("float32", [ROWS], new Float32Array(ROWS)));
  const wrong = dissected(generator(), "wrong", { layers: ["hidden"] }, latentFolder(at("doubles")));
  await expect(wrong).rejects.toThrow(/label are float32 .*; expected int64 \[batch\]/);
});

test("a generator of one input takes the array itself", async () => {
  const g = new GraphBuilder("one");
  const z = g.input("noise", "float32", ["batch", Z]);
  const seed = g.node("Reshape", [z, g.constant(integers(0, Z, 1, 1))]);
  const grey = g.node("ConvTranspose", [seed, g.constant(floats([Z, 1, 8, 8], wave(256, 7)))], {}, ["grey"]);
  g.output(grey, "grey", "float32", ["batch", 1, 8, 8]);
  const run = await dissected(g.build(), "one", { layers: ["grey"] }, latentFolder(at("latents/z.npy")));
  for (const id of run.layer("grey").ids) expect(existsSync(join(run.folder, "pictures", `${id}.png`))).toBe(true);
  await run.close();
});

describeShared("a generator's units in words", () => {
  test("every unit has a description, or a reason why not", async () => {
    const store = await made();
    const describer = await loadDescriber(shared("golden/checkpoint/milan-resnet18.pth.gz"));
    const found = [];
    for await (const unit of describe(store, describer)) found.push(unit);
    expect(found).toHaveLength(8);
    for (const { description, doubts } of found) expect(description !== "" || doubts.length > 0).toBe(true);
    expect(found.filter(({ description }) => description !== "").length).toBeGreaterThan(0);
    await describer.close();
    await store.close();
  });
});
