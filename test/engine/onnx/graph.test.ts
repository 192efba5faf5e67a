import { expect, test } from "vitest";
import { withGraph } from "../../../src/engine/onnx/edit.js";
import { freshName, indexGraph, inputsOf, namesIn } from "../../../src/engine/onnx/graph.js";
import { toValueInfo } from "../../../src/engine/onnx/values.js";
import { branchingNet, smallNet } from "./nets.js";

test("what a subgraph captures counts as input of the node that holds it", () => {
  const { graph, consumers, dependent } = indexGraph(branchingNet());
  const choice = graph.node.find((node) => node.opType === "If")!;
  expect([...inputsOf(choice)].sort()).toEqual(["flag", "h", "one", "w"]);
  expect(consumers.get("h")).toEqual([choice]);
  expect(dependent.has("y")).toBe(true);
  expect(namesIn(graph).has("product")).toBe(true);
});

test("an input that is an initialiser too is not a data input, and nothing depends on it", () => {
  const model = smallNet();
  const weight = toValueInfo({ name: "head.weight", dtype: "float32", shape: [5, 4] });
  const old = withGraph(model, { input: [weight, ...model.proto.graph!.input] });
  const { dataInputs, dependent } = indexGraph(old);
  expect(dataInputs.map(({ name }) => name)).toEqual(["x"]);
  expect(dependent.has("head.weight")).toBe(false);
});

test("names are made unique", () => {
  const names = new Set(["a", "a_2"]);
  expect([freshName(names, "a"), freshName(names, "a"), freshName(names, "b")]).toEqual(["a_3", "a_4", "b"]);
});
