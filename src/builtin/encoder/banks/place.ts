/**
 * Where in the picture a mask lies and how far it reaches, as maps that do not depend on the picture: averaged under the mask they
 * are its centre, its spread, and its share of sixteen fields.
 */
import type { Tensor } from "../../../engine/grad/graph.js";
import * as op from "../../../engine/grad/ops.js";
import { constants } from "./oklab.js";

const FIELDS = 4;

/** Each [x, y] with coordinates from -1 (left, top) to 1; magnitudes near 1 for masks that occur. */
const MAPS: readonly ((x: number, y: number) => number)[] = [
  (x) => 2 * x,
  (_, y) => 2 * y,
  (x) => 3 * (x * x - 1 / 3),
  (_, y) => 3 * (y * y - 1 / 3),
  (x, y) => 3 * x * y,
  (x, y) => 2 * (Math.hypot(x, y) - 0.77),
  ...Array.from({ length: FIELDS ** 2 }, (_, i) => {
    const centre = (n: number) => (2 * n + 1) / FIELDS - 1;
    const [row, column] = [Math.floor(i / FIELDS), i % FIELDS];
    const near = (n: number, at: number) => Math.exp(-(((n - centre(at)) * FIELDS) ** 2) / 4);
    return (x: number, y: number) => 3 * near(x, column) * near(y, row) - 0.5;
  }),
];

export const PLACE_MAPS = MAPS.length;

/** @param like any tensor [n, 1, y, x]: there are as many pictures and places. @returns float32 [n, 22, y, x]. */
export function placeMaps(like: Tensor): Tensor {
  const [, , height, width] = like.shape;
  const values = MAPS.flatMap((map) =>
    Array.from({ length: height * width }, (_, i) =>
      map((2 * (i % width) + 1) / width - 1, (2 * Math.floor(i / width) + 1) / height - 1),
    ),
  );
  // one for each picture of the batch, however many there are
  return op.add(op.mul(like, 0), constants(like.graph, [1, MAPS.length, height, width], values));
}
