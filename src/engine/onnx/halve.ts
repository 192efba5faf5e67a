/**
 * A model of half the size: large weights as half floats, widened where they are used. Computation stays in float32 (the runtime folds the widening away
 * when it opens the model), so all that changes is that weights are rounded to eleven significant bits.
 */
import { create } from "@bufbuild/protobuf";
import { UserError } from "../../base/errors.js";
import { floatToHalf, type NdArray, ndarray } from "../tensor/ndarray.js";
import { toAttribute } from "./attributes.js";
import { withGraph } from "./edit.js";
import { freshName, namesIn } from "./graph.js";
import type { OnnxModel } from "./model.js";
import { NodeProtoSchema } from "./onnx_pb.js";
import { DATA_TYPES, readTensor, toTensor } from "./tensors.js";

/** Arrays of fewer elements keep their precision: they cost nothing, and constants of a computation are among them. */
export const LEAST_HALVED = 1024;

/** Largest half float. */
const LARGEST = 65504;

/** The array as half floats, rounded to nearest. Errors: `UserError` for values that are beyond them. */
export function halved({ shape, data }: NdArray<"float32">, name: string): NdArray<"float16"> {
  if (data.some((value) => Math.abs(value) > LARGEST)) {
    throw new UserError(`halving ${name}: a value beyond ${LARGEST}; expected smaller ones, keep it as it is`);
  }
  return ndarray("float16", shape, Uint16Array.from(data, floatToHalf));
}

/** The model with its large float32 initializers as half floats. */
export async function halveModel(model: OnnxModel): Promise<OnnxModel> {
  const graph = model.proto.graph!;
  const used = namesIn(graph);
  const fed = new Set(graph.input.map(({ name }) => name)); // in old files weights are inputs as well, and may be replaced
  const widening: typeof graph.node = [];
  const initializer: typeof graph.initializer = [];
  for (const tensor of graph.initializer) {
    const count = tensor.dims.reduce((product, n) => product * Number(n), 1);
    if (tensor.dataType !== DATA_TYPES.float32 || count < LEAST_HALVED || fed.has(tensor.name)) {
      initializer.push(tensor);
      continue;
    }
    const narrow = freshName(used, `${tensor.name}.half`);
    const array = (await readTensor(model, tensor)) as NdArray<"float32">;
    initializer.push(toTensor(narrow, halved(array, tensor.name)));
    const attribute = [toAttribute("to", DATA_TYPES.float32)];
    widening.push(create(NodeProtoSchema, { opType: "Cast", input: [narrow], output: [tensor.name], attribute }));
  }
  return withGraph(model, { initializer, node: [...widening, ...graph.node] });
}
