/**
 * How the three maps of a convolution are written when weights change from run to run, so that ONNX Runtime cannot rearrange them
 * beforehand. Measured on ResNet-18 at 64 x 64 pixels (bench/training/convolutions.js):
 *
 * - its `Conv` goes image by image and is fast, but for maps of a few places, where one product over the whole batch is;
 * - the gradient of the image is again a convolution, with the weight turned round, if the stride is 1; `ConvTranspose` is slower,
 *   on maps of a few places many times;
 * - the gradient of the weight is, for each place of the kernel, one product over the whole batch and all places. As a
 *   convolution with batch and channels exchanged it is a product of very few columns, and half as fast.
 */
import type { GraphBuilder, Value } from "../../onnx/build.js";
import { ndarray } from "../../tensor/ndarray.js";

/** Sizes of a convolution, y before x; `pads` are top, left, bottom, right. */
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

/** Maps of at most so many places are treated as one matrix over the batch. */
const FEW_PLACES = 9;

/** With fewer channels, the kernel's places are put together for one product. */
const FEW_CHANNELS = 16;

/** `x` [n, c, y, x] and `w` [k, c/groups, y, x] to [n, k, y, x]. */
export function lowerConv(b: GraphBuilder, x: Value, w: Value, shape: ConvShape): Value {
  const [height, width] = outputOf(shape);
  if (shape.groups > 1 || height * width > FEW_PLACES) return b.node("Conv", [x, w], attributesOf(shape));
  return product(b, b.node("Transpose", [w], { perm: [0, 2, 3, 1] }), windows(b, x, shape), shape);
}

/** The gradient of the image, [n, c, y, x], from `w` and the gradient `dy` [n, k, y, x] of the result. */
export function lowerConvInput(b: GraphBuilder, w: Value, dy: Value, shape: ConvShape): Value {
  const isDense = shape.strides[0] === 1 && shape.strides[1] === 1;
  const turned = turnedRound(shape);
  if (!isDense || turned.pads.some((n) => n < 0)) return transposed(b, w, dy, shape);
  const isSmall = shape.height * shape.width <= FEW_PLACES;
  if (shape.groups > 1 || !isSmall) return lowerConv(b, dy, turnWeight(b, w, shape), turned);
  // instead of the weight, the list of windows is turned round
  return product(b, b.node("Transpose", [w], { perm: [1, 2, 3, 0] }), windows(b, dy, turned).reverse(), turned);
}

/** The gradient of the weight, [k, c/groups, y, x], from `x` and the gradient `dy` of the result. */
export function lowerConvWeight(b: GraphBuilder, x: Value, dy: Value, shape: ConvShape): Value {
  if (shape.groups > 1) return groupedWeight(b, x, dy, shape);
  const { filters, channels, kernel } = shape;
  const gradient = b.node("Reshape", [exchanged(b, dy), integers(b, [filters, -1])]);
  const against = (part: Value, rows: number) =>
    b.node("Gemm", [gradient, b.node("Reshape", [part, integers(b, [rows, -1])])], { transB: 1 });
  const parts = windows(b, x, shape);
  const products =
    channels < FEW_CHANNELS
      ? [against(joined(b, parts), parts.length * channels)]
      : parts.map((part) => against(part, channels));
  const byPlace = b.node("Reshape", [joined(b, products, 1), integers(b, [filters, ...kernel, channels])]);
  return b.node("Transpose", [byPlace], { perm: [0, 3, 1, 2] });
}

/** A convolution as one product over the whole batch and all places: `weight` [k, y, x, c] with windows in the same order. */
function product(b: GraphBuilder, weight: Value, parts: readonly Value[], shape: ConvShape): Value {
  const { filters, batch, channels } = shape;
  const columns = b.node("Reshape", [joined(b, parts), integers(b, [parts.length * channels, -1])]);
  const rows = b.node("Reshape", [weight, integers(b, [filters, -1])]);
  const result = b.node("Reshape", [
    b.node("MatMul", [rows, columns]),
    integers(b, [filters, batch, ...outputOf(shape)]),
  ]);
  return exchanged(b, result);
}

/**
 * For every place of the kernel, row by row, the part of the image it meets: [c, n, y, x]. Columns are picked first, once
 * for each column of the kernel: that is slow, whereas rows of what is left are then copied as they lie.
 */
