/** Optimisers against PyTorch 1.13's numbers (three steps from the same point), and against what a hand can compute. */
import { expect, test } from "vitest";
import { adam, adamW, clipGradients, gradientNorm, type Optimiser, sgd } from "../../../src/engine/train/optimisers.js";
import { expectClose } from "./wave.js";

const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [0.4, 0, -0.5],
  [-0.3, 0.25, 1.5],
];

function afterThree(optimiser: Optimiser): Float32Array {
  const value = Float32Array.of(0.5, -1, 2);
  for (const [i, gradient] of GRADIENTS.entries()) {
    optimiser.update("p", value, Float32Array.from(gradient), 0.1, i + 1);
  }
  return value;
}

test.each([
  ["plain descent", sgd(), [0.48, -1.005, 1.87]],
  ["momentum and decay", sgd({ momentum: 0.9, weightDecay: 0.01 }), [0.42417535, -0.96527076, 1.85255361]],
  ["Nesterov's", sgd({ momentum: 0.9, weightDecay: 0.01, nesterov: true }), [0.41043976, -0.97089076, 1.73138797]],
  ["Adam with decay", adam({ weightDecay: 0.01 }), [0.29219669, -0.8425377, 1.8719759]],
  ["Adam with other betas", adam({ betas: [0.5, 0.99] }), [0.31186366, -0.91450083, 1.87537766]],
  ["AdamW", adamW(), [0.29268137, -0.84782982, 1.87220418]],
])("%s as in PyTorch", (_, optimiser, expected) => {
  expectClose(afterThree(optimiser), expected);
});

test("the first step of Adam is the learning rate, whatever the gradient's size", () => {
  const value = Float32Array.of(0, 0);
  adam().update("p", value, Float32Array.of(1e-3, -1e3), 0.25, 1);
  expectClose(value, [-0.25, 0.25], 1e-5);
});

test("with a constant gradient, momentum's step grows towards gradient / (1 - momentum)", () => {
  const optimiser = sgd({ momentum: 0.5 });
  const value = Float32Array.of(0);
  const steps = Array.from({ length: 4 }, () => {
    const before = value[0];
    optimiser.update("p", value, Float32Array.of(1), 1, 1);
    return before - value[0];
  });
  expect(steps).toEqual([1, 1.5, 1.75, 1.875]);
});

test("what optimisers remember can be taken from one and given to another", () => {
  for (const make of [() => sgd({ momentum: 0.9 }), () => adam(), () => adamW()]) {
    const [whole, first, second] = [make(), make(), make()];
    const expected = afterThree(whole);
    const value = Float32Array.of(0.5, -1, 2);
    first.update("p", value, Float32Array.from(GRADIENTS[0]), 0.1, 1);
    for (const [name, array] of first.state) second.state.set(name, { ...array, data: array.data.slice() });
    for (const i of [1, 2]) second.update("p", value, Float32Array.from(GRADIENTS[i]), 0.1, i + 1);
    expect(value).toEqual(expected);
  }
});

test("memory of another size is a mistake, with both sizes", () => {
  const optimiser = adam();
  optimiser.update("p", new Float32Array(3), new Float32Array(3), 0.1, 1);
  expect(() => optimiser.update("p", new Float32Array(2), new Float32Array(2), 0.1, 2)).toThrow(/3 values; expected 2/);
});

test("clipping as PyTorch's, over all gradients together", () => {
  const gradients = [Float32Array.of(3, 0), Float32Array.of(4)];
  expect(clipGradients(gradients, 1)).toBe(5);
  expectClose(gradients[0], [0.59999990463, 0], 1e-7);
  expectClose(gradients[1], [0.79999983311], 1e-7);
  const small = [Float32Array.of(0.3, 0.4)];
  expect(clipGradients(small, 1)).toBeCloseTo(0.5, 6);
  expect(small[0]).toEqual(Float32Array.of(0.3, 0.4));
});

test("the norm tells when a gradient is not finite", () => {
  expect(gradientNorm([Float32Array.of(1), Float32Array.of(Number.NaN)])).toBeNaN();
  expect(gradientNorm([Float32Array.of(1, Number.NEGATIVE_INFINITY)])).toBe(Number.POSITIVE_INFINITY);
});
