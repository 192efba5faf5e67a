/**
 * A tensor program as ONNX nodes. Most operators are ONNX's own and go in as they are, their static arguments as attributes or
 * constant inputs; the table below says which, and holds those that ONNX has not. Only what leads to the outputs is written.
 */
import type { Attribute, Attributes } from "../onnx/attributes.js";
import { GraphBuilder, type Value } from "../onnx/build.js";
import type { OnnxModel } from "../onnx/model.js";
import { DATA_TYPES } from "../onnx/tensors.js";
import { type DType, type NdArray, ndarray, sizeOf, zeros } from "../tensor/ndarray.js";
import type { Graph, Node, Tensor } from "./graph.js";
import { type ConvShape, lowerConv, lowerConvInput, lowerConvWeight } from "./lower/convolution.js";
import type { Convolution, Operator, Operators } from "./operators.js";

/** What the programs are written in; the first with reductions' axes as inputs and integer exclusive or. */
export const OPSET = 18;

export interface EmitOptions {
  /**
   * Whether convolutions are written in the form that is fastest when weights change from run to run (in training), or as plain
   * `Conv` nodes, which ONNX Runtime makes fastest when weights are constants, and which everything can read. Default: plain.
   */
  readonly lowered?: boolean;
}

/**
 * Writes what `outputs` need into a builder.
 * @param given values for the program's inputs and parameters; all that are needed.
 * @returns the value of every tensor that was written, the outputs among them.
 */
export function emit(
  outputs: readonly Tensor[],
  builder: GraphBuilder,
  given: ReadonlyMap<Tensor, Value>,
  { lowered = false }: EmitOptions = {},
): ReadonlyMap<Tensor, Value> {
  const values = new Map(given);
  const constants = new Constants(builder);
  const wanted = needed(outputs, given);
  for (const { graph } of outputs.slice(0, 1)) {
    for (const [tensor, array] of graph.constants) {
      if (wanted.tensors.has(tensor) && !values.has(tensor)) values.set(tensor, constants.of(array));
    }
  }
  for (const node of wanted.nodes) {
    const inputs = node.inputs.map((input) => {
      const value = values.get(input);
      if (value === undefined) throw new Error(`writing ${node.operator}: no value for ${input.name ?? "an operand"}`);
      return value;
    });
    const used = node.outputs.map((output) => wanted.tensors.has(output));
    const write: Writer["write"] = (operator, operands, attributes) => builder.node(operator, operands, attributes);
    const special = SPECIAL[node.operator] as ((writer: Writer) => Value | readonly Value[]) | undefined;
    const { attributes } = node;
    const written = (special ?? plain)({ builder, constants, node, attributes, inputs, used, lowered, write });
    for (const [i, output] of node.outputs.entries())
      if (used[i]) values.set(output, typeof written === "string" ? written : written[i]);
  }
  return values;
}

export interface ModelOptions extends EmitOptions {
  readonly name?: string;
  /** Outputs of the model by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Values of parameters, which become constants; parameters without one become inputs. */
  readonly parameters?: ReadonlyMap<string, NdArray> | undefined;
  /** Axes of inputs and outputs that may have other sizes than the program was written for: name of the size, by axis. */
  readonly open?: Readonly<Record<string, readonly (string | undefined)[]>>;
}

/** The program as a model: its inputs first, then, in their order, the parameters that have no value. */
export function toModel(
  graph: Graph,
  { outputs, parameters, open = {}, name = "milan", ...rest }: ModelOptions,
): OnnxModel {
  const builder = new GraphBuilder(name, OPSET);
  const given = new Map<Tensor, Value>();
  const wanted = needed(Object.values(outputs), given).tensors;
  const dims = (label: string, shape: readonly number[]) => shape.map((n, axis) => open[label]?.[axis] ?? n);
  for (const input of graph.inputs) {
    const { name: label = "", dtype, shape } = input;
    given.set(input, builder.input(label, dtype, dims(label, shape)));
  }
  for (const [label, { tensor }] of graph.parameters) {
    if (!wanted.has(tensor)) continue;
    const array = parameters?.get(label);
    given.set(tensor, array ? builder.constant(array, label) : builder.input(label, tensor.dtype, tensor.shape));
  }
  const values = emit(Object.values(outputs), builder, given, rest);
  for (const [label, tensor] of Object.entries(outputs)) {
    builder.output(values.get(tensor)!, label, tensor.dtype, dims(label, tensor.shape));
  }
  return builder.build();
}

/** The nodes that lead to `outputs` in the order they were made, and the tensors these read or are. */
function needed(outputs: readonly Tensor[], given: ReadonlyMap<Tensor, Value>) {
  const tensors = new Set(outputs);
  const nodes = new Set<Node>();
  for (const tensor of tensors) {
    if (!tensor.node || given.has(tensor) || nodes.has(tensor.node)) continue;
    nodes.add(tensor.node);
    for (const input of tensor.node.inputs) tensors.add(input); // grows while we walk it
  }
  return { tensors, nodes: [...nodes].sort((a, b) => a.outputs[0].id - b.outputs[0].id) };
}

