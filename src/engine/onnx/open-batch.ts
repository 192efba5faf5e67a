/**
 * A model exported for a fixed number of images, declared to take any number. That is true of most: what fixes the number is often the declaration
 * alone. Where the graph itself fixes it (a reshape to [1, ...]), shapes inferred from the result show it.
 */
import { BATCH } from "./batch.js";
import { withGraph } from "./edit.js";
import { indexGraph } from "./graph.js";
import type { OnnxModel } from "./model.js";
import type { ValueInfoProto } from "./onnx_pb.js";
import { fromValueInfo, toValueInfo } from "./values.js";

/** The model with the first dimension of its data inputs and outputs open. What was declared of tensors between is forgotten. */
export function withOpenBatch(model: OnnxModel): OnnxModel {
  const { graph, dataInputs } = indexGraph(model);
  const opened = (value: ValueInfoProto): ValueInfoProto => {
    const info = fromValueInfo(value);
    return info && info.shape.length > 0 ? toValueInfo({ ...info, shape: [BATCH, ...info.shape.slice(1)] }) : value;
  };
  const data = new Set(dataInputs);
  return withGraph(model, {
    input: graph.input.map((input) => (data.has(input) ? opened(input) : input)),
    output: graph.output.map(opened),
    valueInfo: [],
  });
}
