/** Every operator's derivative against central differences, on shapes with size-1 and broadcast axes. */
import { describe, expect, test } from "vitest";
import { BACKWARD } from "../../../src/engine/grad/backward/index.js";
import type { Tensor } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { severalThreads } from "../../threads.js";
import { type CheckOptions, checkGradients } from "./check.js";

severalThreads();

type Case = readonly [build: (...operands: Tensor[]) => Tensor, options: CheckOptions];

const positive = (x: number) => Math.abs(x) + 0.3;
/** Away from the kinks at whole numbers. */
const awayFrom = (x: number) => Math.floor(2 * x) / 2 + 0.25;
/** All different by more than a difference quotient moves them. */
const distinct = (_: number, __: number, element: number) => ((element * 7) % 41) / 10;
const one = { shapes: [[2, 1, 3]] };
const broadcastings = [
  [[3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[1], [2, 3]],
  [[], [2, 2]],
  [[2, 3], []],
];

/** Cases of an elementwise operator of two operands, over all ways of broadcasting. */
const two = (build: (a: Tensor, b: Tensor) => Tensor, values?: CheckOptions["values"]): Case[] =>
  broadcastings.map((shapes) => [build as Case[0], { shapes, ...(values && { values }) }]);

const indices = (x: Tensor, shape: readonly number[], ...values: number[]) =>
  x.graph.constant(ndarray("int64", shape, BigInt64Array.from(values, BigInt)));
const truths = (x: Tensor, ...values: number[]) =>
  x.graph.constant(ndarray("bool", [values.length], Uint8Array.from(values)));
const float32 = "float32" as const;

const CASES: Partial<Record<keyof typeof BACKWARD, readonly Case[]>> = {
  Neg: [[op.neg, one]],
  Abs: [[op.abs, { ...one, values: awayFrom }]],
  Exp: [[op.exp, one]],
  Log: [[op.log, { ...one, values: positive }]],
  Sqrt: [[op.sqrt, { ...one, values: positive }]],
  Reciprocal: [[op.reciprocal, { ...one, values: positive }]],
  Sin: [[op.sin, one]],
  Cos: [[op.cos, { ...one, dtype: float32 }]],
  Tanh: [[op.tanh, one]],
  Sigmoid: [[op.sigmoid, one]],
  Erf: [[op.erf, { ...one, dtype: float32 }]],
  Softplus: [[op.softplus, { ...one, dtype: float32 }]],
  Relu: [[op.relu, { ...one, values: awayFrom }]],
  LeakyRelu: [[(x) => op.leakyRelu(x, 0.2), { ...one, values: awayFrom, dtype: float32 }]],
  Elu: [[(x) => op.elu(x, 0.7), { ...one, values: awayFrom, dtype: float32 }]],
  Clip: [[(x) => op.clip(x, -0.5, 0.5), { ...one, values: awayFrom }]],
  HardSigmoid: [[(x) => op.hardSigmoid(x, 0.5, 0.5), { ...one, values: awayFrom, dtype: float32 }]],
  HardSwish: [[op.hardSwish, { shapes: [[6]], values: (x) => 4 * awayFrom(x) + 0.2, dtype: float32 }]],
  Identity: [[(x) => x.graph.name(x, "named"), one]],
  Cast: [[(x) => op.cast(op.cast(x, "float32"), "float32"), { ...one, dtype: float32 }]],
  Add: two(op.add),
  Sub: two(op.sub),
  Mul: two(op.mul),
  Div: two(op.div, positive),
  Pow: two(op.pow, positive),
  Max: two(op.maximum),
  Min: two(op.minimum),
  PRelu: [
    [(x, slope) => op.prelu(x, slope), { shapes: [[2, 3], [3]], values: awayFrom }],
    [(x, slope) => op.prelu(x, slope), { shapes: [[2, 3], [1]], values: awayFrom }],
  ],
  Where: [
    [(a, b) => op.where(truths(a, 1, 0, 1), a, b), { shapes: [[2, 3], [1]] }],
    [(a) => op.where(truths(a, 1, 0, 1), a, 2), { shapes: [[3]] }],
  ],
  ReduceSum: [
    [(x) => op.sum(x, [0, 2]), { shapes: [[2, 3, 2]] }],
    [(x) => op.sum(x, 1, true), { shapes: [[2, 1, 2]] }],
    [(x) => op.sum(x), { shapes: [[2, 3]] }],
  ],
  ReduceMean: [
    [(x) => op.mean(x, [-1]), { shapes: [[2, 3]] }],
    [(x) => op.mean(x, 0, true), { shapes: [[1, 3]] }],
  ],
  ReduceMax: [[(x) => op.max(x, 1), { shapes: [[2, 4, 2]] }]],
  ReduceMin: [[(x) => op.min(x, [0, 1], true), { shapes: [[2, 4, 2]] }]],
  Softmax: [
    [(x) => op.softmax(x), { shapes: [[2, 4]] }],
    [(x) => op.softmax(x, 1), { shapes: [[2, 3, 2]] }],
    [(x) => op.softmax(x, 0), { shapes: [[1, 3]] }],
  ],
  LogSoftmax: [[(x) => op.logSoftmax(x, 1), { shapes: [[2, 3, 2]] }]],
  MatMul: [
    [
      op.matmul,
      {
        shapes: [
          [2, 3],
          [3, 4],
        ],
      },
    ],
    [
      op.matmul,
      {
        shapes: [
          [2, 2, 3],
          [3, 2],
        ],
      },
    ],
    [
      op.matmul,
      {
        shapes: [
          [2, 1, 2, 3],
          [3, 3, 2],
        ],
      },
    ],
    [
      op.matmul,
      {
        shapes: [
          [2, 3],
          [4, 3, 1],
        ],
      },
    ],
  ],
  Gemm: [true, false].flatMap((transA) =>
    [true, false].map(
      (transB): Case => [
        (a, b, bias) => op.gemm(a, b, { transA, transB, bias, alpha: 0.5 }),
        { shapes: [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], transA ? [4] : [2, 1]] },
      ],
    ),
  ),
  Conv: [
    [
      (x, w, bias) => op.conv(x, w, { bias, padding: 1 }),
      { shapes: [[2, 2, 3, 4], [3, 2, 3, 3], [3]], dtype: float32 },
    ],
    [
      (x, w) => op.conv(x, w, { groups: 2, stride: [2, 1] }),
      {
        shapes: [
          [1, 4, 5, 3],
          [2, 2, 2, 1],
        ],
        dtype: float32,
      },
    ],
    [
      (x, w) => op.conv(x, w, { groups: 3, dilation: 2, padding: [1, 0, 2, 3] }),
      {
        shapes: [
          [2, 3, 4, 4],
          [3, 1, 3, 2],
        ],
        dtype: float32,
      },
    ],
    [
      (x, w) => op.conv(x, w, { stride: 2 }),
      {
        shapes: [
          [2, 3, 4, 4],
          [2, 3, 1, 1],
        ],
        dtype: float32,
      },
    ],
  ],
  ConvInput: [
    [
      (x, w, bias) => op.convTranspose(x, w, { bias, stride: 2, padding: 1, outputPadding: 1 }),
      { shapes: [[1, 2, 2, 3], [2, 3, 3, 3], [3]], dtype: float32 },
    ],
    [
      (x, w) => op.convTranspose(x, w, { groups: 2 }),
      {
        shapes: [
          [2, 4, 2, 1],
          [4, 1, 2, 2],
        ],
        dtype: float32,
      },
    ],
  ],
  ConvWeight: [
    [
      (x, y) => {
        const window = { kernel: [2, 2], strides: [2, 1], dilations: [1, 1], pads: [0, 1, 0, 0], groups: 1 } as const;
        return x.graph.apply("ConvWeight", [x, y], window)[0];
      },
      {
        shapes: [
          [2, 2, 5, 2],
          [2, 3, 2, 2],
        ],
        dtype: float32,
      },
    ],
  ],
  MaxPool: [
    [(x) => op.maxPool(x, 3, { stride: 2, padding: 1 }), { shapes: [[2, 1, 5, 4]], dtype: float32, values: distinct }],
    [(x) => op.maxPool(x, 2, { ceil: true }), { shapes: [[1, 2, 3, 3]], dtype: float32, values: distinct }],
  ],
  AveragePool: [
    [(x) => op.averagePool(x, 2), { shapes: [[1, 2, 4, 5]], dtype: float32 }],
    [
      (x) => op.averagePool(x, 3, { stride: 2, padding: 1, countsPadding: false }),
      { shapes: [[2, 1, 4, 5]], dtype: float32 },
    ],
    [(x) => op.averagePool(x, [3, 2], { stride: 1, padding: 1 }), { shapes: [[1, 1, 3, 3]], dtype: float32 }],
    [(x) => op.averagePool(x, 2, { ceil: true, countsPadding: false }), { shapes: [[1, 1, 3, 3]], dtype: float32 }],
  ],
  Resize: [
    [(x) => op.resize(x, [5, 3], "linear"), { shapes: [[1, 2, 3, 4]], dtype: float32 }],
    [(x) => op.resize(x, [4, 6], "nearest"), { shapes: [[1, 2, 2, 3]], dtype: float32 }],
    [(x) => op.resize(x, [1, 4], "linear"), { shapes: [[2, 1, 3, 1]], dtype: float32 }],
  ],
  BatchNormalization: [
    [
      (x, ...statistics) => op.normaliseBatch(x, statistics as never),
      {
        shapes: [[2, 3, 2, 1], [3], [3], [3], [3]],
        values: (x, i) => (i === 4 ? positive(x) : x),
      },
    ],
  ],
  NormaliseBatch: [
    [
      (x, scale, bias) => op.normaliseByBatch(x, scale, bias).normal,
      { shapes: [[3, 2, 2, 1], [2], [2]], dtype: float32, values: (x) => x + 1 },
    ],
    [
      (x, scale, bias) => {
        const { normal, mean, variance } = op.normaliseByBatch(x, scale, bias);
        return op.concat([op.reshape(normal, [-1]), mean, op.square(variance)], 0);
      },
      { shapes: [[5, 2], [2], [2]], dtype: float32 },
    ],
  ],
  LayerNormalization: [
    [(x, scale, bias) => op.layerNormalise(x, scale, bias), { shapes: [[2, 3, 4], [4], [4]] }],
    [
      (x, scale, bias) => op.layerNormalise(x, scale, bias),
      {
        shapes: [
          [2, 3, 2],
          [3, 2],
          [3, 2],
        ],
      },
    ],
  ],
  Gather: [
    [(x) => op.gather(x, indices(x, [2, 2], 0, 2, 2, 1), 0), { shapes: [[3, 2]] }],
    [(x) => op.gather(x, indices(x, [3], 1, 1, 0), 1), { shapes: [[2, 2, 2]] }],
    [(x) => op.gather(x, indices(x, [], 1), 2), { shapes: [[2, 1, 3]] }],
  ],
  GatherElements: [[(x) => op.gatherElements(x, indices(x, [2, 3], 0, 0, 1, 1, 0, 1), 1), { shapes: [[2, 2]] }]],
  ScatterElements: [
    [
      (x, y) => op.scatterElements(x, indices(x, [2, 2], 0, 0, 1, 2), y, 1),
      {
        shapes: [
          [2, 3],
          [2, 2],
        ],
      },
    ],
  ],
  ScatterRows: [[(y) => op.scatterRows(indices(y, [3], 2, 0, 2), y, 4), { shapes: [[3, 2]] }]],
  Reshape: [[(x) => op.reshape(x, [0, -1]), { shapes: [[2, 3, 2]] }]],
  Flatten: [[(x) => op.flatten(x), { shapes: [[2, 3, 2]] }]],
  Transpose: [[(x) => op.transpose(x, [2, 0, 1]), { shapes: [[2, 3, 4]] }]],
  Expand: [[(x) => op.expand(x, [2, 3, 2]), { shapes: [[3, 1]] }]],
  Concat: [
    [
      (a, b) => op.concat([a, b, a], 1),
      {
        shapes: [
          [2, 1],
          [2, 3],
        ],
      },
    ],
  ],
  Split: [[(x) => op.mul(op.split(x, [1, 2], -1)[0], op.split(x, [1, 2], -1)[1]), { shapes: [[2, 3]] }]],
  Slice: [
    [(x) => op.slice(x, 1, 1, 3), { shapes: [[2, 4]] }],
    [(x) => op.slice(x, 0, 1, 6, 2), { shapes: [[6, 2]] }],
    [(x) => op.slice(x, -1, -3), { shapes: [[2, 5]] }],
    [(x) => op.flip(x, 0), { shapes: [[3, 2]] }],
  ],
  Pad: [
    [(x) => op.pad(x, [0, 1, 2, 0], 3), { shapes: [[2, 2]] }],
    [(x) => op.pad(x, [-1, 0, 1, -1]), { shapes: [[3, 2]] }],
  ],
};

