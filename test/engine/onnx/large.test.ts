/**
 * A network of 6.4 GB: weights behind 2 GB and 4 GB of two data files, and a tensor of 4.3 GB. The files are sparse, so next to nothing is written; and what
 * would read a data file as a whole runs out of what one buffer can hold.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFileAtomically } from "../../../src/base/files.js";
import { ablate, bakeAblation } from "../../../src/engine/onnx/ablate.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { cut } from "../../../src/engine/onnx/cut.js";
import { toExternal } from "../../../src/engine/onnx/external.js";
import { filesOf } from "../../../src/engine/onnx/identity.js";
import { candidates, type Layer, listLayers } from "../../../src/engine/onnx/layers.js";
import { encodeModel, modelBytes, type OnnxModel, readModel, writeModel } from "../../../src/engine/onnx/model.js";
import { derive, mapTensors } from "../../../src/engine/onnx/proto.js";
import { ROWS, suffixBehind } from "../../../src/engine/onnx/suffix.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import type { TensorInfo } from "../../../src/engine/onnx/values.js";
import { probeShapes } from "../../../src/engine/runtime/probe.js";
import { ndarray, zeros } from "../../../src/engine/tensor/ndarray.js";
import { int64, normal, run, withProto } from "./nets.js";

const TABLE_ROWS = 2 ** 25 + 1000;
const BEHIND_2_GB = 2 ** 31 + 4096;

const folder = mkdtempSync(join(tmpdir(), "milan-large-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "net.onnx");
const feeds = { x: normal([2, 3, 16, 16]) };

/** Two convolutions and a lookup in a table of zeros, which is as long as wanted: [rows, 8]. */
function tableNet(): OnnxModel {
  const g = new GraphBuilder("table");
  const conv = (from: string, weight: number[], name: string, to: string) =>
    g.node("Relu", [g.node("Conv", [from, g.constant(normal(weight), name)])], {}, [to]);
  const first = conv(g.input("x", "float32", ["n", 3, 16, 16]), [6, 3, 3, 3], "w1", "layer1");
  const pooled = g.node("Flatten", [g.node("GlobalAveragePool", [conv(first, [8, 6, 3, 3], "w2", "layer2")])]);
  const row = g.node("ArgMax", [pooled], { axis: 1, keepdims: 0 });
  const found = g.node("Gather", [g.constant(zeros("float32", [8, 8]), "table"), row]);
  g.output(g.node("Add", [pooled, found], {}, ["y"]), "y", "float32", ["n", 8]);
  return g.build();
}

const small = tableNet();
let large: OnnxModel;
let layers: Layer[];
let infos: Map<string, TensorInfo>;
let isSparse = false;

beforeAll(async () => {
  const weight = (name: string) => small.proto.graph!.initializer.find((tensor) => tensor.name === name)!.rawData;
  const tableBytes = TABLE_ROWS * 8 * 4 * 4;
  for (const [name, bytes, at] of [
    ["a.data", weight("w1"), tableBytes],
    ["b.data", weight("w2"), BEHIND_2_GB],
  ] as const) {
    const file = await open(join(folder, name), "w");
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  }
  isSparse = statSync(join(folder, "a.data")).blocks * 512 < 2 ** 20;
  const proto = mapTensors(small.proto, (tensor) => {
    if (tensor.name === "w1") return toExternal(tensor, "a.data", tableBytes, tensor.rawData.length);
    if (tensor.name === "w2") return toExternal(tensor, "b.data", BEHIND_2_GB, tensor.rawData.length);
    if (tensor.name !== "table") return tensor;
    return derive(toExternal(tensor, "a.data", 0, tableBytes), { dims: [BigInt(TABLE_ROWS * 4), 8n] });
  });
  await writeFileAtomically(path, encodeModel(withProto(small, proto)));
  large = await readModel(path);
  infos = await probeShapes(large, candidates(large));
  layers = listLayers(large, infos);
});

describe("a network of 6.4 GB", () => {
  test("is read and probed without its data", async () => {
    expect(isSparse, "the temporary folder's file system keeps holes of files").toBe(true);
    expect(await filesOf(large)).toEqual([path, join(folder, "a.data"), join(folder, "b.data")]);
    expect(await modelBytes(large)).toBeGreaterThan(4.2e9);
    expect(layers.map(({ name, units }) => [name, units])).toContainEqual(["layer2", 8]);
  });

  test("computes what the small one does: from its file, and tapped", async () => {
    const expected = await run(tap(small, [infos.get("layer1")!, infos.get("layer2")!]), feeds);
    expect((await run(large, feeds)).y).toEqual(expected.y);
    expect(await run(tap(large, [infos.get("layer1")!, infos.get("layer2")!]), feeds)).toEqual(expected);
  });

  test("ablated, by an input and in its suffix", async () => {
    const layer = layers.filter(({ name }) => name === "layer1");
    const mask = ndarray("float32", [1, 6], Float32Array.of(0, 0, 1, 1, 1, 1));
    const silenced = (await run(bakeAblation(small, [{ layer: layer[0], mask: mask.data }]), feeds)).y;
    expect((await run(bakeAblation(large, [{ layer: layer[0], mask: mask.data }]), feeds)).y).toEqual(silenced);
    const whole = ablate(large, layer);
    expect((await run(whole.model, { ...feeds, [whole.masks.get("layer1")!]: mask })).y).toEqual(silenced);
    const suffix = suffixBehind(large, layer, infos, ["y"]);
    const { layer1 } = await run(tap(small, [infos.get("layer1")!]), feeds);
    const twice = ndarray("float32", [2, 6], Float32Array.from([...mask.data, ...mask.data]));
    const fed = { "layer1/batch": layer1, [ROWS]: int64(0, 1), [suffix.masks.get("layer1")!]: twice };
    expect((await run(suffix.model, fed)).y).toEqual(silenced);
  });

  test("a part of it is a model of its own, with its data inside", async () => {
    const part = cut(large, [infos.get("layer1")!], [infos.get("layer2")!]);
    const written = join(folder, "part", "part.onnx");
    await writeModel(part, written);
    expect(statSync(written).size).toBeLessThan(10_000);
    const { layer1, layer2 } = await run(tap(small, [infos.get("layer1")!, infos.get("layer2")!]), feeds);
    expect((await run(await readModel(written), { layer1 })).layer2).toEqual(layer2);
  });
});
