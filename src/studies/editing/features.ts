/**
 * What the last layers of a classifier are fed, for all pictures of a set, computed once: they are all that fine-tuning looks at.
 * Costs a pass over the pictures, and 4 bytes of memory for each value.
 */
import { UserError } from "../../base/errors.js";
import { silent } from "../../base/progress.js";
import { BATCH } from "../../engine/onnx/batch.js";
import { withGraph } from "../../engine/onnx/edit.js";
import { type TensorInfo, toValueInfo } from "../../engine/onnx/values.js";
import { openSession } from "../../engine/runtime/open.js";
import { type NdArray, ndarray, sizeOf } from "../../engine/tensor/ndarray.js";
import { imageProbe } from "../../exemplars/probe.js";
import { imageInput } from "../../exemplars/subject.js";
import type { ClassPictures } from "../ablation/class-pictures.js";
import type { Classifier } from "../ablation/classifier.js";
import type { SweepOptions } from "../ablation/sweep.js";

const BATCH_SIZE = 32;
const MOST_BYTES = 4 * 2 ** 30;

/** Errors: `UserError` when a tensor is no float32 [batch, ...], or too large for so many pictures. */
export function checkFeatures({ name, dtype, shape }: TensorInfo, pictures: number): void {
  const bytes = 4 * pictures * sizeOf(shape.slice(1).map(Number));
  if (dtype !== "float32" || shape[0] !== BATCH || !Number.isFinite(bytes)) {
    throw new UserError(`fine-tuning: "${name}" is ${dtype} [${shape.join(", ")}]; expected float32 [batch, ...]`);
  }
  if (bytes > MOST_BYTES) {
    const [got, most] = [bytes, MOST_BYTES].map((n) => `${(n / 2 ** 30).toFixed(1)} GB`);
    throw new UserError(
      `fine-tuning: "${name}" [${shape.join(", ")}] of ${pictures} pictures takes ${got}; expected at most ${most}, give fewer pictures`,
    );
  }
}

export interface Features {
  readonly count: number;
  /** float32 [picture, ...]. */
  readonly data: Float32Array;
  /** Of one picture. */
  readonly shape: readonly number[];
  /** [picture]. */
  readonly classes: readonly number[];
}

/** A tensor for all pictures. Errors: `UserError` when none can be read. @param phase for the progress. */
export async function featuresOf(
  { model, subject }: Classifier,
  info: TensorInfo,
  { set, ids, classes }: ClassPictures,
  phase: string,
  { preprocessing, progress = silent, batchSize = BATCH_SIZE, ...session }: SweepOptions,
): Promise<Features> {
  const shape = info.shape.slice(1).map(Number);
  const size = sizeOf(shape);
  const data = new Float32Array(ids.length * size);
  const known: number[] = [];
  const classOf = new Map([...ids].map((id, i) => [id, classes[i]]));
  const { name: input } = imageInput(subject);
  const prefix = await openSession(withGraph(model, { output: [toValueInfo(info)] }), session);
  progress.begin(phase, ids.length, "image");
  try {
    const probe = imageProbe(set, preprocessing, input, progress);
    for await (const { ids: read, feeds } of probe.batches(ids, batchSize, false, () => {})) {
      const found = (await prefix.run(feeds))[info.name];
      data.set(found.data as Float32Array, known.length * size);
      for (const id of Array.from(read)) known.push(classOf.get(id)!);
      progress.update(known.length);
    }
  } finally {
    progress.end();
    await prefix.close();
  }
  if (known.length > 0) return { count: known.length, data, shape, classes: known };
  throw new UserError(`fine-tuning on ${set.location}: no picture can be read; expected some`);
}

/** Some pictures as a batch. */
export function rowsOf(
  { data, shape, classes }: Features,
  rows: ArrayLike<number>,
): { data: NdArray; targets: NdArray } {
  const size = sizeOf(shape);
  const batch = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) batch.set(data.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
  const targets = BigInt64Array.from({ length: rows.length }, (_, i) => BigInt(classes[rows[i]]));
  return {
    data: ndarray("float32", [rows.length, ...shape], batch),
    targets: ndarray("int64", [rows.length], targets),
  };
}
