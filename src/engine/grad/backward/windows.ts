/**
 * Derivatives of sliding windows. Convolution is linear in its image and in its weight; it, its input gradient `ConvInput` and
 * its weight gradient `ConvWeight` are the three maps of one trilinear form, so each one's derivatives are the other two.
 */
import { ndarray, sizeOf } from "../../tensor/ndarray.js";
import type { Graph, Tensor } from "../graph.js";
import type { Convolution, Operator, Pooling } from "../operators.js";
import * as op from "../ops.js";
import { resizeMatrix } from "../resize-matrix.js";
import type { Backward } from "./rule.js";

const sizeOfImage = (x: Tensor): [number, number] => [x.shape[2], x.shape[3]];
const plain = ({ kernel, strides, dilations, pads, groups }: Convolution): Convolution => ({
  kernel,
  strides,
  dilations,
  pads,
  groups,
});

const convolved = (x: Tensor, weight: Tensor, a: Convolution) => x.graph.apply("Conv", [x, weight], plain(a))[0];
const forInput = (weight: Tensor, g: Tensor, a: Convolution, x: Tensor) =>
  x.graph.apply("ConvInput", [weight, g], { ...plain(a), size: sizeOfImage(x) })[0];
const forWeight = (x: Tensor, g: Tensor, a: Convolution) => x.graph.apply("ConvWeight", [x, g], plain(a))[0];

export const windows = {
  Conv: ({ gradient: g, inputs: [x, weight, bias], attributes: a }) => [
    forInput(weight, g, a, x),
    forWeight(x, g, a),
    bias && op.sum(g, [0, 2, 3]),
  ],
  ConvInput: ({ gradient: g, inputs: [weight, y], attributes: a }) => [forWeight(g, y, a), convolved(g, weight, a)],
  ConvWeight: ({ gradient: g, inputs: [x, y], attributes: a }) => [forInput(g, y, a, x), convolved(x, g, a)],

  // Indices count through the whole tensor; a value that is the maximum of several windows gets all their gradients.
  MaxPool: ({ gradient: g, inputs: [x], outputs: [, indices] }) => {
    const flatly = (t: Tensor) => op.reshape(t, [-1]);
    const nothing = op.full(x.graph, [sizeOf(x.shape)]);
    return [op.reshape(op.scatterElements(nothing, flatly(indices), flatly(g), 0), x.shape)];
  },
  AveragePool: ({ gradient: g, inputs: [x], attributes: a }) => {
    const channels = x.shape[1];
    const ones = op.full(x.graph, [channels, 1, ...a.kernel], 1);
    const share = op.mul(g, x.graph.constant(shares(g, x, a)));
    const reach = reachOf(g, a);
    const spread = forInput(ones, share, { ...a, groups: channels, pads: [0, 0, 0, 0] }, sized(x.graph, x, reach));
    const [top, left] = a.pads;
    const cut = [0, 0, -top, -left, 0, 0, x.shape[2] + top - reach[0], x.shape[3] + left - reach[1]];
    return [op.pad(spread, cut)];
  },
  // separable and linear: each axis is a product with a matrix
  Resize: ({ gradient: g, inputs: [x], attributes: a }) => [
    x.shape.reduce((result, size, axis) => {
      if (a.sizes[axis] === size) return result;
      const order = [...x.shape.keys()].filter((other) => other !== axis);
      const matrix = op.cast(x.graph.constant(resizeMatrix(size, a.sizes[axis], a)), x.dtype);
      const last = op.matmul(op.transpose(result, [...order, axis]), matrix);
      return op.transpose(
        last,
        [...x.shape.keys()].map((to) => (to === axis ? order.length : order.indexOf(to))),
      );
    }, g),
  ],
} satisfies Partial<{ [O in Operator]: Backward<O> }>;

/** A tensor of another image size, for its shape alone. */
const sized = (graph: Graph, x: Tensor, size: readonly number[]): Tensor =>
  ({ ...x, graph, shape: [...x.shape.slice(0, 2), ...size] }) as Tensor;

/** Height and width of the padded image that the windows touch. */
const reachOf = (g: Tensor, { kernel, strides, dilations }: Pooling) =>
  [0, 1].map((axis) => (g.shape[axis + 2] - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1);

/** float32 [1, 1, y, x]: one over the number of elements each window averages. */
function shares(
  g: Tensor,
  x: Tensor,
  { kernel, strides, dilations, pads, countsPadding }: Pooling & { countsPadding: boolean },
) {
  const along = (axis: 0 | 1) => {
    const [before, after] = countsPadding ? [-pads[axis], x.shape[axis + 2] + pads[axis + 2]] : [0, x.shape[axis + 2]];
    return Array.from({ length: g.shape[axis + 2] }, (_, i) => {
      const first = i * strides[axis] - pads[axis];
      const places = Array.from({ length: kernel[axis] }, (_, k) => first + k * dilations[axis]);
      return places.filter((place) => place >= before && place < after).length;
    });
  };
  const [rows, columns] = [along(0), along(1)];
  const values = rows.flatMap((row) => columns.map((column) => 1 / (row * column)));
  return ndarray("float32", [1, 1, rows.length, columns.length], Float32Array.from(values));
}
