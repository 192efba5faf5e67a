/**
 * The part of the built-in describer's encoder that knows things: a small residual network over pictures of 64 x 64, which has
 * learned to see what a larger one sees. 64, because that is the size of the photographs it could be taught on; what is finer
 * the banks of the encoder see at full size.
 */
import type { Tensor } from "../../engine/grad/graph.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { readSafetensors } from "../../engine/tensor/safetensors.js";
import type { ParameterValues } from "../../engine/train/program.js";
import type { Network } from "../../zoo/network.js";
import { residual } from "../../zoo/resnet.js";

/** Side of its pictures, pixels. */
export const STUDENT_SIZE = 64;

/** Its stages, first to last: `layer1` [32, 32 x 32] to `layer4` [256, 4 x 4]. */
export const STUDENT_WIDTHS = [32, 64, 128, 256] as const;

/** @param images float32 [n, 3, 64, 64], ImageNet-normalised. 2.8 million parameters, 0.12 G multiplications a picture. */
export function student(images: Tensor, classes: number): Network {
  return residual(images, {
    stem: { filters: 32, kernel: 3, stride: 2 },
    pools: false,
    bottleneck: false,
    stages: STUDENT_WIDTHS.map((width, i) => ({ blocks: i === 0 ? 1 : 2, width, stride: i === 0 ? 1 : 2 })),
    classes,
  });
}

/** The heads that only teaching needs, by the names of their parameters; classes are kept, they are the network's logits. */
export const isTeaching = (name: string): boolean => /^(maps|answers)\./.test(name);

/** The weights of a student: of `student.safetensors`, or of a checkpoint of its training. */
export async function readStudent(path: string): Promise<ParameterValues> {
  const tensors = await readSafetensors(path);
  const isCheckpoint = [...tensors.keys()].some((name) => name.startsWith("values/"));
  const prefix = isCheckpoint ? "values/" : "";
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix) && !isTeaching(name.slice(prefix.length)))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor as NdArray<"float32">]),
  );
}