/** Small constants, each written once. */
class Constants {
  readonly #builder: GraphBuilder;
  readonly #known = new Map<string, Value>();

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  of(array: NdArray): Value {
    if (array.data.length > 16) return this.#builder.constant(array);
    const key = `${array.dtype} ${array.shape} ${Array.from<number | bigint>(array.data).map((n) => (Object.is(n, -0) ? "-0" : n))}`;
    const known = this.#known.get(key) ?? this.#builder.constant(array);
    this.#known.set(key, known);
    return known;
  }

  integers(values: readonly number[]): Value {
    return this.of(ndarray("int64", [values.length], BigInt64Array.from(values, BigInt)));
  }

  scalar(value: number, dtype: DType = "float32"): Value {
    const array = zeros(dtype, []);
    (array.data as Float32Array)[0] = value;
    return this.of(array);
  }
}

/** One node on its way into the builder. */
interface Writer<O extends Operator = Operator> {
  readonly builder: GraphBuilder;
  readonly constants: Constants;
  readonly node: Node;
  readonly attributes: Operators[O];
  readonly inputs: readonly Value[];
  /** Which of the node's outputs anything needs. */
  readonly used: readonly boolean[];
  readonly lowered: boolean;
  /** An ONNX node with these operands and attributes. */
  write(operator: string, inputs: readonly Value[], attributes?: Attributes): Value;
}

/** Attributes that are floats, also when their value is whole. */
const FLOATS = new Set(["alpha", "beta", "epsilon"]);

function plain({ builder, node, inputs }: Writer): readonly Value[] {
  const attributes = Object.entries(node.attributes as Record<string, number | boolean | string | number[]>).map(
    ([key, value]): [string, Attribute] => {
      if (FLOATS.has(key)) return [key, { float: value as number }];
      return [key, typeof value === "boolean" ? Number(value) : value];
    },
  );
  return builder.nodes(node.operator, inputs, Object.fromEntries(attributes), node.outputs.length);
}

const windowAttributes = ({ kernel, strides, dilations, pads }: Operators["MaxPool"] | Convolution): Attributes => ({
  kernel_shape: kernel,
  strides,
  dilations,
  pads,
});

const reduction = (w: Writer<"ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin">): Value => {
  const { axes, keepdims } = w.attributes;
  return w.write(w.node.operator, [...w.inputs, w.constants.integers(axes)], { keepdims: Number(keepdims) });
};

const shaped = (w: Writer<"Reshape" | "Expand">): Value =>
  w.write(w.node.operator, [...w.inputs, w.constants.integers(w.attributes.shape)]);

/** What the three maps of a convolution are told, read off the image's and the weight's shapes. */
function convShape(x: readonly number[], weight: readonly number[], a: Convolution): ConvShape {
  const [batch, channels, height, width] = x;
  const { kernel, strides, dilations, pads, groups } = a;
  return { batch, channels, height, width, filters: weight[0], kernel, strides, dilations, pads, groups };
}

