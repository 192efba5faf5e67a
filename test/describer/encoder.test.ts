/** Features of the reference's encoders: twelve sets of images and masks, two networks. */
import { expect, test } from "vitest";
import { readCheckpoint } from "../../src/describer/checkpoint/checkpoint.js";
import { type EncoderConfig, encoderModel } from "../../src/describer/encoder.js";
import { ImageEncoder, type Mask } from "../../src/describer/features.js";
import type { NdArray } from "../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { describeShared, shared } from "../shared.js";

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
  const weights = new Map([...tensors].map(([name, tensor]) => [name.slice(PREFIX.length), tensor]));
  return ImageEncoder.open(encoderModel(wanted, weights));
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

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}
