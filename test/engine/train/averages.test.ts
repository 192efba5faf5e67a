/** Steps in turn and moving averages, as steps for the training loop. */
import { expect, test } from "vitest";
import { Graph } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { averaged, beginAverages } from "../../../src/engine/train/averages.js";
import { inTurn } from "../../../src/engine/train/in-turn.js";
import { sgd } from "../../../src/engine/train/optimisers.js";
import { constant } from "../../../src/engine/train/parameters.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";
import { TrainingStep } from "../../../src/engine/train/step.js";
import { floats } from "./wave.js";

/** Moves `name` down by the rate times the mean of `data`; the other parameter is a factor of the loss. */
async function pusher(values: ParameterValues, name: string, other: string, data: string) {
  const graph = new Graph({ training: true });
  const [moved, factor] = [name, other].map((one) => graph.parameter(one, [1], constant(1)));
  const loss = op.sum(op.mul(op.mul(moved, factor), op.mean(graph.input(data, "float32", [2]))));
  const outputs = { twice: op.mul(loss, 2) };
  return TrainingStep.open({ loss, outputs, values, optimiser: sgd(), only: (one) => one === name });
}

const begin = (): ParameterValues =>
  new Map([
    ["a", floats([1], [1])],
    ["b", floats([1], [2])],
  ]);

test("each step in turn has its own feeds and rate, and sees what the one before it did", async () => {
  const values = begin();
  const first = await pusher(values, "a", "b", "left");
  const second = await pusher(values, "b", "a", "right");
  const both = inTurn({ one: { step: first }, two: { step: second, rate: 0.5 } });
  const result = await both.run({ left: floats([2], [1, 3]), right: floats([2], [1, 1]) }, 0.1);
  // a: 1 - 0.1 * 2 * 2 = 0.6; the second's loss is 0.6 * 2 * 1; b: 2 - 0.05 * 0.6
  expect(values.get("a")!.data[0]).toBeCloseTo(0.6, 6);
  expect(values.get("b")!.data[0]).toBeCloseTo(1.97, 6);
  expect(result.loss).toBeCloseTo(4 + 1.2, 5);
  expect(Object.keys(result.outputs!)).toEqual(["one", "one.twice", "two", "two.twice"]);
  expect(result.outputs!.two.data[0]).toBeCloseTo(1.2, 6);
  expect(result.outputs!["one.twice"].data[0]).toBeCloseTo(8, 5);
  expect([first.count, second.count, both.count]).toEqual([1, 1, 1]);
  both.count = 7;
  expect([first.count, second.count]).toEqual([7, 7]);
  await both.close();
});

test("averages begin as copies and follow after each step", async () => {
  const values = begin();
  const names = new Map([["a", "slow.a"]]);
  beginAverages(values, names);
  expect([...values.keys()]).toEqual(["a", "b", "slow.a"]);
  const step = await pusher(values, "a", "b", "data");
  const steps: number[] = [];
  const momentum = (count: number) => {
    steps.push(count);
    return 0.75;
  };
  const following = averaged(step, values, { names, momentum });
  const feeds = { data: floats([2], [1, 1]) };
  await following.run(feeds, 0.1); // a = 0.8
  expect(values.get("slow.a")!.data[0]).toBeCloseTo(0.75 + 0.25 * 0.8, 6);
  await following.run(feeds, 0.1); // a = 0.6
  expect(values.get("slow.a")!.data[0]).toBeCloseTo(0.75 * 0.95 + 0.25 * 0.6, 6);
  expect([following.count, step.count, steps]).toEqual([2, 2, [1, 2]]);
  beginAverages(values, names);
  expect(values.get("slow.a")!.data).toEqual(values.get("a")!.data);
  await step.close();
});
