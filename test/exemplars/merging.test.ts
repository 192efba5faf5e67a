/** MILANNOTATIONS without pictures: those that may not be published are read from the source images by their numbers. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { readNpy, writeNpy } from "../../src/engine/tensor/npy.js";
import { pairAnnotations } from "../../src/exemplars/annotated.js";
import { openExemplars } from "../../src/exemplars/store.js";
import { describeShared, shared } from "../shared.js";

const folder = mkdtempSync(join(tmpdir(), "milan-merging-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await writeShapes(at("images"), shapeScenes(6, 1), 32);
  // masks of 28 pixels: the pictures are the middle of the images at 32
  await writeNpy(at("set", "conv1", "masks.npy"), ndarray("uint8", [2, 2, 1, 28, 28], new Uint8Array(4 * 784).fill(1)));
  writeFileSync(at("set", "conv1", "ids.csv"), "5,0\n0,3\n");
  const stored = Uint8Array.from({ length: 1 * 2 * 3 * 784 }, (_, i) => i % 251);
  await writeNpy(at("set", "layer1", "images.npy"), ndarray("uint8", [1, 2, 3, 28, 28], stored));
  await writeNpy(at("set", "layer1", "masks.npy"), ndarray("uint8", [1, 2, 1, 28, 28], new Uint8Array(2 * 784)));
  await writeNpy(at("set", "layer1", "units.npy"), ndarray("int64", [1], BigInt64Array.of(41n)));
});

test("pictures come from the source images, beside layers that have their own", async () => {
  const store = await openExemplars(at("set"), at("images"));
  const [conv1, layer1] = store.layers;
  expect([...conv1.images]).toEqual([5, 0, 0, 3]);
  expect(layer1.units).toEqual([41]);
  const picture = await store.image(5);
  expect(picture.length).toBe(3 * 784);
  expect(store.imageName(5)).toBe("0005.png");
  // the scene rendered at 32, without its outer two pixels
  const sharp = (await import("sharp")).default;
  const { data } = await sharp(at("images", "0005.png"))
    .extract({ left: 2, top: 2, width: 28, height: 28 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Array.from({ length: 784 }, (_, i) => picture[i])).toEqual(Array.from({ length: 784 }, (_, i) => data[3 * i]));
  const own = await store.image(layer1.images[1]);
  expect([own[0], own[2351]]).toEqual([2352 % 251, 4703 % 251]);
  await store.close();
});

test("what is missing or does not fit is said in one line", async () => {
  await expect(openExemplars(at("set"))).rejects.toThrow(/holds no pictures.*say where they are with --images/);
  cpSync(at("set"), at("far"), { recursive: true });
  writeFileSync(at("far", "conv1", "ids.csv"), "5,0\n6,3\n");
  await expect(openExemplars(at("far"), at("images"))).rejects.toThrow(/image 6; expected numbers below 6/);
  writeFileSync(at("far", "conv1", "ids.csv"), "5,0\n");
  await expect(openExemplars(at("far"), at("images"))).rejects.toThrow(/2 numbers; expected 4, one for each mask/);
  const units = async (dtype: "int64" | "float32", data: readonly number[]) =>
    writeNpy(
      at("far", "conv1", "units.npy"),
      dtype === "int64"
        ? ndarray(dtype, [data.length], BigInt64Array.from(data, BigInt))
        : ndarray(dtype, [data.length], Float32Array.from(data)),
    );
  writeFileSync(at("far", "conv1", "ids.csv"), "5,0\n0,3\n");
  for (const [dtype, wrong] of [
    ["int64", [4]],
    ["int64", [4, 4]],
    ["int64", [4, -1]],
    ["float32", [0.5, 1]],
  ] as const) {
    await units(dtype, wrong);
    await expect(openExemplars(at("far"), at("images"))).rejects.toThrow(
      `units.npy: expected 2 different whole numbers, a unit for each row of masks.npy, got ${dtype} [${wrong.length}]`,
    );
  }
  rmSync(at("far", "conv1", "units.npy"));
  rmSync(at("far", "conv1", "ids.csv"));
  await expect(openExemplars(at("far"), at("images"))).rejects.toThrow(/ids\.csv: no such file/);
});

describeShared("the reference's exemplars and annotations", () => {
  test("without their pictures they are merged back from the images they were made of", async () => {
    cpSync(shared("golden/exemplars/reslite"), at("reslite"), { recursive: true });
    for (const layer of ["conv1", "layer1", "layer3"]) rmSync(at("reslite", layer, "images.npy"));
    const source = await openExemplars(shared("golden/exemplars/reslite"));
    // the images are 112 pixels wide, as the pictures: in a frame of 8 pixels they are the middle of images of 128
    const sharp = (await import("sharp")).default;
    for (const file of readdirSync(shared("golden/images/in112"), { recursive: true }) as string[]) {
      if (!file.endsWith(".png")) continue;
      mkdirSync(dirname(at("framed", file)), { recursive: true });
      await sharp(shared(`golden/images/in112/${file}`), { ignoreIcc: true })
        .extend({ top: 8, bottom: 8, left: 8, right: 8 })
        .toFile(at("framed", file));
    }
    const merged = await openExemplars(at("reslite"), at("framed"));
    const table = (await readNpy(shared("golden/exemplars/byte_roundtrip.npy"))).data as Uint8Array;
    for (const [i, layer] of merged.layers.entries()) {
      for (const [at, image] of layer.images.entries()) {
        const ours = await merged.image(image);
        const theirs = await source.image(source.layers[i].images[at]);
        // the reference lost up to 1 of some values on the way
        const differing = ours.findIndex((value, p) => table[256 * Math.floor(p / 12544) + value] !== theirs[p]);
        expect(differing).toBe(-1);
      }
    }
    await Promise.all([source.close(), merged.close()]);
  });

  test("pair up: every unit with its three annotations, in order", async () => {
    const store = await openExemplars(shared("golden/exemplars/reslite"));
    const { list } = await readAnnotations(shared("golden/exemplars/reslite/annotations.csv"));
    const { units, withoutAnnotations, withoutExemplars } = pairAnnotations(store, list);
    expect(units.length).toBe(store.layers.reduce((sum, layer) => sum + layer.units.length, 0));
    expect([withoutAnnotations, withoutExemplars]).toEqual([[], []]);
    for (const { summaries } of units) expect(summaries).toHaveLength(3);
    await store.close();
  });
});

test("annotations of other layers are refused, of other units named", async () => {
  const store = await openExemplars(at("set"), at("images"));
  const say = (layer: string, unit: number) => ({ layer, unit, summary: "dots" });
  expect(() => pairAnnotations(store, [say("layer9", 0)])).toThrow(/expected layers conv1, layer1, got layer9/);
  const paired = pairAnnotations(store, [say("conv1", 1), say("conv1", 1), say("conv1", 7), say("layer1", 41)]);
  expect(paired.units.map(({ layer, row, unit }) => [layer.name, row, unit])).toEqual([
    ["conv1", 1, 1],
    ["layer1", 0, 41],
  ]);
  expect([paired.withoutAnnotations, paired.withoutExemplars]).toEqual([["conv1 0"], ["conv1 7"]]);
  await store.close();
});