function windows(b: GraphBuilder, x: Value, shape: ConvShape): Value[] {
  const { kernel, strides, dilations, pads } = shape;
  const output = outputOf(shape);
  const [top, left, bottom, right] = pads;
  const image = exchanged(b, x);
  const isPadded = pads.some((n) => n > 0);
  const padded = isPadded ? b.node("Pad", [image, integers(b, [0, 0, top, left, 0, 0, bottom, right])]) : image;
  const size = [shape.height + top + bottom, shape.width + left + right];
  const pick = (value: Value, axis: 0 | 1, place: number): Value => {
    const start = place * dilations[axis];
    const end = start + (output[axis] - 1) * strides[axis] + 1;
    if (start === 0 && end === size[axis] && strides[axis] === 1) return value;
    return b.node("Slice", [value, ...[[start], [end], [axis + 2], [strides[axis]]].map((list) => integers(b, list))]);
  };
  const columns = Array.from({ length: kernel[1] }, (_, place) => pick(padded, 1, place));
  return Array.from({ length: kernel[0] }, (_, place) => columns.map((column) => pick(column, 0, place))).flat();
}

const joined = (b: GraphBuilder, parts: readonly Value[], axis = 0): Value =>
  parts.length === 1 ? parts[0] : b.node("Concat", parts, { axis });

/** The convolution that leads from the gradient of the result to that of the image, for stride 1. */
function turnedRound(shape: ConvShape): ConvShape {
  const { kernel, dilations, pads, channels, filters } = shape;
  const [height, width] = outputOf(shape);
  const reach = [0, 1].map((axis) => dilations[axis] * (kernel[axis] - 1));
  const [top, left, bottom, right] = pads.map((n, i) => reach[i % 2] - n);
  return { ...shape, channels: filters, filters: channels, height, width, pads: [top, left, bottom, right] };
}

/** [k, c/groups, y, x] to [c, k/groups, y, x], reversed along y and x. */
function turnWeight(b: GraphBuilder, w: Value, { groups, filters, channels, kernel }: ConvShape): Value {
  const isPoint = kernel[0] === 1 && kernel[1] === 1;
  const [last, before, axes, back] = [
    [-1, -1],
    [-(2 ** 31), -(2 ** 31)],
    [2, 3],
    [-1, -1],
  ].map((list) => integers(b, list));
  const reversed = isPoint ? w : b.node("Slice", [w, last, before, axes, back]);
  if (groups === 1) return exchanged(b, reversed);
  const split = b.node("Reshape", [reversed, integers(b, [groups, filters / groups, channels / groups, ...kernel])]);
  const swapped = b.node("Transpose", [split], { perm: [0, 2, 1, 3, 4] });
  return b.node("Reshape", [swapped, integers(b, [channels, filters / groups, ...kernel])]);
}

/** The image's gradient by ONNX's own operator; rows that the stride left unused get zeros. */
function transposed(b: GraphBuilder, w: Value, dy: Value, shape: ConvShape): Value {
  const { kernel, strides, dilations, pads } = shape;
  const output = outputOf(shape);
  const size = [shape.height, shape.width];
  const output_padding = [0, 1].map((axis) => {
    const covered = (output[axis] - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1;
    return size[axis] - (covered - pads[axis] - pads[axis + 2]);
  });
  return b.node("ConvTranspose", [dy, w], { ...attributesOf(shape), output_padding });
}

/** The weight's gradient as a convolution of batch and channels exchanged: stride and dilation change places. */
function groupedWeight(b: GraphBuilder, x: Value, dy: Value, shape: ConvShape): Value {
  const { batch, channels, groups, height, width, kernel, strides, dilations, pads } = shape;
  const inGroup = channels / groups;
  const split = b.node("Reshape", [x, integers(b, [batch, groups, inGroup, height, width])]);
  const regrouped = b.node("Transpose", [split], { perm: [2, 1, 0, 3, 4] });
  const image = b.node("Reshape", [regrouped, integers(b, [inGroup, groups * batch, height, width])]);
  const attributes = { strides: dilations, dilations: strides, pads, group: groups };
  const result = b.node("Conv", [image, exchanged(b, dy)], attributes);
  const used = b.node("Slice", [result, ...[[0, 0], kernel, [2, 3]].map((list) => integers(b, list))]);
  return exchanged(b, used);
}

const attributesOf = ({ kernel, strides, dilations, pads, groups }: ConvShape) => ({
  kernel_shape: kernel,
  strides,
  dilations,
  pads,
  group: groups,
});

const outputOf = ({ height, width, kernel, strides, dilations, pads }: ConvShape): [number, number] => {
  const along = (size: number, axis: 0 | 1) =>
    Math.floor((size + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  return [along(height, 0), along(width, 1)];
};

/** The first two axes exchanged. */
const exchanged = (b: GraphBuilder, x: Value): Value => b.node("Transpose", [x], { perm: [1, 0, 2, 3] });

const integers = (b: GraphBuilder, values: readonly number[]): Value =>
  b.constant(ndarray("int64", [values.length], BigInt64Array.from(values, BigInt)));
