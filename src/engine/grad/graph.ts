/**
 * A tensor program being written: every call adds a node whose shapes and dtypes are checked and known at once. Nothing is
 * computed here; `emit.ts` turns the program into ONNX, and the runtime runs it.
 *
 * A tensor is an input, a constant, a parameter (a value that is learned or carried from step to step), or an output of a
 * node. Programs are differentiated into more of the same (`differentiate.ts`), so derivatives have derivatives.
 */
import { type DType, type NdArray, ndarray, zeros } from "../tensor/ndarray.js";
import type { Operator, Operators } from "./operators.js";
import { SIGNATURES, type Signature } from "./signatures.js";

export interface Tensor extends Signature {
  readonly graph: Graph;
  /** Unique in its graph, in the order of making. */
  readonly id: number;
  /** The node that makes it; none for inputs, parameters and constants. */
  readonly node: Node | undefined;
  /** Of inputs and parameters, and what the author of the graph wants to find again in the model. */
  readonly name: string | undefined;
}

/** A call of an operator. */
export interface Node<O extends Operator = Operator> {
  readonly operator: O;
  readonly attributes: Operators[O];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** How a parameter begins: a constant, or a draw from a distribution around zero. */
export type Initial =
  | { readonly constant: number }
  | { readonly uniform: number }
  | { readonly normal: number }
  | { readonly array: NdArray<"float32"> };

/** A tensor that outlives a run. */
export interface Parameter {
  readonly tensor: Tensor;
  readonly initial: Initial;
  /** Whether an optimiser changes it; otherwise only the program itself does, through `update`. */
  readonly trained: boolean;
}

export class Graph {
  /** Whether batch normalisation uses the batch's statistics, and dropout drops. */
  readonly training: boolean;
  readonly nodes: Node[] = [];
  readonly inputs: Tensor[] = [];
  readonly constants = new Map<Tensor, NdArray>();
  readonly parameters = new Map<string, Parameter>();
  /** New values of parameters that the program computes itself, such as running means. */
  readonly updates = new Map<string, Tensor>();
  #count = 0;

  constructor({ training = false } = {}) {
    this.training = training;
  }

  /** Data fed at every run. */
  input(name: string, dtype: DType, shape: readonly number[]): Tensor {
    if (this.inputs.some((input) => input.name === name) || this.parameters.has(name)) throw taken(name);
    const tensor = this.#tensor({ dtype, shape }, undefined, name);
    this.inputs.push(tensor);
    return tensor;
  }

  /** A constant: an array, or a number as a scalar of `dtype`. */
  constant(value: NdArray | number, dtype: DType = "float32"): Tensor {
    const array = typeof value === "number" ? scalar(value, dtype) : value;
    const tensor = this.#tensor({ dtype: array.dtype, shape: array.shape }, undefined, undefined);
    this.constants.set(tensor, array);
    return tensor;
  }

  /**
   * float32: a value that outlives a run. Asking again for a name gives the same tensor, so that layers can share weights;
   * throws when the shapes differ.
   */
  parameter(name: string, shape: readonly number[], initial: Initial, { trained = true } = {}): Tensor {
    const known = this.parameters.get(name)?.tensor;
    if (known) {
      if (String(known.shape) === String(shape)) return known;
      throw new Error(`building the graph: parameter ${name} is [${known.shape}]; asked for again as [${shape}]`);
    }
    if (this.inputs.some((input) => input.name === name)) throw taken(name);
    const tensor = this.#tensor({ dtype: "float32", shape }, undefined, name);
    this.parameters.set(name, { tensor, initial, trained });
    return tensor;
  }

  /** Says what a parameter will be after a run. */
  update(parameter: Tensor, value: Tensor): void {
    if (parameter.name === undefined || !this.parameters.has(parameter.name)) {
      throw new Error("building the graph: only a parameter can be updated");
    }
    if (String(parameter.shape) !== String(value.shape)) {
      throw new Error(`updating ${parameter.name}: it is [${parameter.shape}], the new value [${value.shape}]`);
    }
    this.updates.set(parameter.name, value);
  }

  /** A node, and its outputs. Throws with the operands' shapes when they do not fit. */
  apply<O extends Operator>(operator: O, inputs: readonly Tensor[], attributes: Operators[O]): readonly Tensor[] {
    if (inputs.some(({ graph }) => graph !== this)) throw new Error(`${operator}: operands belong to other graphs`);
    const outputs: Tensor[] = [];
    const node: Node<O> = { operator, attributes, inputs, outputs };
    for (const signature of SIGNATURES[operator](inputs, attributes)) outputs.push(this.#tensor(signature, node));
    this.nodes.push(node as unknown as Node);
    return outputs;
  }

  /** The same tensor under a name by which the model and its users will know it. */
  name(tensor: Tensor, name: string): Tensor {
    const [named] = this.apply("Identity", [tensor], {});
    (named as { name?: string }).name = name;
    return named;
  }

  #tensor({ dtype, shape }: Signature, node?: Node<never> | Node, name?: string): Tensor {
    return { graph: this, id: this.#count++, dtype, shape, node: node as Node | undefined, name };
  }
}

const taken = (name: string) => new Error(`building the graph: the name ${name} is taken`);

function scalar(value: number, dtype: DType): NdArray {
  const array = zeros(dtype, []);
  (array.data as Float32Array)[0] = (dtype === "int64" || dtype === "uint64" ? BigInt(value) : value) as number;
  return ndarray(dtype, [], array.data);
}
