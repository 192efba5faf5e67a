/**
 * The three maps of a convolution as `engine/grad/lower/convolution.ts` writes them, against the plain way to say each in
 * ONNX: `Conv`, `ConvTranspose`, and `Conv` with batch and channels exchanged. For every kind of convolution in ResNet-18 at
 * 64 x 64 pixels, batch 64. The two take turns. Fails (exit 1) when the results differ. Run `npm run build` first, then
 *
 *     node bench/training/convolutions.js [rounds, default 7]
 */
import { Random } from "../../dist/base/random.js";
import { lowerConv, lowerConvInput, lowerConvWeight } from "../../dist/engine/grad/lower/convolution.js";
import { GraphBuilder } from "../../dist/engine/onnx/build.js";
import { openSession } from "../../dist/engine/runtime/open.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";

const BATCH = 64;
const rounds = Number(process.argv[2] ?? 7);
// channels, filters, side of the image, side of the kernel, stride
const KINDS = [
  [3, 64, 64, 7, 2],
  [64, 64, 16, 3, 1],
  [64, 128, 16, 3, 2],
  [64, 128, 16, 1, 2],
  [128, 128, 8, 3, 1],
  [128, 256, 8, 3, 2],
  [256, 256, 4, 3, 1],
  [256, 512, 4, 3, 2],
  [512, 512, 2, 3, 1],
];

const random = new Random(1);
console.log("channels filters side kernel stride   result       image's gradient  weight's gradient   (plain / ours)");
for (const [channels, filters, side, size, stride] of KINDS) {
  const padding = (size - 1) / 2;
  const output = Math.floor((side + 2 * padding - size) / stride) + 1;
  const pair = (n) => [n, n];
  const shape = {
    ...{ batch: BATCH, channels, filters, height: side, width: side, groups: 1 },
    ...{ kernel: pair(size), strides: pair(stride), dilations: [1, 1], pads: Array(4).fill(padding) },
  };
  const shapes = {
    x: [BATCH, channels, side, side],
    w: [filters, channels, size, size],
    dy: [BATCH, filters, output, output],
  };
  const cells = [];
  for (const [ours, plain, inputs] of [
    [lowerConv, plainResult, ["x", "w"]],
    [lowerConvInput, plainImage, ["w", "dy"]],
    [lowerConvWeight, plainWeight, ["x", "dy"]],
  ]) {
    const feeds = Object.fromEntries(inputs.map((name) => [name, normals(shapes[name])]));
    cells.push(await compare([ours, plain], feeds, shape));
  }
  const columns = [channels, filters, side, size, stride].map((n) => String(n).padEnd(7)).join("");
  console.log(`${columns} ${cells.map((cell) => cell.padEnd(18)).join("")}`);
}

/** Milliseconds of the plain way over ours: medians of rounds in turns. */
async function compare(ways, feeds, shape) {
  const sessions = [];
  for (const way of ways) {
    const b = new GraphBuilder("convolution", 18);
    const inputs = Object.entries(feeds).map(([name, array]) => b.input(name, "float32", array.shape));
    const result = way(b, ...inputs, shape);
    // one number leaves the runtime, so that copying is not what is measured
    b.output(b.node("ReduceSumSquare", [result], { keepdims: 0 }), "sum", "float32", []);
    sessions.push(await openSession(b.build()));
  }
  const times = ways.map(() => []);
  const sums = [];
  for (let round = 0; round <= rounds; round++) {
    for (const [i, session] of sessions.entries()) {
      const began = performance.now();
      sums[i] = (await session.run(feeds)).sum.data[0];
      if (round > 0) times[i].push(performance.now() - began);
    }
  }
  for (const session of sessions) await session.close();
  if (Math.abs(sums[0] - sums[1]) > 1e-3 * Math.abs(sums[1])) {
    console.error(`results differ: ${sums}`);
    process.exitCode = 1;
  }
  const [mine, theirs] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
  return `${theirs.toFixed(1)} / ${mine.toFixed(1)} = ${(theirs / mine).toFixed(1)}x`;
}

function plainResult(b, x, w, { kernel, strides, pads }) {
  return b.node("Conv", [x, w], { kernel_shape: kernel, strides, pads });
}

function plainImage(b, w, dy, { kernel, strides, pads, height }) {
  const reached = (Math.floor((height + 2 * pads[0] - kernel[0]) / strides[0]) + 1 - 1) * strides[0] + kernel[0];
  const left = height + 2 * pads[0] - reached;
  return b.node("ConvTranspose", [dy, w], { kernel_shape: kernel, strides, pads, output_padding: [left, left] });
}

function plainWeight(b, x, dy, { kernel, strides, pads }) {
  const exchanged = (value) => b.node("Transpose", [value], { perm: [1, 0, 2, 3] });
  const all = b.node("Conv", [exchanged(x), exchanged(dy)], { dilations: strides, pads });
  const list = (values) => b.constant(ndarray("int64", [values.length], BigInt64Array.from(values, BigInt)));
  return exchanged(b.node("Slice", [all, list([0, 0]), list(kernel), list([2, 3])]));
}

function normals(shape) {
  const size = shape.reduce((a, b) => a * b, 1);
  return ndarray(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => random.normal()),
  );
}
