import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { withGraph } from "../../../src/engine/onnx/edit.js";
import { candidates, type Layer, resolveLayers } from "../../../src/engine/onnx/layers.js";
import { type OnnxModel, readModel } from "../../../src/engine/onnx/model.js";
import { StringStringEntryProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { derive } from "../../../src/engine/onnx/proto.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../../src/engine/tensor/npy.js";
import { describeShared, shared } from "../../shared.js";
import { branchingNet, difference, int64, layersOf, normal, run, smallNet } from "./nets.js";

const principal = (layers: readonly Layer[]) => layers.filter((layer) => layer.principal).map(({ name }) => name);
const short = (layers: readonly Layer[]) => Object.fromEntries(layers.map((layer) => [layer.name, layer.shortNames]));

describe("a network with modules, a concatenation and a residual sum", () => {
  test("layers with kind, units and shape, in the order they are computed", async () => {
    const layers = await layersOf(smallNet());
    expect(layers.map(({ name, kind, units, shape, op }) => [name, kind, units, shape, op])).toEqual([
      ["/stem/conv/Conv_output_0", "map", 4, [-1, 4, 8, 8], "Conv"],
      ["/stem/Relu_output_0", "map", 4, [-1, 4, 8, 8], "Relu"],
      ["/block/left/Conv_output_0", "map", 2, [-1, 2, 8, 8], "Conv"],
      ["/block/left_act/Relu_output_0", "map", 2, [-1, 2, 8, 8], "Relu"],
      ["/block/right/Conv_output_0", "map", 3, [-1, 3, 8, 8], "Conv"],
      ["/block/right_act/Relu_output_0", "map", 3, [-1, 3, 8, 8], "Relu"],
      ["/block/Concat_output_0", "map", 5, [-1, 5, 8, 8], "Concat"],
      ["/block/project/Conv_output_0", "map", 4, [-1, 4, 8, 8], "Conv"],
      ["/block/Add_output_0", "map", 4, [-1, 4, 8, 8], "Add"],
      ["/block/Relu_output_0", "map", 4, [-1, 4, 8, 8], "Relu"],
      ["/pool/GlobalAveragePool_output_0", "map", 4, [-1, 4, 1, 1], "GlobalAveragePool"],
      ["/Flatten_output_0", "vector", 4, [-1, 4], "Flatten"],
      ["logits", "vector", 5, [-1, 5], "Gemm"],
    ]);
  });

  test("a module names the last tensor made in it; principal are the results of blocks", async () => {
    const layers = await layersOf(smallNet());
    expect(short(layers)).toMatchObject({
      "/stem/conv/Conv_output_0": ["stem.conv"],
      "/stem/Relu_output_0": ["stem"],
      "/block/Concat_output_0": [],
      "/block/Relu_output_0": ["block"],
      logits: ["head"],
    });
    expect(principal(layers)).toEqual(["/stem/Relu_output_0", "/block/Concat_output_0", "/block/Relu_output_0"]);
  });
});

describe("choosing layers", () => {
  const named = (name: string, ...shortNames: string[]): Layer => ({
    ...{ name, shortNames, kind: "map", units: 1, shape: [-1, 1, 1, 1], dtype: "float32", op: "Relu", principal: true },
  });
  const layers = [
    named("/a/a.0/relu/Relu", "a.0", "a.0.relu"),
    named("/a/a.1/relu/Relu", "a", "a.1", "a.1.relu"),
    named("b", "12"),
    named("12"),
  ];
  const chosen = (...wanted: string[]) => resolveLayers(layers, wanted).map(({ name }) => name);

  test("a tensor's own name wins, then a module's, then the end of one", () => {
    expect(chosen("12")).toEqual(["12"]);
    expect(chosen("a.0.relu", "/a/a.1/relu/Relu")).toEqual(["/a/a.0/relu/Relu", "/a/a.1/relu/Relu"]);
    expect(chosen("a", "a.1", "b")).toEqual(["/a/a.1/relu/Relu", "b"]);
    expect(chosen("1.relu")).toEqual(["/a/a.1/relu/Relu"]);
  });

  test("what is ambiguous or unknown is answered with names", () => {
    expect(() => chosen("relu")).toThrow(
      'choosing layers: "relu" is ambiguous; it ends 2 names, among them: a.0.relu, a.1.relu',
    );
    expect(() => chosen("a.2")).toThrow(/"a.2" is no layer of the model; nearest: a, a\.0, a\.1/);
    expect(() => chosen("a.2")).toThrow(UserError);
  });
});

describe("attention", () => {
  /** One block of a vision transformer on 5 tokens of 8 units, 2 heads, written out as exporters do. */
  function transformer(): OnnxModel {
    const g = new GraphBuilder("transformer");
    const dense = (from: string, inputs: number, outputs: number, name: string) =>
      g.node(
        "Add",
        [g.node("MatMul", [from, g.constant(normal([inputs, outputs]))]), g.constant(normal([outputs]))],
        {},
        [name],
      );
    const embedded = g.node("Add", [g.input("x", "float32", ["n", 5, 8]), g.constant(normal([1, 5, 8]))], {}, [
      "embedded",
    ]);
    const ln = [g.constant(normal([8])), g.constant(normal([8]))];
    const normed = g.node("LayerNormalization", [embedded, ...ln], { axis: -1 }, ["normed"]);
    const heads = (name: string) =>
      g.node("Transpose", [g.node("Reshape", [dense(normed, 8, 8, name), g.constant(int64(0, 5, 2, 4))])], {
        perm: [0, 2, 1, 3],
      });
    const keys = g.node("Transpose", [heads("k")], { perm: [0, 1, 3, 2] });
    const scores = g.node("Softmax", [g.node("MatMul", [heads("q"), keys], {}, ["scores"])], { axis: -1 }, [
      "attention",
    ]);
    const mixed = g.node("Transpose", [g.node("MatMul", [scores, heads("v")])], { perm: [0, 2, 1, 3] });
    const joined = g.node("Reshape", [mixed, g.constant(int64(0, 5, 8))], {}, ["joined"]);
    const after = g.node("Add", [dense(joined, 8, 8, "projected"), embedded], {}, ["after_attention"]);
    const fc1 = dense(g.node("LayerNormalization", [after, ...ln], { axis: -1 }), 8, 16, "fc1");
    const erf = g.node("Erf", [g.node("Div", [fc1, g.constant(ndarray("float32", [], Float32Array.of(Math.SQRT2)))])]);
    const half = g.node("Mul", [fc1, g.node("Add", [erf, g.constant(ndarray("float32", [], Float32Array.of(1)))])]);
    const gelu = g.node("Mul", [half, g.constant(ndarray("float32", [], Float32Array.of(0.5)))], {}, ["gelu"]);
    const out = g.node("Add", [dense(gelu, 16, 8, "fc2"), after], {}, ["block"]);
    const first = g.node("Gather", [out, g.constant(ndarray("int64", [], BigInt64Array.of(0n)))], { axis: 1 }, [
      "class",
    ]);
    g.output(g.node("Gemm", [first, g.constant(normal([8, 3]))], {}, ["logits"]), "logits", "float32", ["n", 3]);
    return g.build();
  }

  test("tokens are layers, heads and scores are not; fc1 is taken after its activation", async () => {
    const layers = await layersOf(transformer());
    const kinds = Object.fromEntries(layers.map(({ name, kind, units }) => [name, `${kind} ${units}`]));
    expect(kinds).toMatchObject({
      embedded: "tokens 8",
      q: "tokens 8",
      fc1: "tokens 16",
      gelu: "tokens 16",
      block: "tokens 8",
      class: "vector 8",
    });
    for (const name of ["scores", "attention", "joined"]) expect(kinds).not.toHaveProperty(name);
    expect(principal(layers)).toEqual(["after_attention", "gelu", "block"]);
  });
});

describe("units last", () => {
  /** A convolution, then a block of a transformer with windows that are shifted, then patches merged; [n, 8, 8, 4] as exporters write it. */
  function windows(): OnnxModel {
    const g = new GraphBuilder("windows");
    const dense = (from: string, inputs: number, outputs: number, name: string) =>
      g.node("MatMul", [from, g.constant(normal([inputs, outputs]))], {}, [name]);
    const slice = (from: string, axis: number, start: number, end: number, step = 1, name?: string) =>
      g.node(
        "Slice",
        [from, ...[start, end, axis, step].map((n) => g.constant(int64(n)))],
        {},
        name ? [name] : undefined,
      );
    const conv = g.node("Conv", [g.input("x", "float32", ["n", 3, 8, 8]), g.constant(normal([4, 3, 1, 1]))], {}, [
      "conv",
    ]);
    const embedded = g.node("Transpose", [conv], { perm: [0, 2, 3, 1] }, ["embedded"]);
    const rolled = g.node("Concat", [slice(embedded, 1, 2, 8), slice(embedded, 1, 0, 2)], { axis: 1 }, ["rolled"]);
    const split = g.node("Reshape", [rolled, g.constant(int64(0, 2, 4, 2, 4, 4))]);
    const apart = g.node("Transpose", [split], { perm: [0, 1, 3, 2, 4, 5] });
    const windowed = g.node("Reshape", [apart, g.constant(int64(0, 4, 16, 4))], {}, ["windowed"]);
    const attended = dense(g.node("Softmax", [windowed], { axis: 2 }), 4, 4, "attended");
    const together = g.node("Transpose", [g.node("Reshape", [attended, g.constant(int64(0, 2, 2, 4, 4, 4))])], {
      perm: [0, 1, 3, 2, 4, 5],
    });
    const back = g.node("Reshape", [together, g.constant(int64(0, 8, 8, 4))], {}, ["back"]);
    const after = g.node("Add", [embedded, back], {}, ["after"]);
    const hidden = g.node("Relu", [dense(after, 4, 12, "fc1")], {}, ["hidden"]);
    const block = g.node("Add", [after, dense(hidden, 12, 4, "fc2")], {}, ["block"]);
    const half = slice(block, 1, 0, 4, 1, "half");
    const corners = [0, 1].flatMap((y) =>
      [0, 1].map((x) => slice(slice(block, 1, y, 8, 2), 2, x, 8, 2, `corner${y}${x}`)),
    );
    const merged = g.node("Concat", corners, { axis: 3 }, ["merged"]);
    const out = g.node("Relu", [dense(merged, 16, 8, "reduced")], {}, ["out"]);
    g.output(g.node("ReduceMean", [half], { axes: [1, 2], keepdims: 0 }), "pooled", "float32", ["n", 4]);
    g.output(g.node("Transpose", [out], { perm: [0, 3, 1, 2] }, ["last"]), "last", "float32", ["n", 8, 4, 4]);
    return g.build();
  }

  test("are layers where each pixel is still in its place, and none where it may not be", async () => {
    const layers = await layersOf(windows());
    const shapes = Object.fromEntries(
      layers.map(({ name, kind, units, shape }) => [name, `${kind} ${units} ${shape}`]),
    );
    expect(shapes).toMatchObject({
      conv: "map 4 -1,4,8,8",
      embedded: "grid 4 -1,8,8,4",
      after: "grid 4 -1,8,8,4",
      hidden: "grid 12 -1,8,8,12",
      block: "grid 4 -1,8,8,4",
      corner01: "grid 4 -1,4,4,4",
      merged: "grid 16 -1,4,4,16",
      out: "grid 8 -1,4,4,8",
      last: "map 8 -1,8,4,4",
    });
    for (const name of ["rolled", "windowed", "attended", "back", "half"]) expect(shapes).not.toHaveProperty(name);
    expect(principal(layers)).toEqual(["conv", "after", "hidden", "block", "out"]);
  });
});

describe("activations and gates", () => {
  test("a gated activation is one, the gate of squeeze-and-excitation none", async () => {
    const g = new GraphBuilder("se");
    const conv = (from: string, inputs: number, outputs: number, name: string) =>
      g.node("Conv", [from, g.constant(normal([outputs, inputs, 1, 1]))], { kernel_shape: [1, 1] }, [name]);
    const c1 = conv(g.input("x", "float32", ["n", 3, 6, 6]), 3, 8, "c1");
    const silu = g.node("Mul", [c1, g.node("Sigmoid", [c1])], {}, ["silu"]);
    const squeezed = g.node("Relu", [conv(g.node("GlobalAveragePool", [silu]), 8, 2, "squeeze")]);
    const gate = g.node("Sigmoid", [conv(squeezed, 2, 8, "excite")], {}, ["gate"]);
    const gated = g.node("Mul", [silu, gate], {}, ["gated"]);
    const c2 = conv(gated, 8, 4, "c2");
    g.output(g.node("Softmax", [g.node("Flatten", [g.node("GlobalMaxPool", [c2])])], {}, ["p"]), "p", "float32", [
      "n",
      4,
    ]);
    const layers = await layersOf(g.build());
    expect(layers.map(({ name }) => name)).toContain("gate");
    expect(principal(layers)).toEqual(["silu", "c2"]);
  });

  test("a generator: dense, then transposed convolutions after batch norm and ReLU; not the image", async () => {
    const g = new GraphBuilder("generator");
    const z = g.node("Concat", [g.input("z", "float32", ["n", 4]), g.input("label", "float32", ["n", 2])], { axis: 1 });
    const fc = g.node("Relu", [g.node("Gemm", [z, g.constant(normal([6, 32]))])], {}, ["fc"]);
    const seed = g.node("Reshape", [fc, g.constant(int64(-1, 8, 2, 2))], {}, ["seed"]);
    const up = g.node("ConvTranspose", [seed, g.constant(normal([8, 6, 2, 2]))], { strides: [2, 2] });
    const bn = [normal([6]), normal([6]), normal([6]), ndarray("float32", [6], new Float32Array(6).fill(1))];
    const act = g.node("Relu", [g.node("BatchNormalization", [up, ...bn.map((array) => g.constant(array))])], {}, [
      "act",
    ]);
    const image = g.node("ConvTranspose", [act, g.constant(normal([6, 3, 2, 2]))], { strides: [2, 2] });
    g.output(g.node("Tanh", [image], {}, ["image"]), "image", "float32", ["n", 3, 8, 8]);
    expect(principal(await layersOf(g.build()))).toEqual(["fc", "act"]);
  });
});

describe("names of other exporters", () => {
  const conv = (g: GraphBuilder, from: string, name: string, weight?: string) =>
    g.node("Conv", [from, g.constant(normal([3, 3, 1, 1]), weight)], { kernel_shape: [1, 1] }, [name]);

  test("TensorFlow's scopes, with and without what all share", async () => {
    const g = new GraphBuilder("tf");
    const a = g.node("Relu", [conv(g, g.input("x", "float32", ["n", 3, 4, 4]), "call/net/conv_0/Conv2D:0")], {}, [
      "call/net/conv_0/Relu6:0",
    ]);
    g.node("Identity", [conv(g, a, "call/net/conv_1/Conv2D:0")], {}, ["Identity:0"]);
    g.output("Identity:0", "Identity:0", "float32", ["n", 3, 4, 4]);
    expect(short(await layersOf(g.build()))).toMatchObject({
      "call/net/conv_0/Conv2D:0": [],
      "call/net/conv_0/Relu6:0": ["call/net/conv_0", "conv_0"],
      "call/net/conv_1/Conv2D:0": ["call", "call/net", "call/net/conv_1", "conv_1"],
    });
  });

  test("numbered tensors: by the weight's module, else by the node", async () => {
    const g = new GraphBuilder("old");
    g.node("Relu", [conv(g, g.input("x", "float32", ["n", 3, 4, 4]), "7", "layer1.0.conv1.weight")], {}, ["8"]);
    g.output("8", "8", "float32", ["n", 3, 4, 4]);
    const names = short(await layersOf(g.build()));
    expect(names["7"]).toEqual(["layer1.0.conv1"]);
    expect(names["8"]).toHaveLength(1);
    expect(names["8"][0]).toMatch(/^Relu/);
  });

  test("scopes in metadata, as PyTorch's newer exporter writes them", async () => {
    const g = new GraphBuilder("dynamo");
    const first = conv(g, g.input("x", "float32", ["n", 3, 4, 4]), "conv2d");
    g.node("Relu", [first], {}, ["relu"]);
    g.output("relu", "relu", "float32", ["n", 3, 4, 4]);
    const model = g.build();
    const scopes = ["['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']", "['', 'layer1', 'relu']"];
    const node = model.proto.graph!.node.map((old, i) =>
      derive(old, {
        metadataProps: [create(StringStringEntryProtoSchema, { key: "pkg.torch.onnx.name_scopes", value: scopes[i] })],
      }),
    );
    expect(short(await layersOf(withGraph(model, { node })))).toEqual({
      conv2d: ["layer1.0", "layer1.0.conv1"],
      relu: ["layer1"],
    });
  });
});

test("what depends on the data alone is a candidate: no shape arithmetic, no weights", () => {
  const g = new GraphBuilder("shapes");
  const x = g.input("x", "float32", ["n", 6]);
  const size = g.node("Shape", [x], {}, ["size"]);
  const transposed = g.node("Transpose", [g.constant(normal([6, 6]))], {}, ["weights"]);
  const y = g.node("MatMul", [g.node("Expand", [g.constant(normal([1, 6])), size], {}, ["expanded"]), transposed], {}, [
    "constant",
  ]);
  g.output(g.node("Add", [y, x], {}, ["sum"]), "sum", "float32", ["n", 6]);
  expect(candidates(g.build())).toEqual(["sum"]);
  expect(candidates(branchingNet())).toEqual(["h", "y"]);
});

describeShared("real networks", () => {
  const layersAt = async (path: string) => layersOf(await readModel(shared(path)));

  test("squeezenet: fire modules by their concatenation", async () => {
    const layers = await layersAt("data/models/squeezenet1_1-imagenet.onnx");
    const [fire, first] = resolveLayers(layers, ["features.12", "features.1"]);
    expect(fire).toMatchObject({ name: "/features/features.12/Concat_output_0", units: 512, shape: [-1, 512, 13, 13] });
    expect(first.op).toBe("Relu");
    expect(principal(layers)).toHaveLength(18);
    expect(principal(layers)).not.toContain("/features/features.12/expand1x1_activation/Relu_output_0");
  });

  test("resnet20: the activations of every block, not its shortcuts; folded batch norm is noted", async () => {
    const layers = await layersAt("data/models/resnet20-cifar10.onnx");
    expect(principal(layers)).toHaveLength(19);
    expect(principal(layers).every((name) => name.includes("Relu"))).toBe(true);
    const [conv1, layer3] = resolveLayers(
      layers,
      ["conv1", "layer3"].map((name) => name),
    );
    expect(conv1.note).toMatch(/batch normalisation is folded in: no tensor equals the source network's conv1/);
    expect(layer3).toMatchObject({ name: "/layer3/layer3.2/Relu_1_output_0", units: 64, shape: [-1, 64, 8, 8] });
  });

  test("mobilenet: every depthwise and pointwise convolution after its clipped ReLU", async () => {
    const layers = await layersAt("data/models/mobilenet_v1_0.75_192-imagenet.onnx");
    expect(principal(layers)).toHaveLength(27);
    expect(layers.filter((layer) => layer.principal).every(({ op }) => op === "Clip")).toBe(true);
  });

  test("the modules of reslite with its batch norm are what the reference code taps", async () => {
    const taps = await readModel(shared("golden/models/reslite.taps.onnx"));
    const input = (await readNpy(shared("golden/models/reslite.input4.npy"))) as ReturnType<typeof normal>;
    const expected = await run(taps, { input });
    const model = await readModel(shared("golden/models/reslite.bn.onnx"));
    const names = ["conv1", "layer1", "layer3"];
    const layers = resolveLayers(await layersOf(model), names);
    const out = await run(tap(model, layers), { input });
    for (const [i, name] of names.entries()) expect(difference(out[layers[i].name], expected[name])).toBeLessThan(1e-5);
    expect(layers[0].note).toBeUndefined();
  });

  test("alexlite: the note on a convolution names the tensor that the reference implementation reads", async () => {
    const model = await readModel(shared("golden/models/alexlite.onnx"));
    const layers = await layersOf(model);
    const input4 = await readNpy(shared("golden/models/alexlite.input4.npy"));
    const input = ndarray("float32", [2, 3, 64, 64], (input4.data as Float32Array).slice(0, 2 * 3 * 64 * 64));
    for (const name of ["features.0", "features.6", "features.9"]) {
      const [conv] = resolveLayers(layers, [name]);
      const [meant] = resolveLayers(layers, [/is (\/\S+)$/.exec(conv.note!)![1]]);
      const golden = await readNpy(shared(`golden/exemplars/alexlite/${name}/extra/activations_first2.npy`));
      const out = await run(tap(model, [meant]), { input });
      expect(difference(out[meant.name], golden)).toBeLessThan(1e-4);
    }
  });
});
