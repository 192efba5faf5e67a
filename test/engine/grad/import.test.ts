/** Models that others exported, as tensor programs: the same outputs, and PyTorch's gradients. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { differentiate } from "../../../src/engine/grad/differentiate.js";
import { importModel } from "../../../src/engine/grad/import.js";
import * as op from "../../../src/engine/grad/ops.js";
import { readModel } from "../../../src/engine/onnx/model.js";
import { foldShapes } from "../../../src/engine/runtime/fold.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { type NdArray, ndarray, sizeOf } from "../../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../../src/engine/tensor/npy.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import { Program } from "../../../src/engine/train/program.js";
import { describeShared, shared } from "../../shared.js";

/** Outputs of a model and the gradients of their sum with respect to the images and to the weights called `of`. */
async function differentiated(path: string, images: NdArray, of: readonly string[] = []) {
  const model = await readModel(shared(path));
  const shapes = { input: images.shape };
  const { graph, tensors } = await importModel(model, { shapes, folded: await foldShapes(model, shapes) });
  const [{ name }] = model.proto.graph!.output;
  const logits = tensors.get(name)!;
  const wanted = [tensors.get("input")!, ...of.map((weight) => graph.parameters.get(weight)!.tensor)];
  const gradients = differentiate(op.sum(logits), wanted);
  const outputs = { logits, ...Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])) };
  const program = await Program.open(graph, { outputs });
  const theirs = await openSession(model);
  try {
    const { logits: ours, ...found } = await program.run(
      { input: images },
      initialise(graph.parameters, new Random(0)),
    );
    const expected = (await theirs.run({ input: images }))[name];
    return { ours, expected, gradients: wanted.map((_, i) => Array.from(found[`g${i}`].data as Float32Array)) };
  } finally {
    await program.close();
    await theirs.close();
  }
}

const normOf = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const against = (values: readonly number[]) => values.reduce((sum, value, i) => sum + value * Math.sin(i), 0);

function expectSame({ data: ours }: NdArray, { data: expected }: NdArray): void {
  const numbers = Array.from(expected as Float32Array);
  const scale = Math.max(...numbers.map(Math.abs));
  for (const [i, value] of numbers.entries()) expect(Math.abs(value - Number(ours[i]))).toBeLessThan(2e-5 * scale);
}

describeShared("imported models", () => {
  test.each([
    ["data/models/squeezenet1_1-imagenet.onnx", 224],
    ["data/models/mobilenet_v1_0.75_192-imagenet.onnx", 192],
    ["data/models/resnet20-cifar10.onnx", 32],
  ] as const)("%s: outputs, and a gradient everywhere", async (path, size) => {
    const random = new Random(1);
    const shape = [1, 3, size, size];
    const images = ndarray(
      "float32",
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    );
    const { ours, expected, gradients } = await differentiated(path, images);
    expectSame(ours, expected);
    expect(normOf(gradients[0])).toBeGreaterThan(0);
    expect(gradients[0].every(Number.isFinite)).toBe(true);
  });

  // PyTorch 1.13 on the same weights: norm, sum against sin(i), and the head's weight gradient's norm and first value
  test.each([
    ["reslite", "reslite.onnx", "fc.weight", [4.0403146, 4.3785226, 28.4007623, 2.219276]],
    ["reslite", "reslite.bn.onnx", "fc.weight", [4.0403146, 4.3785226, 28.4007623, 2.219276]],
    ["alexlite", "alexlite.onnx", "classifier.1.weight", [2.5176419, -0.1532213, 18.4922741, 0.8379625]],
  ] as const)("%s: %s has PyTorch's gradients", async (name, file, head, [norm, sum, headNorm, first]) => {
    const four = await readNpy(shared(`golden/models/${name}.input4.npy`));
    const shape = [2, ...four.shape.slice(1)];
    const images = ndarray("float32", shape, (four.data as Float32Array).slice(0, sizeOf(shape)));
    const { ours, expected, gradients } = await differentiated(`golden/models/${file}`, images, [head]);
    expectSame(ours, expected);
    expect(normOf(gradients[0])).toBeCloseTo(norm, 4);
    expect(against(gradients[0])).toBeCloseTo(sum, 3);
    expect(normOf(gradients[1])).toBeCloseTo(headNorm, 3);
    expect(gradients[1][0]).toBeCloseTo(first, 4);
  });

  test("refuses what has no derivative, naming it", async () => {
    const model = await readModel(shared("golden/models/reslite.onnx"));
    for (const node of model.proto.graph!.node) if (node.opType === "Relu") node.opType = "NonZero";
    const shapes = { input: [1, 3, 112, 112] };
    await expect(importModel(model, { shapes })).rejects.toThrow(/NonZero have no derivative here; expected Abs/);
    const unshaped = importModel(await readModel(shared("golden/models/reslite.onnx")), { shapes: {} });
    await expect(unshaped).rejects.toThrow(/input "input" has no shape/);
  });
});
