/** Suffixes give what the whole ablated network gives, whatever layers are ablated. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { ablate } from "../../../src/engine/onnx/ablate.js";
import { candidates, type Layer } from "../../../src/engine/onnx/layers.js";
import { type OnnxModel, readModel } from "../../../src/engine/onnx/model.js";
import { ROWS, suffixBehind } from "../../../src/engine/onnx/suffix.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { fromValueInfo } from "../../../src/engine/onnx/values.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { probeShapes } from "../../../src/engine/runtime/probe.js";
import { type NdArray, ndarray } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";
import { difference, int64, layersOf, normal, run, smallNet } from "./nets.js";

/** Rows of images and masks, by the suffix and by the whole network. Returns the largest difference, and what crossed the border. */
async function compare(
  model: OnnxModel,
  layers: readonly Layer[],
  input: string,
  images: NdArray<"float32">,
  rows: number[],
) {
  const size = [images.shape[2], images.shape[3]] as const;
  const infos = await probeShapes(model, candidates(model), { size });
  const output = model.proto.graph!.output[0].name;
  const suffix = suffixBehind(model, layers, infos, [output]);
  const random = new Random(rows.length);
  const masks = layers.map(({ name, units }) => {
    const data = Float32Array.from({ length: rows.length * units }, () => (random.uniform() < 0.7 ? 1 : 0));
    return [name, ndarray("float32", [rows.length, units], data)] as const;
  });
  const inner = [...suffix.border.values()].filter(({ name }) => name !== input);
  const whole = { ...(await run(tap(model, inner), { [input]: images })), [input]: images };
  const border = [...suffix.border].map(([name, info]) => [name, whole[info.name]] as const);
  const own = masks.map(([name, mask]) => [suffix.masks.get(name)!, mask] as const);
  const session = await openSession(suffix.model);
  const found = await session.run({ [ROWS]: int64(...rows), ...Object.fromEntries([...border, ...own]) });
  await session.close();
  const { model: swept, masks: names } = ablate(model, layers);
  const values = images.data.length / images.shape[0];
  const repeated = Float32Array.from({ length: rows.length * values }, (_, i) => {
    return images.data[rows[Math.floor(i / values)] * values + (i % values)];
  });
  const expected = await run(swept, {
    [input]: ndarray("float32", [rows.length, ...images.shape.slice(1)], repeated),
    ...Object.fromEntries(masks.map(([name, mask]) => [names.get(name)!, mask])),
  });
  return {
    difference: difference(found[output], expected[output]),
    border: [...suffix.border.values()].map(({ name }) => name),
  };
}

test("any layers of a residual block with a concatenation", async () => {
  const net = smallNet();
  const layers = (await layersOf(net)).filter(({ name }) => name !== "logits");
  expect(layers.length).toBeGreaterThan(6);
  for (let bits = 1; bits < 2 ** layers.length; bits += 23) {
    const some = layers.filter((_, i) => bits & (2 ** i));
    const { difference: most } = await compare(net, some, "x", normal([3, 3, 8, 8]), [0, 2, 2, 1, 0]);
    expect(most).toBeLessThan(1e-5);
  }
});

test("what is beside an ablated branch crosses the border, and nothing before it", async () => {
  const net = smallNet();
  const layers = await layersOf(net);
  const left = layers.find(({ name }) => name.includes("left_act"))!;
  const { border } = await compare(net, [left], "x", normal([2, 3, 8, 8]), [1, 0]);
  expect(border.sort()).toEqual(
    ["/block/left_act/Relu_output_0", "/block/right_act/Relu_output_0", "/stem/Relu_output_0"].sort(),
  );
});

test("a model of a fixed batch is refused in a line", async () => {
  const net = smallNet();
  const layers = await layersOf(net);
  const input = fromValueInfo(net.proto.graph!.input[0])!;
  expect(input.shape[0]).toBe("n");
  const { withGraph } = await import("../../../src/engine/onnx/edit.js");
  const { toValueInfo } = await import("../../../src/engine/onnx/values.js");
  const fixed = withGraph(net, { input: [toValueInfo({ ...input, shape: [2, 3, 8, 8] })] });
  expect(() => suffixBehind(fixed, [layers[0]], new Map(), ["logits"])).toThrow(/takes exactly 2 images at once/);
});

describeShared("real networks", () => {
  test.each([
    ["resnet20-cifar10.onnx", 32],
    ["squeezenet1_1-imagenet.onnx", 224],
  ])("%s, each principal layer and all of them", async (file, side) => {
    const model = await readModel(shared(`data/models/${file}`));
    const layers = (await layersOf(model)).filter(({ principal }) => principal);
    const input = fromValueInfo(model.proto.graph!.input[0])!.name;
    const images = normal([2, 3, side, side]);
    for (const some of [...layers.filter((_, i) => i % 4 === 0).map((one) => [one]), layers]) {
      const { difference: most } = await compare(model, some, input, images, [0, 1, 1]);
      expect(most).toBeLessThan(1e-3);
    }
  });
});
