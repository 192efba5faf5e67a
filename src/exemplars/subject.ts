/**
 * The model under study, opened for dissection: its graph, its identity, what it wants to be fed, and the layers it has.
 */
import { UserError } from "../base/errors.js";
import { CHANNELS, IMAGENET, type Preprocessing } from "../data/images/preprocess.js";
import { indexGraph } from "../engine/onnx/graph.js";
import { filesOf, identityOf } from "../engine/onnx/identity.js";
import { candidates, type Layer, listLayers } from "../engine/onnx/layers.js";
import { type OnnxModel, readModel } from "../engine/onnx/model.js";
import { fromValueInfo, type TensorInfo } from "../engine/onnx/values.js";
import { probeShapes } from "../engine/runtime/probe.js";

/** A model and what is known of it. */
export interface Subject {
  readonly path: string;
  readonly model: OnnxModel;
  /** SHA-256 of the file, and of its external data if any. */
  readonly sha256: string;
  /** The inputs that are data, not weights. */
  readonly inputs: readonly TensorInfo[];
  /** All layers that can be dissected, in topological order. */
  readonly layers: readonly Layer[];
  /** Height and width that were assumed where the model leaves them open. */
  readonly size: readonly [number, number];
}

export interface OpenOptions {
  /** Height and width of the input in pixels, for models that leave them open; default 224 by 224. */
  readonly size?: readonly [number, number];
}

/** Opens an ONNX model and learns its layers. Errors: `UserError` for anything that is not a whole model. */
export async function openModel(path: string, options: OpenOptions = {}): Promise<Subject> {
  const size = options.size ?? [224, 224];
  const model = await readModel(path);
  const { dataInputs } = indexGraph(model);
  const inputs = dataInputs.map(
    (input): TensorInfo => fromValueInfo(input) ?? { name: input.name, dtype: "float32", shape: [] },
  );
  const infos = await probeShapes(model, candidates(model), { size });
  return {
    path,
    model,
    sha256: await identityOf(await filesOf(model)),
    inputs,
    layers: listLayers(model, infos),
    size,
  };
}

/** The one input that takes pictures. Errors: there is none, or there are others beside it. */
export function imageInput({ path, inputs }: Subject): TensorInfo {
  if (inputs.length === 1 && inputs[0].shape.length === 4 && inputs[0].dtype === "float32") return inputs[0];
  const list = inputs.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(", ")}]`).join("; ");
  throw new UserError(
    `feeding ${path}: expected one float32 input [batch, channel, height, width] for images, got ${list}; ` +
      "a generator is fed with --latents",
  );
}

/** The number of images the model takes at once, or undefined when it takes any. */
export function fixedBatch({ inputs }: Subject): number | undefined {
  const first = inputs[0]?.shape[0];
  return typeof first === "number" && first > 0 ? first : undefined;
}

/** What is known of a model's preprocessing: size and layout from its input, the rest as for ImageNet unless said otherwise. */
export function preprocessingOf(subject: Subject, settings: Partial<Preprocessing> = {}): Preprocessing {
  const { name, shape } = imageInput(subject);
  const isDepth = (n: number | string) => n === 3 || n === 1;
  const layout = settings.layout ?? (!isDepth(shape[1]) && isDepth(shape[3]) ? "nhwc" : "nchw");
  const [depth, height, width] = layout === "nchw" ? [shape[1], shape[2], shape[3]] : [shape[3], shape[1], shape[2]];
  const channels = settings.channels ?? (depth === 1 ? "grey" : "rgb");
  const grey = channels === "grey" ? { mean: [0.5], std: [0.5] } : {};
  const merged: Preprocessing = {
    ...IMAGENET,
    ...grey,
    height: typeof height === "number" && height > 0 ? height : subject.size[0],
    width: typeof width === "number" && width > 0 ? width : subject.size[1],
    ...settings,
    channels,
    layout,
  };
  for (const [axis, wants, gets] of [
    ["height", height, merged.height],
    ["width", width, merged.width],
  ] as const) {
    if (typeof wants === "number" && wants > 0 && wants !== gets) {
      throw new UserError(
        `feeding ${name}: ${axis} ${gets} pixels; expected ${wants}, the model's own; leave out --size`,
      );
    }
  }
  if (typeof depth === "number" && depth > 0 && depth !== CHANNELS[channels]) {
    throw new UserError(
      `feeding ${name}: ${CHANNELS[channels]} channels (${channels}); expected ${depth}; set --channels`,
    );
  }
  return merged;
}
