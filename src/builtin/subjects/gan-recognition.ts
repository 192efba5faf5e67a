/** Whether a generator makes what it is asked for: the share of its images in which a classifier of the same data sees their class. */
import { Random } from "../../base/random.js";
import { IMAGENET } from "../../data/images/preprocess.js";
import { Graph } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { metadataOf } from "../../engine/onnx/metadata.js";
import { readModel } from "../../engine/onnx/model.js";
import { openSession } from "../../engine/runtime/open.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { Program } from "../../engine/train/program.js";
import { openModel } from "../../exemplars/subject.js";
import { CLASS, IMAGES, LATENTS } from "./gan-generator.js";
import { classNumbers, drawLatents } from "./latents.js";

const BATCH = 64;

/**
 * @param generator, classifier paths of their models; the classes are the same, in the same order.
 * @param options.count images, as many of each class.
 */
export async function recognition(
  generator: string,
  classifier: string,
  { seed, count = 1920 }: { seed: number; count?: number },
): Promise<number> {
  const model = await readModel(generator);
  const classes = (JSON.parse(metadataOf(model).classes) as string[]).length;
  const judge = await openModel(classifier);
  const side = Number(judge.inputs[0].shape[2]);
  const subject = await openModel(generator);
  const latent = Number(subject.inputs.find(({ name }) => name === LATENTS)!.shape[1]);
  const [making, judging] = [await openSession(model), await openSession(judge.model)];
  const random = new Random(seed);
  let adapt: Program | undefined;
  let right = 0;
  let seen = 0;
  try {
    for (; seen < count; seen += BATCH) {
      const kinds = classNumbers(BATCH, (i) => (seen + i) % classes);
      const made = (await making.run({ [LATENTS]: drawLatents(BATCH, latent, random), [CLASS]: kinds }))[IMAGES];
      adapt ??= await adapter(made.shape, side);
      const { images } = await adapt.run({ made });
      const logits = Object.values(await judging.run({ [judge.inputs[0].name]: images }))[0];
      right += answers(logits).filter((answer, i) => answer === Number(kinds.data[i])).length;
    }
    return right / seen;
  } finally {
    for (const each of [making, judging, adapt]) await each?.close();
  }
}

/** Images in -1..1 at the classifier's size and normalised. */
function adapter(shape: readonly number[], side: number): Promise<Program> {
  const graph = new Graph();
  const perChannel = (values: readonly number[]) =>
    graph.constant(ndarray("float32", [1, 3, 1, 1], Float32Array.from(values)));
  const unit = op.mul(op.add(op.resize(graph.input("made", "float32", shape), side, "linear"), 1), 0.5);
  const images = op.div(op.sub(unit, perChannel(IMAGENET.mean)), perChannel(IMAGENET.std));
  return Program.open(graph, { outputs: { images } });
}

function answers({ data, shape }: NdArray): number[] {
  const [rows, classes] = shape;
  return Array.from({ length: rows }, (_, i) => {
    const row = (data as Float32Array).subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  });
}
