import { describe, expect, test } from "vitest";
import { ablate, bakeAblation } from "../../../src/engine/onnx/ablate.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { cut } from "../../../src/engine/onnx/cut.js";
import type { Layer } from "../../../src/engine/onnx/layers.js";
import { decodeModel, encodeModel, readModel } from "../../../src/engine/onnx/model.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { type NdArray, ndarray, zeros } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";
import { branchingNet, difference, layersOf, normal, run, smallNet } from "./nets.js";

const layer = (name: string, shape: number[], more: Partial<Layer> = {}): Layer => ({
  name,
  shape,
  kind: shape.length === 4 ? "map" : shape.length === 3 ? "tokens" : "vector",
  units: shape[shape.length === 3 ? 2 : 1],
  dtype: "float32",
  shortNames: [],
  op: "",
  principal: true,
  ...more,
});

const ones = (units: number) => ndarray("float32", [1, units], new Float32Array(units).fill(1));

describe("a convolutional network", () => {
  const net = smallNet();
  const stem = layer("/stem/Relu_output_0", [-1, 4, 8, 8]);
  const block = layer("/block/Concat_output_0", [-1, 5, 8, 8]);
  const x = normal([3, 3, 8, 8]);

  test("masks of ones change nothing, and must be fed", async () => {
    const before = encodeModel(net);
    const { model, masks } = ablate(net, [stem, block]);
    expect([...masks.keys()]).toEqual([stem.name, block.name]);
    const feeds = { x, [masks.get(stem.name)!]: ones(4), [masks.get(block.name)!]: ones(5) };
    expect(difference((await run(model, feeds)).logits, (await run(net, { x })).logits)).toBeLessThan(1e-6);
    await expect(run(model, { x })).rejects.toThrow();
    expect(Buffer.compare(encodeModel(net), before)).toBe(0);
  });

  test("a mask does what feeding the rest of the network masked activations does", async () => {
    const activations = await run(cut(net, [{ name: "x", dtype: "float32", shape: [] }], [{ ...stem }]), { x });
    const mask = Float32Array.of(1, 0, 0.5, -2);
    const masked = Float32Array.from(activations[stem.name].data as Float32Array, (v, i) => v * mask[(i >> 6) & 3]);
    const suffix = cut(net, [{ ...stem }], ["logits"]);
    const expected = await run(suffix, { [stem.name]: ndarray("float32", [3, 4, 8, 8], masked) });
    const swept = ablate(net, [stem]);
    const out = await run(swept.model, { x, [swept.masks.get(stem.name)!]: ndarray("float32", [1, 4], mask) });
    expect(difference(out.logits, expected.logits)).toBeLessThan(1e-5);
    const baked = decodeModel(encodeModel(bakeAblation(net, [{ layer: stem, mask }])));
    expect(difference((await run(baked, { x })).logits, expected.logits)).toBeLessThan(1e-5);
  });

  test("a mask for every image", async () => {
    const { model, masks } = ablate(net, [stem]);
    const rows = ndarray("float32", [3, 4], Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1));
    const [whole, out] = [await run(net, { x }), await run(model, { x, [masks.get(stem.name)!]: rows })];
    const none = await run(bakeAblation(net, [{ layer: stem, mask: [0, 0, 0, 0] }]), { x });
    const row = (array: NdArray, i: number) => [...array.data.slice(5 * i, 5 * i + 5)].map(Number);
    expect(row(out.logits, 0)).toEqual(row(whole.logits, 0));
    expect(row(out.logits, 1)).toEqual(row(none.logits, 1));
  });

  test("units last are silenced like units first", async () => {
    const last = (axes: number[], name: string) => {
      const g = new GraphBuilder("last");
      const conv = g.node("Conv", [g.input("x", "float32", ["n", 3, 4, 4]), g.constant(weights)], {}, ["conv"]);
      const seen = g.node("Transpose", [conv], { perm: axes }, ["seen"]);
      g.output(g.node("Relu", [name === "conv" ? conv : seen], {}, ["out"]), "out", "float32", ["n", 4, 4, 4]);
      return g.build();
    };
    const weights = normal([4, 3, 1, 1]);
    const pictures = normal([2, 3, 4, 4]);
    const mask = [0, 1, 0.5, 1];
    const grid = layer("seen", [-1, 4, 4, 4], { kind: "grid", units: 4 });
    const ours = await run(bakeAblation(last([0, 2, 3, 1], "seen"), [{ layer: grid, mask }]), { x: pictures });
    const map = layer("conv", [-1, 4, 4, 4]);
    const theirs = await run(bakeAblation(last([0, 2, 3, 1], "conv"), [{ layer: map, mask }]), { x: pictures });
    const at = (n: number, unit: number, pixel: number, units: number, pixels: number) =>
      Number(ours.out.data[(n * pixels + pixel) * units + unit]);
    for (const [i, value] of theirs.out.data.entries()) {
      expect(at(Math.floor(i / 64), Math.floor(i / 16) % 4, i % 16, 4, 16)).toBeCloseTo(Number(value), 5);
    }
  });

  test("a layer that is an output keeps its name there", async () => {
    const tapped = tap(net, [{ ...stem }]);
    const out = await run(bakeAblation(tapped, [{ layer: stem, mask: [0, 1, 0, 1] }]), { x });
    expect(Object.keys(out)).toEqual(["logits", stem.name]);
    expect(out[stem.name].data.slice(0, 64)).toEqual(new Float32Array(64));
  });

  test("ablating twice multiplies the masks", async () => {
    const first = bakeAblation(net, [{ layer: stem, mask: [2, 1, 1, 1] }]);
    const twice = await run(bakeAblation(first, [{ layer: stem, mask: [3, 1, 0, 1] }]), { x });
    const once = await run(bakeAblation(net, [{ layer: stem, mask: [6, 1, 0, 1] }]), { x });
    expect(difference(twice.logits, once.logits)).toBeLessThan(1e-5);
  });

  test("wrong masks and layers are refused", () => {
    expect(() => bakeAblation(net, [{ layer: stem, mask: [1] }])).toThrow(/expected a mask of 4 units, got 1/);
    expect(() => ablate(net, [stem, stem])).toThrow(/the layer is given twice/);
    expect(() => ablate(net, [layer("/stem/Relu", [-1, 4, 8, 8])])).toThrow(/nearest: "\/stem\/Relu_output_0"/);
  });
});

