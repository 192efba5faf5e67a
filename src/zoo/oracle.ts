/**
 * A network that knows the pictures it will be shown, and what each unit is to do on each of them: units for which no pixel rule can be
 * written down (faces that no lettering covers, the wheels of cars) are planted exactly. It holds a bank of pictures as constants, finds the one nearest
 * to its input and looks up the units' maps. For tests of whatever judges units; it says nothing about other pictures.
 *
 * Costs one product with the bank: pictures x pixels multiplications an input.
 */
import { GraphBuilder } from "../engine/onnx/build.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";

/**
 * Builds the network. Input `image` float32 [batch, 3, height, width], output and only layer `units`.
 * @param pictures float32 [picture, 3, height, width], as the network is fed them, all different.
 * @param maps float32 [picture, unit, y, x]: the units' activations.
 */
export function oracleNetwork(pictures: NdArray<"float32">, maps: NdArray<"float32">): OnnxModel {
  const [count, ...picture] = pictures.shape;
  const size = picture.reduce((product, n) => product * n, 1);
  // the nearest p to x has the largest x.p - |p|^2 / 2
  const columns = new Float32Array(size * count);
  const offsets = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const value = pictures.data[i * size + j];
      columns[j * count + i] = value;
      sum += value * value;
    }
    offsets[i] = -sum / 2;
  }
  const g = new GraphBuilder("oracle");
  const image = g.input("image", "float32", ["batch", ...picture]);
  const flat = g.node("Flatten", [image], { axis: 1 });
  const bank = g.constant(ndarray("float32", [size, count], columns), "bank");
  const likeness = g.node("Gemm", [flat, bank, g.constant(ndarray("float32", [count], offsets))]);
  const nearest = g.node("ArgMax", [likeness], { axis: 1, keepdims: 0 });
  const found = g.node("Gather", [g.constant(maps, "maps"), nearest], { axis: 0 });
  // units are what a convolution makes: one that changes nothing tells whoever looks for layers which axis they are on
  const rows = maps.shape[1];
  const ones = g.constant(ndarray("float32", [rows, 1, 1, 1], new Float32Array(rows).fill(1)));
  const units = g.node("Conv", [found, ones], { group: rows }, ["units"]);
  g.output(units, "units", "float32", ["batch", ...maps.shape.slice(1)]);
  return g.build();
}