/** Those whose derivative is zero wherever it exists. */
const CONSTANT =
  "Sign Floor Ceil Detach Not Mod Equal Greater GreaterOrEqual Less LessOrEqual And Or BitwiseXor BitShift ArgMax";

test("every operator is either checked or constant", () => {
  expect([...Object.keys(CASES), ...CONSTANT.split(" ")].sort()).toEqual(Object.keys(BACKWARD).sort());
});

describe.each(Object.entries(CASES))("%s", (_, cases) => {
  test.each(cases.map(([build, options]) => ({ shapes: JSON.stringify(options.shapes), build, options })))(
    "$shapes",
    ({ build, options }) => checkGradients(build, options),
  );
});

describe("second derivatives", () => {
  const smooth: Record<string, Case> = {
    "a tanh network": [
      (x, w, v) => op.matmul(op.tanh(op.matmul(x, w)), v),
      {
        shapes: [
          [2, 3],
          [3, 2],
          [2, 1],
        ],
      },
    ],
    "log-softmax": [(x) => op.logSoftmax(x), { shapes: [[2, 3]] }],
    "a quotient, broadcast": [(a, b) => op.div(a, b), { shapes: [[2, 3], [3]], values: positive }],
    "layer normalisation": [(x, s, b) => op.layerNormalise(x, s, b), { shapes: [[2, 3], [3], [3]] }],
    "a gathered product": [(x) => op.square(op.gather(x, indices(x, [3], 1, 1, 0))), { shapes: [[2, 2]] }],
    "a convolution, squared": [
      (x, w) => op.square(op.conv(x, w, { padding: 1, stride: 2 })),
      {
        shapes: [
          [1, 2, 3, 3],
          [2, 2, 2, 2],
        ],
        dtype: float32,
        values: (x) => x / 2,
      },
    ],
    "max pooling, squared": [
      (x) => op.square(op.maxPool(x, 2)),
      { shapes: [[1, 1, 4, 4]], dtype: float32, values: distinct },
    ],
  };
  test.each(Object.entries(smooth))("%s", (_, [build, options]) => checkGradients(build, { ...options, second: true }));
});
