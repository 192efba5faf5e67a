/**
 * The constants of a model at fixed input shapes. Exporters write arithmetic on shapes into the graph (Shape, Gather, Concat,
 * Cast before a Reshape or Pad); once the inputs' shapes are fixed, these tensors have values that no data can change. They
 * are found by letting the runtime compute them once: nothing else of the network runs.
 */
import { create } from "@bufbuild/protobuf";
import { UserError } from "../../base/errors.js";
import { withGraph } from "../onnx/edit.js";
import { indexGraph, SHAPE_ONLY } from "../onnx/graph.js";
import type { OnnxModel } from "../onnx/model.js";
import { ValueInfoProtoSchema } from "../onnx/onnx_pb.js";
import { dtypeOf } from "../onnx/tensors.js";
import { dtypeOfValue } from "../onnx/values.js";
import { type NdArray, zeros } from "../tensor/ndarray.js";
import { openSession } from "./open.js";

/** Shapes of the model's inputs by name, all numbers. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/**
 * The tensors that data-dependent nodes (or outputs) read, and that follow from shapes and constants alone: by name, with their
 * values. What depends on weights is left out, so that weights stay weights. Throws `UserError` for an input without a shape.
 */
export async function foldShapes(model: OnnxModel, shapes: InputShapes): Promise<ReadonlyMap<string, NdArray>> {
  const { graph, producer, consumers, dataInputs, dependent } = indexGraph(model);
  // floats with axes are weights; integers and scalars are settings
  const weights = graph.initializer.filter(({ dataType, dims }) => dtypeOf(dataType) === "float32" && dims.length > 0);
  const learned = new Set(weights.map(({ name }) => name));
  for (const name of learned) {
    for (const node of consumers.get(name) ?? []) {
      if (!SHAPE_ONLY.has(node.opType)) for (const output of node.output) learned.add(output); // grows while we walk it
    }
  }
  const isWanted = (name: string) => producer.has(name) && !dependent.has(name) && !learned.has(name);
  const readers = graph.node.filter((node) => node.output.some((name) => dependent.has(name) || learned.has(name)));
  const wanted = new Set([...readers.flatMap((node) => node.input), ...graph.output.map(({ name }) => name)]);
  const names = [...wanted].filter(isWanted);
  if (names.length === 0) return new Map();
  const session = await openSession(
    withGraph(model, { output: names.map((name) => create(ValueInfoProtoSchema, { name })), valueInfo: [] }),
  );
  try {
    const feeds = dataInputs.map((input) => {
      const dtype = dtypeOfValue(input);
      const shape = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined;
      if (dtype && shape) return [input.name, zeros(dtype, shape)] as const;
      throw new UserError(
        `fixing shapes: input "${input.name}" has none; expected one shape for each input, numbers only`,
      );
    });
    return new Map(Object.entries(await session.run(Object.fromEntries(feeds), names)));
  } finally {
    await session.close();
  }
}
