/** A network of two convolutions, so small that what a sweep costs is what the set costs: 64 maps of 8 x 8 and 128 of 4 x 4. */
import { Random } from "../../dist/base/random.js";
import { GraphBuilder } from "../../dist/engine/onnx/build.js";
import { writeModel } from "../../dist/engine/onnx/model.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";

export async function writeSmallNetwork(path) {
  const random = new Random(3);
  const normal = (...shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return ndarray(
      "float32",
      shape,
      Float32Array.from({ length }, () => 0.3 * random.normal()),
    );
  };
  const g = new GraphBuilder("small");
  const conv = (from, weight, stride, to) =>
    g.node(
      "Relu",
      [g.node("Conv", [from, g.constant(weight)], { strides: [stride, stride], pads: [1, 1, 1, 1] })],
      {},
      [to],
    );
  const first = conv(g.input("x", "float32", ["batch", 3, 8, 8]), normal(64, 3, 3, 3), 1, "layer1");
  const pooled = g.node("GlobalAveragePool", [conv(first, normal(128, 64, 3, 3), 2, "layer2")]);
  g.output(g.node("Flatten", [pooled], {}, ["y"]), "y", "float32", ["batch", 128]);
  await writeModel(g.build(), path);
}
