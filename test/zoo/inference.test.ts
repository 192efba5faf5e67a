/** Networks as ONNX files: plain nodes, open axes where they can be, layers that a dissection finds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importModel } from "../../src/engine/grad/import.js";
import { type OnnxModel, writeModel } from "../../src/engine/onnx/model.js";
import { fromValueInfo } from "../../src/engine/onnx/values.js";
import { ndarray, zeros } from "../../src/engine/tensor/ndarray.js";
import { evaluate } from "../../src/engine/train/program.js";
import { openModel } from "../../src/exemplars/subject.js";
import { alexnet } from "../../src/zoo/alexnet.js";
import { bigganGenerator } from "../../src/zoo/biggan-generator.js";
import { dcganGenerator } from "../../src/zoo/dcgan.js";
import { type InferenceOptions, inferenceModel, type NetworkFunction } from "../../src/zoo/inference.js";
import { resnet } from "../../src/zoo/resnet.js";
import { VIT_SMALL, vit } from "../../src/zoo/vit.js";
import { weightsOf } from "./checks.js";
import { latents } from "./made-up.js";

const folder = mkdtempSync(join(tmpdir(), "milan-zoo-"));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (network: NetworkFunction, inputs: InferenceOptions["inputs"]) =>
  inferenceModel(network, weightsOf(network, inputs), { inputs, name: "test" });
const signature = ({ proto }: OnnxModel) =>
  Object.fromEntries(
    [...proto.graph!.input, ...proto.graph!.output].map((info) => [info.name, fromValueInfo(info)?.shape]),
  );
const small: NetworkFunction = ({ images }) => ({ logits: resnet(images, { depth: 20, width: 4 }).logits });
const any = { 0: "batch", 2: "height", 3: "width" };

test("weights are constants under their names, convolutions plain nodes, and sizes open", () => {
  const model = written(small, { images: { shape: [1, 3, 32, 32], open: any } });
  expect(signature(model)).toEqual({ images: ["batch", 3, "height", "width"], logits: ["batch", 10] });
  const { node, initializer } = model.proto.graph!;
  expect(initializer.map(({ name }) => name)).toContain("layer3.2.conv2.weight");
  const count = (type: string) => node.filter(({ opType }) => opType === type).length;
  expect([count("Conv"), count("BatchNormalization"), count("Relu")]).toEqual([21, 21, 19]);
  expect(new Set(node.map(({ opType }) => opType))).toEqual(
    new Set(["Conv", "Identity", "BatchNormalization", "Relu", "Add", "ReduceMean", "Gemm"]),
  );
});

test("an open axis of an output bears the input's name, or its own when it is longer or shorter", () => {
  const both: NetworkFunction = ({ images }) => {
    const { layers } = resnet(images, { depth: 20, width: 4 });
    return { full: layers.layer1, half: layers.layer2 };
  };
  expect(signature(written(both, { images: { shape: [2, 3, 32, 32], open: any } }))).toEqual({
    images: ["batch", 3, "height", "width"],
    full: ["batch", 4, "height", "width"],
    half: ["batch", 8, "half_2", "half_3"],
  });
});

test("axes whose size a network depends on cannot be open", () => {
  const narrow = { widths: [2, 2, 2, 2, 2], hidden: 3, classes: 2 };
  const fixed: [NetworkFunction, number][] = [
    [({ images }) => ({ logits: alexnet(images, narrow).logits }), 224],
    [({ images }) => ({ logits: vit(images, { ...VIT_SMALL, depth: 1 }).logits }), 32],
  ];
  for (const [network, size] of fixed) {
    expect(signature(written(network, { images: { shape: [1, 3, size, size] } })).images).toEqual([
      "batch",
      3,
      size,
      size,
    ]);
    expect(() => written(network, { images: { shape: [1, 3, size, size], open: any } })).toThrow(
      /writing the model: .* depends on the size of an open axis/,
    );
  }
});

test("weights that do not fit are listed; those of other networks may be among them", () => {
  const inputs = { images: { shape: [1, 3, 32, 32] } };
  const values = weightsOf(small, inputs);
  values.set("other.weight", zeros("float32", [3]));
  expect(() => inferenceModel(small, values, { inputs })).not.toThrow();
  values.delete("fc.weight");
  expect(() => inferenceModel(small, values, { inputs })).toThrow(
    "loading the weights: 1 missing (`fc.weight` [10,16])",
  );
});

const DISSECTED: [
  string,
  NetworkFunction,
  InferenceOptions["inputs"],
  Record<string, [kind: string, units: number]>,
][] = [
  [
    "resnet",
    small,
    { images: { shape: [1, 3, 32, 32] } },
    { conv1: ["map", 4], layer1: ["map", 4], layer2: ["map", 8], layer3: ["map", 16] },
  ],
  [
    "alexnet",
    ({ images }) => ({ logits: alexnet(images, { widths: [2, 3, 4, 5, 6], hidden: 3, classes: 2 }).logits }),
    { images: { shape: [1, 3, 64, 64] } },
    { "features.0": ["map", 2], "features.10": ["map", 6] },
  ],
  [
    "vit",
    ({ images }) => ({ logits: vit(images, { ...VIT_SMALL, depth: 2 }).logits }),
    { images: { shape: [1, 3, 32, 32] } },
    { "blocks.0": ["tokens", 128], "blocks.1.mlp.fc1": ["tokens", 512] },
  ],
  [
    "dcgan",
    ({ latents: z }) => ({ images: dcganGenerator(z, { size: 32, width: 2 }).images }),
    { latents: { shape: [1, 8] } },
    { "main.1": ["map", 8], "main.4": ["map", 4], "main.7": ["map", 2] },
  ],
];

test("layers that are dissected unless others are asked for have names", async () => {
  const path = join(folder, "names.onnx");
  await writeModel(written(small, { images: { shape: [1, 3, 32, 32] } }), path);
  const names = (await openModel(path)).layers.filter(({ principal }) => principal).map(({ name }) => name);
  expect(names.slice(0, 7)).toEqual([
    "bn1",
    ..."0.bn1 0 1.bn1 1 2.bn1".split(" ").map((name) => `layer1.${name}`),
    "layer1",
  ]);
  expect(names.slice(-2)).toEqual(["layer3.2.bn1", "layer3"]);
});

test.each(DISSECTED)("layers of %s are found by their names", async (name, network, inputs, expected) => {
  const path = join(folder, `${name}.onnx`);
  await writeModel(written(network, inputs), path);
  const { layers } = await openModel(path);
  const found = new Map(layers.map((layer) => [layer.name, [layer.kind, layer.units]]));
  for (const [layer, shape] of Object.entries(expected)) expect(found.get(layer), layer).toEqual(shape);
});

test("a generator that was written can be read again as a program, with resizing and constants", async () => {
  const network: NetworkFunction = ({ latents: z, labels }) => ({
    images: bigganGenerator(z, labels, { size: 32, classes: 3, width: 2, shared: 6 }).images,
  });
  const inputs = { latents: { shape: [2, 16] }, labels: { dtype: "int64" as const, shape: [2] } };
  const shapes = { latents: [2, 16], labels: [2] };
  const model = written(network, inputs);
  const { graph, tensors } = await importModel(model, { shapes });
  const values = new Map(
    [...graph.parameters].map(([name, { initial }]) => [
      name,
      "array" in initial ? initial.array : zeros("float32", []),
    ]),
  );
  const data = { latents: latents(2, 16), labels: ndarray("int64", [2], BigInt64Array.of(2n, 0n)) };
  const { images } = await evaluate(graph, { images: tensors.get("images")! }, data, values);
  expect(images.shape).toEqual([2, 3, 32, 32]);
  expect((images.data as Float32Array).at(-1)).toBeCloseTo(-0.059216, 5);
});
