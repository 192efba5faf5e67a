/**
 * The part of a network that ablating some layers can change, as a model of its own: everything else is computed once, whatever is ablated. It
 * is fed with what crosses the border, for a batch of images, and makes rows of them: a row is an image and a mask for each ablated layer, so that
 * one run tries many ablations on many images.
 *
 * The border need not be the layers themselves: a layer inside a residual branch leaves the branch beside it unchanged, which then crosses too.
 */
import { UserError } from "../../base/errors.js";
import { ablate } from "./ablate.js";
import { BATCH } from "./batch.js";
import { GraphBuilder } from "./build.js";
import { cut } from "./cut.js";
import { noTensor, withGraph } from "./edit.js";
import { indexGraph, inputsOf } from "./graph.js";
import type { Layer } from "./layers.js";
import type { OnnxModel } from "./model.js";
import { fromValueInfo, type TensorInfo } from "./values.js";

/** Name of the input that says of each row which image of the batch it is, int64 [row]. */
export const ROWS = "milan.rows";

export interface Suffix {
  /** Inputs: the tensors of `border`, `ROWS`, and the masks. Outputs: those asked for, a row each. */
  readonly model: OnnxModel;
  /** Tensors of the whole network, [batch, ...], by the names of the inputs they are fed to. */
  readonly border: ReadonlyMap<string, TensorInfo>;
  /** By layer name, the input that takes its masks: float32 [row, unit]. */
  readonly masks: ReadonlyMap<string, string>;
}

/**
 * The suffix of a network behind some layers.
 * @param infos shapes of the model's tensors, the batch as `BATCH`; see `runtime/probe.ts`.
 * @param outputs names of the outputs wanted.
 * Errors: `UserError` for unknown layers; when the network's inputs have a fixed batch.
 */
export function suffixBehind(
  model: OnnxModel,
  layers: readonly Layer[],
  infos: ReadonlyMap<string, TensorInfo>,
  outputs: readonly string[],
): Suffix {
  const tensors = borderOf(model, new Set(layers.map(({ name }) => name)), infos, outputs);
  const part = cut(
    model,
    tensors,
    outputs.map((name) => infos.get(name) ?? name),
  );
  const inner = new Map(tensors.map((info) => [`${info.name}/batch`, info]));
  const g = GraphBuilder.extending(
    withGraph(part, {
      node: [],
      input: part.proto.graph!.input.filter(({ name }) => !tensors.some((info) => info.name === name)),
    }),
  );
  const rows = g.input(ROWS, "int64", ["row"]);
  for (const [name, { name: own, dtype, shape }] of inner) {
    g.node("Gather", [g.input(name, dtype, ["images", ...shape.slice(1)]), rows], { axis: 0 }, [own]);
  }
  const gathered = g.build();
  // the gathered tensors come first, then the nodes as they were
  const whole = withGraph(gathered, { node: [...gathered.proto.graph!.node, ...part.proto.graph!.node] });
  const { model: ablatable, masks } = ablate(whole, layers);
  return { model: ablatable, border: inner, masks };
}

/** The tensors, [batch, ...], that determine the outputs once they and the ablated layers are known. */
function borderOf(
  model: OnnxModel,
  ablated: ReadonlySet<string>,
  infos: ReadonlyMap<string, TensorInfo>,
  outputs: readonly string[],
): TensorInfo[] {
  const { graph, producer, dependent, dataInputs } = indexGraph(model);
  const fixed = dataInputs.map(fromValueInfo).find((info) => typeof info?.shape[0] === "number" && info.shape[0] > 0);
  if (fixed) {
    throw new UserError(
      `ablating: input "${fixed.name}" takes exactly ${fixed.shape[0]} images at once; expected any number, export the model with an open batch`,
    );
  }
  for (const name of ablated) if (!producer.has(name)) throw noTensor("ablating", name, producer.keys());
  const changed = new Set<string>();
  for (const node of graph.node) {
    if ([...inputsOf(node)].some((name) => ablated.has(name) || changed.has(name)))
      for (const output of node.output) if (output !== "") changed.add(output);
  }
  const inputs = new Map(dataInputs.map((input) => [input.name, fromValueInfo(input)]));
  const needed = new Set(outputs);
  const border: TensorInfo[] = [];
  for (const name of needed) {
    const info = inputs.get(name) ?? infos.get(name);
    // what has no batch, such as sizes read off a shape, is computed anew for the rows
    const canCross = dependent.has(name) && (inputs.has(name) || info?.shape[0] === BATCH);
    if (!changed.has(name) && canCross && info) {
      border.push(info);
      continue;
    }
    const node = producer.get(name);
    if (node) for (const input of inputsOf(node)) needed.add(input); // grows while we walk it
  }
  return border;
}
