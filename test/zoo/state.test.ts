/** State dictionaries into parameters: what fits, what may be left over, and how it is said that something does not. */
import { expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { Graph } from "../../src/engine/grad/graph.js";
import { type NdArray, ndarray, zeros } from "../../src/engine/tensor/ndarray.js";
import { resnet } from "../../src/zoo/resnet.js";
import { loadState, parametersOf, partOf, type State } from "../../src/zoo/state.js";
import { parametersFor } from "./checks.js";
import { resnetShapes, weights } from "./made-up.js";

const parameters = parametersFor((x) => resnet(x, { depth: 18, width: 4, classes: 10 }));
const state = () => new Map(weights(resnetShapes([2, 2, 2, 2], false, 4)));

test("values in the order of declaration; counters of batches are passed over", () => {
  const given: State = new Map<string, NdArray>([
    ["bn1.num_batches_tracked", zeros("int64", [])],
    ...[...state()].reverse(),
  ]);
  const values = loadState(parameters, given);
  expect([...values.keys()]).toEqual([...parameters.keys()]);
  expect(values.get("fc.bias")).toBe(given.get("fc.bias"));
});

test("other dtypes become float32", () => {
  const given = new Map<string, NdArray>(state());
  given.set("fc.bias", ndarray("float16", [10], new Uint16Array(10).fill(0x3e00)));
  expect(loadState(parameters, given).get("fc.bias")).toEqual(ndarray("float32", [10], new Float32Array(10).fill(1.5)));
});

test("one error lists the missing, the unexpected and the misshapen", () => {
  const given = state();
  for (const name of ["conv1.weight", "fc.bias", "bn1.bias", "bn1.weight", "layer4.0.bn1.bias"]) given.delete(name);
  given.set("head.weight", zeros("float32", [10, 32]));
  given.set("fc.weight", zeros("float32", [7, 32]));
  const load = () => loadState(parameters, given, { title: "net.pth" });
  expect(load).toThrow(UserError);
  expect(load).toThrow(
    "loading net.pth: 5 missing (`conv1.weight` [4,3,7,7], `bn1.weight` [4], `bn1.bias` [4], `layer4.0.bn1.bias` [32], ...); " +
      "1 unexpected (`head.weight` [10,32]); 1 of another shape (`fc.weight` expected [10,32], got [7,32]); " +
      "expected the 102 of this network, got 98; check its depth, widths and classes",
  );
});

test("what is ignored may be left over, and only what outputs depend on is asked for", () => {
  const graph = new Graph();
  const { layers } = resnet(graph.input("images", "float32", [1, 3, 64, 64]), { depth: 18, width: 4, classes: 10 });
  const needed = parametersOf([layers.layer1, layers.conv1]);
  expect(needed.size).toBe(5 + 2 * 2 * 5);
  const given = state();
  given.delete("fc.weight");
  given.delete("layer4.0.bn1.bias");
  expect(() => loadState(needed, given)).toThrow("unexpected");
  expect([...loadState(needed, given, { ignore: (name) => !name.startsWith("layer1.") }).keys()]).toEqual([
    ...needed.keys(),
  ]);
});

test("a part by its prefix", () => {
  const all = new Map(["G.a", "D.a", "G.b.c"].map((name, i) => [name, zeros("float32", [i])]));
  expect([...partOf(all, "G.")].map(([name, { shape }]) => [name, shape])).toEqual([
    ["a", [0]],
    ["b.c", [2]],
  ]);
});
