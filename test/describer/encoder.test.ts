/** Features of the reference's encoders: twelve sets of images and masks, two networks. */
import { expect, test } from "vitest";
import { readCheckpoint } from "../../src/describer/checkpoint/checkpoint.js";
import { type EncoderConfig, encoderModel, featureSizeOf } from "../../src/describer/encoder.js";
import { ImageEncoder, type Mask } from "../../src/describer/features.js";
import type { NdArray } from "../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { partOf } from "../../src/zoo/state.js";
import { describeShared, shared } from "../shared.js";
import { resnetShapes, weights } from "../zoo/made-up.js";

const PREFIX = "encoder.encoder.model.";
const config: EncoderConfig = {
  kind: "pyramid",
  network: "resnet18",
  pooling: "reference",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

async function open(changes: Partial<EncoderConfig>): Promise<ImageEncoder> {
  const wanted = { ...config, ...changes };
  const path = shared(`golden/checkpoint/milan-${wanted.network}.pth.gz`);
  const { tensors } = await readCheckpoint(path, (name) => name.startsWith(PREFIX));
  return ImageEncoder.open(encoderModel(wanted, partOf(tensors, PREFIX)));
}

const golden = (set: number, what: string) =>
  readNpy(shared(`golden/encoder/${String(set).padStart(2, "0")}_${what}.npy`));

describeShared("encoder", () => {
  test.each([
    ["resnet18", 1024],
    ["alexnet", 1152],
  ])("%s: features of all sets", async (network, size) => {
    const encoder = await open({ network });
    expect(encoder.featureSize).toBe(size);
    for (let set = 0; set < 12; set++) {
      const images = (await golden(set, "images")) as NdArray<"uint8">;
      const masks = (await golden(set, "masks")) as Mask;
      const expected = (await golden(set, `features_${network}`)) as NdArray<"float32">;
      const features = await encoder.encode(images, masks);
      expect(features.shape).toEqual([images.shape[0], 1, size]);
      expect(farthest(features.data, expected.data), `set ${set}`).toBeLessThan(1e-4);
      const isZero = (value: number) => value === 0; // blocks of masks that vanish on a coarse map
      expect(features.data.map((value) => +isZero(value))).toEqual(expected.data.map((value) => +isZero(value)));
    }
    await encoder.close();
  });
});

test("weights of layers that no feature depends on may be missing, or left over; others are asked for", () => {
  const narrow = weights(resnetShapes([2, 2, 2, 2], false, 4));
  const wanted = { ...config, kind: "spatial" } as const;
  const names = (given: typeof narrow) => encoderModel(wanted, given).proto.graph!.initializer.map(({ name }) => name);
  const all = names(narrow);
  expect(all).not.toContain("fc.weight");
  expect(all.filter((name) => narrow.has(name))).toHaveLength(100);
  for (const name of ["fc.weight", "fc.bias"]) narrow.delete(name);
  expect(names(narrow)).toEqual(all);
  narrow.set("bn1.bias", narrow.get("layer4.0.bn1.bias")!);
  narrow.delete("layer3.1.conv2.weight");
  expect(() => names(narrow)).toThrow(
    "loading the weights of resnet18: 1 missing (`layer3.1.conv2.weight` [16,16,3,3]); 1 of another shape (`bn1.bias` expected [4], got [32])",
  );
});

test("classifiers of any width", () => {
  const shapes = [
    [0, 4, 3, 11],
    [3, 6, 4, 5],
    [6, 8, 6, 3],
    [8, 6, 8, 3],
    [10, 5, 6, 3],
  ].flatMap(([index, out, from, size]): [string, number[]][] => [
    [`features.${index}.weight`, [out, from, size, size]],
    [`features.${index}.bias`, [out]],
  ]);
  expect(featureSizeOf(encoderModel({ ...config, network: "alexnet" }, weights(new Map(shapes))))).toBe(29);
});

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}