const SPECIAL: { readonly [O in Operator]?: (writer: Writer<O>) => Value | readonly Value[] } = {
  Identity: (w) =>
    w.builder.node("Identity", w.inputs, {}, w.node.outputs[0].name ? [w.node.outputs[0].name] : undefined),
  Detach: (w) => w.inputs[0],
  Cast: (w) => w.write("Cast", w.inputs, { to: DATA_TYPES[w.attributes.to] }),
  Clip: (w) => {
    const { min, max } = w.attributes;
    const bound = (value: number) => (Number.isFinite(value) ? w.constants.scalar(value, w.node.inputs[0].dtype) : "");
    return w.write("Clip", [...w.inputs, bound(min), bound(max)]);
  },
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  Reshape: shaped,
  Expand: shaped,
  Split: (w) => {
    const { axis, sizes } = w.attributes;
    return w.builder.nodes("Split", [...w.inputs, w.constants.integers(sizes)], { axis }, sizes.length);
  },
  Slice: (w) => {
    const { starts, ends, axes, steps } = w.attributes;
    const before = ends.map((end) => (end < 0 ? -(2 ** 53) : end)); // -1 would be the last element
    const lists = [starts, before, axes, steps].map((list) => w.constants.integers(list));
    return w.write("Slice", [...w.inputs, ...lists]);
  },
  Pad: (w) => {
    const { pads, value } = w.attributes;
    const { dtype } = w.node.inputs[0];
    return w.write("Pad", [...w.inputs, w.constants.integers(pads), w.constants.scalar(value, dtype)]);
  },
  Resize: (w) => {
    const { sizes, mode, coordinates, rounding } = w.attributes;
    const { shape } = w.node.inputs[0];
    const axes = [...shape.keys()].filter((axis) => sizes[axis] !== shape[axis]); // the others may be of any size
    if (axes.length === 0) return w.inputs[0];
    const attributes = { axes, mode, coordinate_transformation_mode: coordinates, nearest_mode: rounding };
    const wanted = w.constants.integers(axes.map((axis) => sizes[axis]));
    return w.write("Resize", [...w.inputs, "", "", wanted], attributes);
  },

  Conv: (w) => {
    const [x, weight, bias] = w.inputs;
    const a = w.attributes;
    if (!w.lowered) return w.write("Conv", w.inputs, { ...windowAttributes(a), group: a.groups });
    const result = lowerConv(w.builder, x, weight, convShape(w.node.inputs[0].shape, w.node.inputs[1].shape, a));
    if (bias === undefined) return result;
    return w.write("Add", [result, w.write("Reshape", [bias, w.constants.integers([1, -1, 1, 1])])]);
  },
  ConvInput: (w) => {
    const [weight, gradient] = w.inputs;
    const a = w.attributes;
    const shape = convShape(w.node.outputs[0].shape, w.node.inputs[0].shape, a);
    if (w.lowered) return lowerConvInput(w.builder, weight, gradient, shape);
    const reach = [0, 1].map(
      (axis) =>
        (w.node.inputs[1].shape[axis + 2] - 1) * a.strides[axis] +
        a.dilations[axis] * (a.kernel[axis] - 1) +
        1 -
        a.pads[axis] -
        a.pads[axis + 2],
    );
    const output_padding = reach.map((n, axis) => a.size[axis] - n);
    return w.write("ConvTranspose", [gradient, weight], { ...windowAttributes(a), group: a.groups, output_padding });
  },
  ConvWeight: (w) => {
    const [x, gradient] = w.inputs;
    const shape = convShape(w.node.inputs[0].shape, w.node.outputs[0].shape, w.attributes);
    return lowerConvWeight(w.builder, x, gradient, shape);
  },
  MaxPool: (w) => {
    const attributes = { ...windowAttributes(w.attributes), ceil_mode: Number(w.attributes.ceil) };
    return w.builder.nodes("MaxPool", w.inputs, attributes, w.used[1] ? 2 : 1);
  },
  AveragePool: (w) => {
    const { dilations, ...attributes } = windowAttributes(w.attributes);
    if (String(dilations) !== "1,1") throw new Error("AveragePool: dilations are not part of opset 18");
    const { ceil, countsPadding } = w.attributes;
    const flags = { ceil_mode: Number(ceil), count_include_pad: Number(countsPadding) };
    return w.write("AveragePool", w.inputs, { ...attributes, ...flags });
  },

  NormaliseBatch: (w) => {
    const [x, scale, bias] = w.inputs;
    // Running statistics of no weight, so that what comes out is the batch's. The kernel returns its results in these operands'
    // memory, constants and inputs included (onnxruntime 1.30), so each must be a fresh tensor: some element of every channel.
    const places = w.node.inputs[0].shape.slice(2).map((_, i) => i + 2);
    const ones = [0, ...places].map(() => 1);
    const some = w.write("Slice", [
      x,
      w.constants.integers(ones.map(() => 0)),
      w.constants.integers(ones),
      w.constants.integers([0, ...places]),
    ]);
    const row = w.write("Reshape", [some, w.constants.integers([-1])]);
    const [mean, variance] = ["Neg", "Abs"].map((operator) => w.write(operator, [row]));
    const attributes = { epsilon: { float: w.attributes.epsilon }, momentum: { float: 0 }, training_mode: 1 };
    return w.builder.nodes("BatchNormalization", [x, scale, bias, mean, variance], attributes, 3);
  },
  ScatterElements: (w) => w.write("ScatterElements", w.inputs, { axis: w.attributes.axis, reduction: "add" }),
  ScatterRows: (w) => {
    // Element by element: ScatterND gives rows to several threads, which lose each other's sums where indices are equal
    // (onnxruntime 1.30).
    const [indices, updates] = w.inputs;
    const { shape } = w.node.outputs[0];
    const size = sizeOf(shape.slice(1));
    const nothing = w.write("Expand", [
      w.constants.scalar(0, w.node.inputs[1].dtype),
      w.constants.integers([shape[0], size]),
    ]);
    const column = w.write("Reshape", [indices, w.constants.integers([-1, 1])]);
    const each = w.write("Expand", [column, w.constants.integers([1, size])]);
    const flat = w.write("Reshape", [updates, w.constants.integers([-1, size])]);
    const sums = w.write("ScatterElements", [nothing, each, flat], { axis: 0, reduction: "add" });
    return w.write("Reshape", [sums, w.constants.integers(shape)]);
  },
};