test.each(["float16", "float64"] as const)("tokens and vectors, in %s", async (dtype) => {
  const g = new GraphBuilder("tokens");
  const to = dtype === "float16" ? 10 : 11;
  const tokens = g.node("Cast", [g.input("x", "float32", ["n", 3, 2])], { to }, ["tokens"]);
  const vector = g.node(
    "ReduceSum",
    [tokens, g.constant(ndarray("int64", [1], BigInt64Array.of(1n)))],
    { keepdims: 0 },
    ["vector"],
  );
  g.output(g.node("Cast", [vector], { to: 1 }, ["y"]), "y", "float32", ["n", 2]);
  const x = ndarray("float32", [1, 3, 2], Float32Array.of(1, 10, 2, 20, 3, 30));
  const layers = [layer("tokens", [-1, 3, 2], { dtype }), layer("vector", [-1, 2], { dtype })];
  const { model, masks } = ablate(g.build(), layers);
  const mask = (...values: number[]) => ndarray("float32", [1, 2], Float32Array.from(values));
  const out = await run(model, { x, [masks.get("tokens")!]: mask(1, 0.5), [masks.get("vector")!]: mask(0, 1) });
  expect([...out.y.data]).toEqual([0, 30]);
  const baked = bakeAblation(g.build(), [{ layer: layers[0], mask: [0.5, 0] }]);
  expect([...(await run(baked, { x })).y.data]).toEqual([3, 0]);
});

test("readers within subgraphs see the mask", async () => {
  const baked = bakeAblation(branchingNet(), [{ layer: layer("h", [-1, 4]), mask: [0, 1, 1, 1] }]);
  const feeds = {
    flag: ndarray("bool", [], Uint8Array.of(1)),
    x: ndarray("float32", [1, 4], Float32Array.of(5, 6, 7, 8)),
  };
  expect([...(await run(baked, feeds)).y.data]).toEqual([1, 7, 8, 9]);
});

describeShared("real networks", () => {
  test("every principal layer of resnet20 at once: ones are the identity, zeros leave the bias of the last layer", async () => {
    const model = await readModel(shared("data/models/resnet20-cifar10.onnx"));
    const layers = (await layersOf(model)).filter(({ principal }) => principal);
    const input = normal([2, 3, 32, 32]);
    const { model: swept, masks } = ablate(model, layers);
    const feeds = (fill: number) => ({
      input,
      ...Object.fromEntries(
        layers.map(({ name, units }) => [
          masks.get(name)!,
          ndarray("float32", [1, units], new Float32Array(units).fill(fill)),
        ]),
      ),
    });
    expect(difference((await run(swept, feeds(1))).logits, (await run(model, { input })).logits)).toBeLessThan(1e-5);
    const last = layers.at(-1)!;
    const suffix = cut(model, [{ ...last }], ["logits"]);
    const silent = await run(suffix, { [last.name]: zeros("float32", [2, ...last.shape.slice(1)]) });
    expect(difference((await run(swept, feeds(0))).logits, silent.logits)).toBeLessThan(1e-6);
  });
});
