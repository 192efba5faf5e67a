/** A network that tells classes apart: the output that says how much it is for each (paper, sections 5 and 7). */
import { UserError } from "../../base/errors.js";
import { BATCH } from "../../engine/onnx/batch.js";
import { candidates } from "../../engine/onnx/layers.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { withOpenBatch } from "../../engine/onnx/open-batch.js";
import { fromValueInfo, type TensorInfo } from "../../engine/onnx/values.js";
import { probeShapes } from "../../engine/runtime/probe.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { fixedBatch, type Subject } from "../../exemplars/subject.js";

export interface Classifier {
  readonly subject: Subject;
  /** The subject's model, taking any number of pictures at once, though it may have been exported for a fixed one. */
  readonly model: OnnxModel;
  /** Name of the output, float32 [batch, class]; of several the first. */
  readonly output: string;
  readonly classes: number;
  /** Shapes of all tensors that depend on the pictures. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
}

/** Finds the output. Errors: `UserError` when none is [batch, class], or the graph can only take a fixed number of pictures. */
export async function classifierOf(doing: string, subject: Subject): Promise<Classifier> {
  const fixed = fixedBatch(subject);
  const model = fixed === undefined ? subject.model : withOpenBatch(subject.model);
  const infos = await probeShapes(model, candidates(model), { size: subject.size });
  for (const { name } of subject.model.proto.graph!.output) {
    const info = infos.get(name);
    const [, ...rest] = info?.shape ?? [];
    const size = rest.reduce<number>((n, dim) => n * (typeof dim === "number" ? dim : Number.NaN), 1);
    const isVector = rest.length > 0 && rest.slice(1).every((dim) => dim === 1);
    if (info?.dtype !== "float32" || !isVector || size < 2) continue;
    if (info.shape[0] === BATCH) return { subject, model, output: name, classes: size, infos };
    throw new UserError(
      `${doing} ${subject.path}: it takes ${fixed ?? info.shape[0]} at once, and its ${name} stays [${info.shape.join(", ")}] for more; expected a model that takes any number, export it with an open batch`,
    );
  }
  const list = subject.model.proto.graph!.output.map((info) => {
    const { name, dtype, shape } = infos.get(info.name) ??
      fromValueInfo(info) ?? { name: info.name, dtype: "?", shape: [] };
    return `${name} ${dtype} [${shape.join(", ")}]`;
  });
  throw new UserError(
    `${doing} ${subject.path}: its outputs are ${list.join("; ")}; expected one of float32 [batch, class], as classifiers have`,
  );
}

/** The class with the most, of each row; -1 where none is a number. @param logits float32 [row, class]. */
export function answersOf({ data, shape }: NdArray): Int32Array {
  const classes = data.length / shape[0];
  const answers = new Int32Array(shape[0]).fill(-1);
  for (let row = 0; row < answers.length; row++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < classes; i++) {
      const value = Number(data[row * classes + i]);
      if (value > most) {
        most = value;
        answers[row] = i;
      }
    }
  }
  return answers;
}
