import type { GraphBuilder, Value } from "../../onnx/build.js";
import { ndarray } from "../../tensor/ndarray.js";
export interface ConvShape {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly groups: number;
}
const ints = (b: GraphBuilder, v: readonly number[]) =>
  b.constant(ndarray("int64", [v.length], BigInt64Array.from(v, BigInt)));
export function lowerConv(b: GraphBuilder, x: Value, w: Value, s: ConvShape): Value {
  return b.node("Conv", [x, w], {
    kernel_shape: s.kernel,
    strides: s.strides,
    dilations: s.dilations,
    pads: s.pads,
    group: s.groups,
  });
}
export function lowerConvInput(b: GraphBuilder, w: Value, dy: Value, s: ConvShape): Value {
  const out = [0, 1].map(
    (a) =>
      Math.floor(
        ((a ? s.width : s.height) + s.pads[a] + s.pads[a + 2] - s.dilations[a] * (s.kernel[a] - 1) - 1) / s.strides[a],
      ) + 1,
  );
  const op = [0, 1].map(
    (a) =>
      (a ? s.width : s.height) -
      ((out[a] - 1) * s.strides[a] + s.dilations[a] * (s.kernel[a] - 1) + 1 - s.pads[a] - s.pads[a + 2]),
  );
  return b.node("ConvTranspose", [dy, w], {
    kernel_shape: s.kernel,
    strides: s.strides,
    dilations: s.dilations,
    pads: s.pads,
    group: s.groups,
    output_padding: op,
  });
}
export function lowerConvWeight(b: GraphBuilder, x: Value, dy: Value, s: ConvShape): Value {
  const G = s.groups,
    C = s.channels / G;
  const grouped = b.node("Reshape", [x, ints(b, [s.batch, G, C, s.height, s.width])]);
  const xt = b.node("Reshape", [
    b.node("Transpose", [grouped], { perm: [2, 1, 0, 3, 4] }),
    ints(b, [C, G * s.batch, s.height, s.width]),
  ]);
  const dyt = b.node("Transpose", [dy], { perm: [1, 0, 2, 3] });
  const full = b.node("Conv", [xt, dyt], { strides: s.dilations, dilations: s.strides, pads: s.pads, group: G });
  const cut = b.node("Slice", [full, ints(b, [0, 0]), ints(b, s.kernel), ints(b, [2, 3])]);
  return b.node("Transpose", [cut], { perm: [1, 0, 2, 3] });
}
