/** A node of somebody's model while it is read: its operands, as tensors or as settings, and its attributes. */
import { UserError } from "../../base/errors.js";
import type { NodeProto } from "../onnx/onnx_pb.js";
import { toArray } from "../onnx/tensors.js";
import type { NdArray } from "../tensor/ndarray.js";
import type { Graph, Tensor } from "./graph.js";
import { normalAxis } from "./shapes.js";

interface Context {
  readonly graph: Graph;
  readonly tensors: Map<string, Tensor>;
  readonly constants: ReadonlyMap<string, NdArray>;
  readonly opset: number;
  readonly title: string;
}

export class ImportedNode {
  readonly node: NodeProto;
  readonly graph: Graph;
  readonly opset: number;
  readonly #context: Context;

  constructor(node: NodeProto, context: Context) {
    this.node = node;
    this.graph = context.graph;
    this.opset = context.opset;
    this.#context = context;
  }

  /** Whether operand `i` is given. */
  has(i: number): boolean {
    return (this.node.input[i] ?? "") !== "";
  }

  /** Operand `i` as a tensor: a float array with axes is a parameter, another constant a constant. */
  tensor(i: number): Tensor {
    const name = this.node.input[i];
    const { tensors, constants, graph } = this.#context;
    const known = tensors.get(name);
    if (known) return known;
    const array = constants.get(name);
    if (!array) throw this.refusal(`operand ${i} is missing`);
    const isWeight = array.dtype === "float32" && array.shape.length > 0 && array.data.length > 1;
    const made = isWeight
      ? graph.parameter(name, array.shape, { array: array as NdArray<"float32"> })
      : graph.constant(array);
    tensors.set(name, made);
    return made;
  }

  tensors(): Tensor[] {
    return this.node.input.map((_, i) => this.tensor(i));
  }

  optional(i: number): Tensor | undefined {
    return this.has(i) ? this.tensor(i) : undefined;
  }

  /** Operand `i` as numbers; undefined when it is not given. Refuses one that depends on the data. */
  numbers(i: number): number[] | undefined {
    if (!this.has(i)) return undefined;
    const array = this.#context.constants.get(this.node.input[i]);
    if (!array) throw this.refusal(`operand ${i} depends on the data; expected constants`);
    return Array.from(array.data as ArrayLike<number | bigint>, (value) => {
      const bound = Number(value); // exporters write the largest int64 for "to the end"
      return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, bound));
    });
  }

  /** A list that newer models give as operand `i`, and older ones as an attribute. */
  list(i: number, attribute: string): number[] | undefined {
    return this.numbers(i) ?? this.ints(attribute);
  }

  ints(name: string): number[] | undefined {
    return this.#attribute(name)?.ints.map(Number);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    return attribute ? Number(attribute.i) : otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name)?.f ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    const attribute = this.#attribute(name);
    return attribute ? new TextDecoder().decode(attribute.s) : otherwise;
  }

  /** The array a Constant holds. */
  value(): NdArray {
    const attribute = this.#attribute("value");
    if (!attribute?.t) throw this.refusal("it holds no tensor");
    return toArray(attribute.t);
  }

  /** An axis attribute counted from the front. */
  axis(x: Tensor, otherwise: number): number {
    return normalAxis(this.int("axis", otherwise), x.shape.length);
  }

  refusal(problem: string): UserError {
    const { title } = this.#context;
    return new UserError(`differentiating ${title}: ${this.node.opType} "${this.node.name}": ${problem}`);
  }

  #attribute(name: string) {
    return this.node.attribute.find((attribute) => attribute.name === name);
  }
}
