/** Derivatives of what moves elements without changing them: each gradient is moved back; what was read twice adds up. */
import type { Tensor } from "../graph.js";
import type { Operator } from "../operators.js";
import * as op from "../ops.js";
import type { Backward } from "./rule.js";

const back: Backward<"Reshape"> = ({ gradient, inputs: [x] }) => [op.reshape(gradient, x.shape)];

/** Elements of `x` at distance `step` along an axis, zeros between, from `start` on within `size`. */
function spread(x: Tensor, axis: number, { start, step, size }: { start: number; step: number; size: number }): Tensor {
  const { shape } = x;
  const rank = shape.length + 1;
  const behind = op.reshape(x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const pads = new Array<number>(2 * rank).fill(0);
  pads[rank + axis + 1] = step - 1;
  const long = op.reshape(
    op.pad(behind, pads),
    shape.map((n, i) => (i === axis ? n * step : n)),
  );
  const ends = new Array<number>(2 * shape.length).fill(0);
  ends[axis] = start;
  ends[axis + shape.length] = size - start - shape[axis] * step;
  return op.pad(long, ends);
}

export const shaping = {
  Reshape: back,
  Flatten: ({ gradient, inputs: [x] }) => [op.reshape(gradient, x.shape)],
  Transpose: ({ gradient, attributes: { perm } }) => [
    op.transpose(
      gradient,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
  Expand: ({ gradient }) => [gradient],
  Concat: ({ gradient, inputs, attributes: { axis } }) => [
    ...op.split(
      gradient,
      inputs.map(({ shape }) => shape[axis]),
      axis,
    ),
  ],
  Split: ({ gradients, outputs, attributes: { axis } }) => [
    op.concat(
      gradients.map((gradient, i) => gradient ?? op.full(outputs[i].graph, outputs[i].shape, 0, outputs[i].dtype)),
      axis,
    ),
  ],
  Slice: ({ gradient, inputs: [x], attributes: { starts, axes, steps } }) => [
    axes.reduce((g, axis, i) => {
      const size = x.shape[axis];
      if (steps[i] > 0) return spread(g, axis, { start: starts[i], step: steps[i], size });
      const start = starts[i] + (g.shape[axis] - 1) * steps[i];
      return spread(op.flip(g, axis), axis, { start, step: -steps[i], size });
    }, gradient),
  ],
  Pad: ({ gradient, attributes: { pads } }) => [
    op.pad(
      gradient,
      pads.map((n) => -n),
    ),
  ],

  Gather: ({ gradient, inputs: [x, indices], attributes: { axis } }) => {
    if (axis === 0) return [op.scatterRows(indices, gradient, x.shape[0]), undefined];
    const rank = x.shape.length;
    const count = indices.shape.length;
    const axes = [...gradient.shape.keys()];
    const front = op.transpose(gradient, [
      ...axes.slice(axis, axis + count),
      ...axes.slice(0, axis),
      ...axes.slice(axis + count),
    ]);
    const rows = op.scatterRows(indices, front, x.shape[axis]);
    const order = Array.from({ length: rank }, (_, i) => (i === axis ? 0 : i < axis ? i + 1 : i));
    return [op.transpose(rows, order), undefined];
  },
  GatherElements: ({ gradient, inputs: [x, indices], attributes: { axis } }) => [
    op.scatterElements(op.full(x.graph, x.shape, 0, x.dtype), indices, gradient, axis),
    undefined,
  ],
  ScatterElements: ({ gradient, inputs: [, indices], attributes: { axis } }) => [
    gradient,
    undefined,
    op.gatherElements(gradient, indices, axis),
  ],
  ScatterRows: ({ gradient, inputs: [indices] }) => [undefined, op.gather(gradient, indices, 0)],
} satisfies Partial<{ [O in Operator]: Backward<O> }>;
