/** Derivatives of elementwise operators. Rules prefer the operator's result where it spares computing it again. */
import type { Tensor } from "../graph.js";
import type { Operator } from "../operators.js";
import * as op from "../ops.js";
import { type Backward, flat } from "./rule.js";

/** `x` where the condition holds, else 0. As a product, which the runtime computes twice as fast as a choice. */
const only = (x: Tensor, condition: Tensor): Tensor => op.mul(x, op.cast(condition, x.dtype));

export const elementwise = {
  Neg: ({ gradient: g }) => [op.neg(g)],
  Abs: ({ gradient: g, inputs: [x] }) => [op.mul(g, op.sign(x))],
  Sign: flat,
  Exp: ({ gradient: g, outputs: [y] }) => [op.mul(g, y)],
  Log: ({ gradient: g, inputs: [x] }) => [op.div(g, x)],
  Sqrt: ({ gradient: g, outputs: [y] }) => [op.div(g, op.mul(y, 2))],
  Reciprocal: ({ gradient: g, outputs: [y] }) => [op.neg(op.mul(g, op.square(y)))],
  Sin: ({ gradient: g, inputs: [x] }) => [op.mul(g, op.cos(x))],
  Cos: ({ gradient: g, inputs: [x] }) => [op.neg(op.mul(g, op.sin(x)))],
  Tanh: ({ gradient: g, outputs: [y] }) => [op.mul(g, op.sub(1, op.square(y)))],
  Sigmoid: ({ gradient: g, outputs: [y] }) => [op.mul(g, op.mul(y, op.sub(1, y)))],
  Erf: ({ gradient: g, inputs: [x] }) => [op.mul(g, op.mul(op.exp(op.neg(op.square(x))), 2 / Math.sqrt(Math.PI)))],
  Softplus: ({ gradient: g, inputs: [x] }) => [op.mul(g, op.sigmoid(x))],
  Relu: ({ gradient: g, outputs: [y] }) => [only(g, op.greater(y, 0))],
  LeakyRelu: ({ gradient: g, inputs: [x], attributes: { alpha } }) => [op.where(op.greater(x, 0), g, op.mul(g, alpha))],
  Elu: ({ gradient: g, inputs: [x], outputs: [y], attributes: { alpha } }) => [
    op.where(op.greater(x, 0), g, op.mul(g, op.add(y, alpha))),
  ],
  Clip: ({ gradient: g, inputs: [x], attributes: { min, max } }) => [
    only(g, op.and(op.greaterOrEqual(x, min), op.lessOrEqual(x, max))),
  ],
  HardSigmoid: ({ gradient: g, outputs: [y], attributes: { alpha } }) => [
    only(op.mul(g, alpha), op.and(op.greater(y, 0), op.less(y, 1))),
  ],
  // x min(max(x/6 + 1/2, 0), 1): slope 0 below -3, 1 above 3, x/3 + 1/2 between
  HardSwish: ({ gradient: g, inputs: [x] }) => {
    const between = op.mul(g, op.add(op.div(x, 3), 0.5));
    return [op.where(op.greaterOrEqual(x, 3), g, only(between, op.greater(x, -3)))];
  },
  Floor: flat,
  Ceil: flat,
  Not: flat,
  Identity: ({ gradient }) => [gradient],
  Detach: flat,
  Cast: ({ gradient: g, inputs: [x] }) => [x.dtype.startsWith("float") ? op.cast(g, x.dtype) : undefined],

  Add: ({ gradient }) => [gradient, gradient],
  Sub: ({ gradient: g }) => [g, op.neg(g)],
  Mul: ({ gradient: g, inputs: [a, b] }) => [op.mul(g, b), op.mul(g, a)],
  Div: ({ gradient: g, inputs: [, b], outputs: [y] }) => {
    const scaled = op.div(g, b);
    return [scaled, op.neg(op.mul(scaled, y))];
  },
  // d/dy x^y = x^y log x, and zero at x = 0, where the logarithm is not finite
  Pow: ({ gradient: g, inputs: [x, y], outputs: [z] }) => {
    const safe = op.where(op.greater(x, 0), x, 1);
    return [op.mul(g, op.mul(y, op.pow(x, op.sub(y, 1)))), op.mul(g, op.mul(z, op.log(safe)))];
  },
  Max: ({ gradient: g, inputs: [a, b] }) => sharedAtTies(g, a, b),
  Min: ({ gradient: g, inputs: [a, b] }) => sharedAtTies(g, b, a),
  PRelu: ({ gradient: g, inputs: [x, slope] }) => {
    const isUp = op.greater(x, 0);
    return [op.where(isUp, g, op.mul(g, slope)), op.where(isUp, 0, op.mul(g, x))];
  },
  Mod: flat,
  Equal: flat,
  Greater: flat,
  GreaterOrEqual: flat,
  Less: flat,
  LessOrEqual: flat,
  And: flat,
  Or: flat,
  BitwiseXor: flat,
  BitShift: flat,
  Where: ({ gradient: g, inputs: [condition] }) => [undefined, only(g, condition), op.where(condition, 0, g)],
} satisfies Partial<{ [O in Operator]: Backward<O> }>;

/** The gradient goes to the larger of two; where they are equal each gets half, as in PyTorch. */
function sharedAtTies(g: Tensor, larger: Tensor, smaller: Tensor): [Tensor, Tensor] {
  const first = op.where(op.greater(larger, smaller), g, op.where(op.equal(larger, smaller), op.mul(g, 0.5), 0));
  return [first, op.sub(g, first)];
}
