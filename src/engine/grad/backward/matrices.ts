/** Derivatives of matrix products, reductions and soft maxima. */
import type { Tensor } from "../graph.js";
import type { Operator, Reduction } from "../operators.js";
import * as op from "../ops.js";
import { type Backward, type Call, flat } from "./rule.js";

/** The last two axes exchanged. */
function swapped(x: Tensor): Tensor {
  const rank = x.shape.length;
  return op.transpose(
    x,
    [...x.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
  );
}

/** A reduced tensor with the reduced axes back, as ones. */
const unreduced = (x: Tensor, like: Tensor, { axes }: Reduction): Tensor =>
  op.reshape(
    x,
    like.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
  );

const countOf = (x: Tensor, { axes }: Reduction) => axes.reduce((product, axis) => product * x.shape[axis], 1);

/** To each extreme element its share of the gradient; ties share it. */
const toExtremes = ({ gradient, inputs: [x], outputs: [y], attributes }: Call<"ReduceMax" | "ReduceMin">) => {
  const isExtreme = op.cast(op.equal(x, unreduced(y, x, attributes)), x.dtype);
  const share = op.div(unreduced(gradient, x, attributes), op.sum(isExtreme, attributes.axes, true));
  return [op.mul(isExtreme, share)];
};

export const matrices = {
  MatMul: ({ gradient: g, inputs: [a, b] }) => {
    // a batch of rows times one matrix is one product, with no sum over the batch afterwards
    if (b.shape.length === 2 && a.shape.length > 2) {
      const rows = (x: Tensor) => op.reshape(x, [-1, x.shape.at(-1)!]);
      const forA = op.reshape(op.gemm(rows(g), b, { transB: true }), a.shape);
      return [forA, op.gemm(rows(a), rows(g), { transA: true })];
    }
    if (a.shape.length === 2 && b.shape.length === 2) {
      return [op.gemm(g, b, { transB: true }), op.gemm(a, g, { transA: true })];
    }
    return [op.matmul(g, swapped(b)), op.matmul(swapped(a), g)];
  },
  // y = alpha A' B' + beta bias, where A' is A or its transpose
  Gemm: ({ gradient: g, inputs: [a, b, bias], attributes: { alpha, beta, transA, transB } }) => [
    transA ? op.gemm(b, g, { alpha, transA: transB, transB: true }) : op.gemm(g, b, { alpha, transB: !transB }),
    transB ? op.gemm(g, a, { alpha, transA: true, transB: transA }) : op.gemm(a, g, { alpha, transA: !transA }),
    bias && (beta === 1 ? g : op.mul(g, beta)),
  ],

  ReduceSum: ({ gradient, inputs: [x], attributes }) => [op.expand(unreduced(gradient, x, attributes), x.shape)],
  ReduceMean: ({ gradient, inputs: [x], attributes }) => {
    const share = op.mul(unreduced(gradient, x, attributes), 1 / countOf(x, attributes));
    return [op.expand(share, x.shape)];
  },
  ReduceMax: toExtremes,
  ReduceMin: toExtremes,
  ArgMax: flat,
  Softmax: ({ gradient: g, outputs: [y], attributes: { axis } }) => {
    const weighted = op.mul(g, y);
    return [op.sub(weighted, op.mul(y, op.sum(weighted, axis, true)))];
  },
  LogSoftmax: ({ gradient: g, outputs: [y], attributes: { axis } }) => [
    op.sub(g, op.mul(op.exp(y), op.sum(g, axis, true))),
  ],
} satisfies Partial<{ [O in Operator]: Backward<O> }>;
