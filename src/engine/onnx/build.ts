/**
 * Writes ONNX graphs by hand: one call per node, names made up on the way. It checks that a node's inputs exist and that no
 * name is given twice; ONNX Runtime checks the rest when it opens the model. Constants share memory with their arrays.
 */
import { create } from "@bufbuild/protobuf";
import type { DType, NdArray } from "../tensor/ndarray.js";
import { type Attributes, toAttribute } from "./attributes.js";
import type { OnnxModel } from "./model.js";
import { type GraphProto, GraphProtoSchema, ModelProtoSchema, NodeProtoSchema } from "./onnx_pb.js";
import { derive } from "./proto.js";
import { toTensor } from "./tensors.js";
import { toValueInfo } from "./values.js";

/** A tensor of the graph being built, by its name. The empty string is an optional input left out. */
export type Value = string;

export class GraphBuilder {
  readonly #base: OnnxModel;
  readonly #graph: GraphProto;
  readonly #names = new Set<Value>();

  /** @param opset version of the operator set, 13 to 18. */
  constructor(name: string, opset = 17, base?: OnnxModel) {
    this.#base = base ?? { proto: emptyModel(opset), folder: undefined, path: undefined };
    const given = this.#base.proto.graph;
    this.#graph = given ? copyLists(given) : create(GraphProtoSchema, { name });
    for (const value of [...this.#graph.input, ...this.#graph.initializer]) this.#names.add(value.name);
    for (const node of this.#graph.node) for (const value of node.output) this.#names.add(value);
  }

  /** A builder that adds to an existing model, sharing all its data and leaving it as it is. Nodes follow the model's opset. */
  static extending(model: OnnxModel): GraphBuilder {
    return new GraphBuilder("", undefined, model);
  }

  /** Nodes so far, those of the model that is extended included. */
  get nodeCount(): number {
    return this.#graph.node.length;
  }

  /** Whether there is a value of this name. */
  has(name: Value): boolean {
    return this.#names.has(name);
  }

  /** A graph input. A dimension is a number, or a name that stands for the same number wherever it appears. */
  input(name: string, dtype: DType, shape: readonly (number | string)[]): Value {
    this.#graph.input.push(toValueInfo({ name, dtype, shape }));
    return this.#claim(name);
  }

  /** An initialiser with the array's own memory: do not write into it before the model is closed. */
  constant(array: NdArray, name?: string): Value {
    const value = this.#claim(name ?? this.#fresh("constant"));
    this.#graph.initializer.push(toTensor(value, array));
    return value;
  }

  /** A node and its first output; `outputs` names the outputs, otherwise a name is made up for one. */
  node(op: string, inputs: readonly Value[], attributes: Attributes = {}, outputs?: readonly string[]): Value {
    return this.nodes(op, inputs, attributes, outputs ?? 1)[0];
  }

  /** A node and all its outputs: so many, or by these names (an empty one leaves an optional output out). */
  nodes(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    outputs: number | readonly string[] = 1,
  ): Value[] {
    for (const input of inputs) {
      if (input !== "" && !this.#names.has(input)) throw new Error(`building ${op}: no value "${input}" before it`);
    }
    const name = this.#fresh(op);
    const wanted = typeof outputs === "number" ? suffixed(name, outputs) : [...outputs];
    const output = wanted.map((value) => (value === "" ? "" : this.#claim(value)));
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    this.#graph.node.push(create(NodeProtoSchema, { opType: op, name, input: [...inputs], output, attribute }));
    return output;
  }

  /** Makes `value` a graph output called `name`. */
  output(value: Value, name: string, dtype: DType, shape: readonly (number | string)[]): void {
    if (value !== name) this.node("Identity", [value], {}, [name]);
    this.#graph.output.push(toValueInfo({ name, dtype, shape }));
  }

  /** The model. The builder must not be used afterwards. */
  build(): OnnxModel {
    return { proto: derive(this.#base.proto, { graph: this.#graph }), folder: this.#base.folder, path: undefined };
  }

  #claim(name: string): Value {
    if (name === "" || this.#names.has(name))
      throw new Error(`building the graph: the name "${name}" is taken or empty`);
    this.#names.add(name);
    return name;
  }

  #fresh(stem: string): string {
    let serial = this.#graph.node.length + this.#graph.initializer.length;
    while (this.#names.has(`${stem}_${serial}`)) serial++;
    return `${stem}_${serial}`;
  }
}

const emptyModel = (opset: number) =>
  create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "milan",
    opsetImport: [{ domain: "", version: BigInt(opset) }],
  });

const copyLists = (graph: GraphProto): GraphProto =>
  derive(graph, {
    node: [...graph.node],
    input: [...graph.input],
    output: [...graph.output],
    initializer: [...graph.initializer],
  });

const suffixed = (name: string, count: number) =>
  count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}.${i}`);
