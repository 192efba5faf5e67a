/** Weights and images that any language can make up again: hashes of names and indices. The expected values beside them come from torchvision. */
import { crc32 } from "node:zlib";
import type { Parameter } from "../../src/engine/grad/graph.js";
import { type NdArray, ndarray, sizeOf } from "../../src/engine/tensor/ndarray.js";

/** Uniform numbers in [0, 1): 32 mixed bits of the name's checksum plus the index. */
export function uniform(name: string, count: number): Float64Array {
  const start = crc32(name);
  return Float64Array.from({ length: count }, (_, i) => {
    let x = (start + i) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  });
}

/** float32 [image, 3, y, x] in -2..2. */
export const images = (count: number, height: number, width: number): NdArray<"float32"> =>
  ndarray(
    "float32",
    [count, 3, height, width],
    Float32Array.from(uniform("images", count * 3 * height * width), (u) => u * 4 - 2),
  );

/** float32 [n, size] in -2..2. */
export const latents = (count: number, size: number): NdArray<"float32"> =>
  ndarray(
    "float32",
    [count, size],
    Float32Array.from(uniform("latents", count * size), (u) => u * 4 - 2),
  );

/** Weights for parameters, by their names and shapes. */
export const weightsFor = (parameters: ReadonlyMap<string, Parameter>): Map<string, NdArray<"float32">> =>
  weights(new Map([...parameters].map(([name, { tensor }]) => [name, tensor.shape])));

/** Weights of these shapes: matrices and kernels with variance 2 / inputs, mild statistics for batch normalisation. */
export function weights(shapes: ReadonlyMap<string, readonly number[]>): Map<string, NdArray<"float32">> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const scale = 2 * Math.sqrt(3) * Math.sqrt(2 / sizeOf(shape.slice(1)));
      const map = (u: number) => {
        if (shape.length > 1) return (u - 0.5) * scale;
        if (name.endsWith("running_var")) return 0.5 + u;
        return name.endsWith("weight") ? 0.5 + 0.5 * u : (u - 0.5) * 0.2;
      };
      return [name, ndarray("float32", shape, Float32Array.from(uniform(name, sizeOf(shape)), map))];
    }),
  );
}

/** Shapes of torchvision's ResNets with `width` channels in the first layer (there 64) and 10 classes (there 1000). */
export function resnetShapes(stages: readonly number[], isBottleneck: boolean, width: number): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const convolution = (name: string, norm: string, out: number, from: number, size: number) => {
    shapes.set(`${name}.weight`, [out, from, size, size]);
    for (const part of ["weight", "bias", "running_mean", "running_var"]) shapes.set(`${norm}.${part}`, [out]);
  };
  convolution("conv1", "bn1", width, 3, 7);
  let channels = width;
  for (const [stage, blocks] of stages.entries()) {
    const inner = width * 2 ** stage;
    const outer = isBottleneck ? inner * 4 : inner;
    for (let i = 0; i < blocks; i++) {
      const name = `layer${stage + 1}.${i}`;
      if (isBottleneck) {
        convolution(`${name}.conv1`, `${name}.bn1`, inner, channels, 1);
        convolution(`${name}.conv2`, `${name}.bn2`, inner, inner, 3);
        convolution(`${name}.conv3`, `${name}.bn3`, outer, inner, 1);
      } else {
        convolution(`${name}.conv1`, `${name}.bn1`, inner, channels, 3);
        convolution(`${name}.conv2`, `${name}.bn2`, inner, inner, 3);
      }
      if (i === 0 && (stage > 0 || outer !== channels)) {
        convolution(`${name}.downsample.0`, `${name}.downsample.1`, outer, channels, 1);
      }
      channels = outer;
    }
  }
  shapes.set("fc.weight", [10, channels]);
  shapes.set("fc.bias", [10]);
  return shapes;
}
