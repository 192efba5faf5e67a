/** Reading inner tensors: they become graph outputs. Costs nothing but the fusions that ONNX Runtime can no longer make. */
import { noTensor, withGraph } from "./edit.js";
import { indexGraph } from "./graph.js";
import type { OnnxModel } from "./model.js";
import { type TensorInfo, toValueInfo } from "./values.js";

/** The model with `tensors` as further outputs, after its own; those that are outputs already are not repeated. */
export function tap(model: OnnxModel, tensors: readonly TensorInfo[]): OnnxModel {
  const { graph, producer, outputs } = indexGraph(model);
  const names = new Set(outputs);
  const added = tensors.filter(({ name }) => !names.has(name) && names.add(name));
  for (const { name } of added) if (!producer.has(name)) throw noTensor("tapping", name, producer.keys());
  return withGraph(model, { output: [...graph.output, ...added.map(toValueInfo)] });
}
