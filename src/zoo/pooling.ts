/** Pooling to a fixed size, as classifiers do before their dense layers. */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { zeros } from "../engine/tensor/ndarray.js";

/** [n, c, y, x] to the mean over all places, [n, c], for images of any size. */
export const globalAverage = (x: Tensor): Tensor => op.mean(x, [2, 3]);

/**
 * [n, c, y, x] to [n, c, size, size], PyTorch's `AdaptiveAvgPool2d`: cell i is the mean from floor(i y / size) to
 * ceil((i + 1) y / size). Nothing to do at the size the network was made for; else a product with a matrix along each axis.
 */
export function adaptiveAverage(x: Tensor, size: number): Tensor {
  const [, , height, width] = x.shape;
  const rows = height === size ? x : op.matmul(x.graph.constant(shares(size, height)), x);
  return width === size ? rows : op.matmul(rows, op.transpose(x.graph.constant(shares(size, width)), [1, 0]));
}

/** float32 [to, from]: how much of cell i each element is. */
function shares(to: number, from: number) {
  const matrix = zeros("float32", [to, from]);
  for (let i = 0; i < to; i++) {
    const [start, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)];
    matrix.data.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return matrix;
}
