/** Sharing, batching and pooling of the encoder, on a narrow network with made-up weights. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { type EncoderConfig, encoderModel } from "../../src/describer/encoder.js";
import { ImageEncoder, type Mask } from "../../src/describer/features.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { type NdArray, ndarray } from "../../src/engine/tensor/ndarray.js";
import { resnetShapes, weights } from "../zoo/made-up.js";

const config: EncoderConfig = {
  kind: "pyramid",
  network: "resnet18",
  pooling: "reference",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
const classifier = weights(resnetShapes([2, 2, 2, 2], false, 4));
const FEATURES = 4 + 4 + 8 + 16 + 32;
const LAST = 32;
const SIZE = 40;

const random = new Random(1);
const bytes = (length: number, bound: number) => Uint8Array.from({ length }, () => random.integer(bound));
const images = ndarray("uint8", [3, 3, SIZE, SIZE], bytes(3 * 3 * SIZE * SIZE, 256));
const masksOf = (count: number, size = SIZE) => ndarray("uint8", [count, 1, size, size], bytes(count * size * size, 2));

const row = (array: NdArray<"float32">, index: number) => {
  const size = array.data.length / array.shape[0];
  return array.data.subarray(index * size, (index + 1) * size);
};

function expectClose(a: Float32Array, b: Float32Array, tolerance = 1e-5): void {
  expect(a.length).toBe(b.length);
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(tolerance);
}

describe("a pyramid encoder", () => {
  let encoder: ImageEncoder;
  beforeAll(async () => {
    encoder = await ImageEncoder.open(encoderModel(config, classifier));
  });
  afterAll(() => encoder.close());

  test("masks of one image share it: in any order, number and company the features are the same", async () => {
    expect(encoder.featureSize).toBe(FEATURES);
    const owner = Int32Array.from({ length: 300 }, (_, i) => (i < 270 ? 1 : [2, 0, 1][i % 3])); // more than a batch holds
    const masks = masksOf(owner.length);
    const together = await encoder.encode(images, masks, owner);
    expect(together.shape).toEqual([300, 1, FEATURES]);
    for (const i of [0, 100, 269, 270, 271, 272, 299]) {
      const size = 3 * SIZE * SIZE;
      const image = ndarray("uint8", [1, 3, SIZE, SIZE], images.data.slice(owner[i] * size, (owner[i] + 1) * size));
      const mask = ndarray("uint8", [1, 1, SIZE, SIZE], masks.data.slice(i * SIZE * SIZE, (i + 1) * SIZE * SIZE));
      expectClose(row(together, i), (await encoder.encode(image, mask)).data);
    }
  });

  test("each distinct image is fetched once, whatever its id", async () => {
    const fetched: number[] = [];
    const owner = [907, 12, 907, 907, 555, 12];
    const masks = masksOf(owner.length);
    const id = new Map([
      [907, 0],
      [12, 1],
      [555, 2],
    ]);
    const size = 3 * SIZE * SIZE;
    const features = await encoder.encodeExemplars(owner, {
      async image(name) {
        fetched.push(name);
        const at = id.get(name)! * size;
        return ndarray("uint8", [3, SIZE, SIZE], images.data.subarray(at, at + size));
      },
      mask: (i) => ndarray("uint8", [SIZE, SIZE], masks.data.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE)),
    });
    expect(fetched.sort()).toEqual([12, 555, 907]);
    const expected = await encoder.encode(
      images,
      masks,
      Int32Array.from(owner, (name) => id.get(name)!),
    );
    expectClose(features.data, expected.data);
  });

  test("no mask, a mask of ones and a mask of one pixel are the same average", async () => {
    const ones = ndarray("uint8", [3, 1, SIZE, SIZE], new Uint8Array(3 * SIZE * SIZE).fill(1));
    const pixel = ndarray("float32", [3, 1, 1, 1], Float32Array.of(0.3, 0.3, 0.3));
    const expected = await encoder.encode(images, ones);
    expectClose((await encoder.encode(images)).data, expected.data);
    expectClose((await encoder.encode(images, pixel)).data, expected.data);
  });

  test("a mask of zeros has features zero", async () => {
    const features = await encoder.encode(images, ndarray("uint8", [3, 1, 8, 8], new Uint8Array(192)));
    expect(features.data.every((value) => value === 0)).toBe(true);
  });

  test("no masks at all", async () => {
    const none = ndarray("uint8", [0, 1, SIZE, SIZE], new Uint8Array());
    expect((await encoder.encode(images, none)).shape).toEqual([0, 1, FEATURES]);
  });

  test("images of different sizes and wrong owners are refused", async () => {
    const source = {
      image: (id: number) => ndarray("uint8", [3, 8, 8 + id], new Uint8Array(24 * (8 + id))),
      mask: () => ndarray("uint8", [2, 2], new Uint8Array(4)),
    };
    await expect(encoder.encodeExemplars([0, 1], source)).rejects.toThrow("of [3,8,9]; expected all alike");
    for (const owner of [[1], [1, 3], [-1, 0]]) {
      await expect(encoder.encode(images, masksOf(2), Int32Array.from(owner))).rejects.toThrow("as many owners");
    }
  });

  test("an image that cannot be fetched fails the whole call", async () => {
    const source = {
      image: async () => Promise.reject(new Error("gone")),
      mask: () => ndarray("uint8", [2, 2], new Uint8Array(4)),
    };
    const ids = Int32Array.from({ length: 40 }, (_, i) => i);
    await expect(encoder.encodeExemplars(ids, source)).rejects.toThrow("gone");
  });
});

test("area pooling keeps what bilinear pooling loses, and is the same average for a full mask", async () => {
  const [byArea, bilinear] = await Promise.all(
    (["area", "reference"] as const).map((pooling) =>
      ImageEncoder.open(encoderModel({ ...config, pooling }, classifier)),
    ),
  );
  const dot: Mask = ndarray("uint8", [3, 1, SIZE, SIZE], new Uint8Array(3 * SIZE * SIZE));
  for (let i = 0; i < 3; i++) dot.data[i * SIZE * SIZE + 3 * SIZE + 17] = 1; // 2x2 cells of the last map meet elsewhere
  const lost = (await bilinear.encode(images, dot)).data.subarray(FEATURES - LAST, FEATURES);
  expect(lost.every((value) => value === 0)).toBe(true);
  const kept = (await byArea.encode(images, dot)).data.subarray(FEATURES - LAST, FEATURES);
  expect(kept.some((value) => value > 0)).toBe(true);
  expectClose((await byArea.encode(images)).data, (await bilinear.encode(images)).data);
  await byArea.close();
  await bilinear.close();
});

test("a spatial encoder keeps every place of the last layer; their mean is the pyramid's last level", async () => {
  const [spatial, pyramid] = await Promise.all(
    (["spatial", "pyramid"] as const).map((kind) => ImageEncoder.open(encoderModel({ ...config, kind }, classifier))),
  );
  expect(spatial.featureSize).toBe(LAST);
  const { shape, data } = await spatial.encode(images);
  expect(shape).toEqual([3, 4, LAST]); // 2 x 2 places of 40 x 40 pixels
  const mean = Float32Array.from(
    { length: LAST },
    (_, c) => (data[c] + data[LAST + c] + data[2 * LAST + c] + data[3 * LAST + c]) / 4,
  );
  expectClose(mean, (await pyramid.encode(images)).data.subarray(FEATURES - LAST, FEATURES));

  const masks = ndarray("uint8", [2, 1, SIZE, SIZE], new Uint8Array(2 * SIZE * SIZE).fill(1, SIZE * SIZE));
  const two = await spatial.encode(images, masks, Int32Array.of(2, 2));
  expectClose(row(two, 1), row(await spatial.encode(images), 2));
  expect(row(two, 0)).not.toEqual(row(two, 1));
  await spatial.close();
  await pyramid.close();
});

test("a graph that is no encoder, and an unknown network, are refused", async () => {
  const g = new GraphBuilder("other");
  g.output(g.node("Relu", [g.input("x", "float32", ["n"])]), "y", "float32", ["n"]);
  await expect(ImageEncoder.open(g.build())).rejects.toThrow("no output `features` of known size");
  expect(() => encoderModel({ ...config, network: "vgg16" }, classifier)).toThrow(
    "unknown network vgg16; expected one of",
  );
});
