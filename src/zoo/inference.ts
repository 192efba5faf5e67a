/** A trained network as a plain ONNX file: weights as constants, batch normalisation with its statistics, and axes left open. */
import { toModel } from "../engine/grad/emit.js";
import { Graph, type Tensor } from "../engine/grad/graph.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import type { DType } from "../engine/tensor/ndarray.js";
import { loadState, parametersOf, type State } from "./state.js";

export interface ModelInput {
  /** Default float32. */
  readonly dtype?: DType;
  /** A size that the network can be built for. */
  readonly shape: readonly number[];
  /** Names of the axes that may be of any size. Default: the first is the `batch`. */
  readonly open?: Readonly<Record<number, string>>;
}

export interface InferenceOptions {
  readonly inputs: Readonly<Record<string, ModelInput>>;
  /** Of the model. Default "milan". */
  readonly name?: string;
}

/** Inputs by name to outputs by name. */
export type NetworkFunction = (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;

/**
 * Writes a network as it is used. Layers keep their names, and parameters theirs. To see that what is left open may be open, and
 * where it shows in the outputs, the network is built twice, once with these axes twice as long. That costs no weights.
 * @param values at least the parameters that the outputs depend on. Errors: one `UserError` listing those that do not fit.
 * Throws when the network needs the size of an open axis, as a transformer's positions need the image's.
 */
export function inferenceModel(network: NetworkFunction, values: State, options: InferenceOptions): OnnxModel {
  const { inputs, name = "milan" } = options;
  const [once, twice] = [1, 2].map((factor) => build(network, inputs, factor));
  const open = { ...openInputs(inputs), ...openOutputs(once.outputs, twice.outputs, inputs) };
  const written = [once, twice].map(({ graph, outputs }) => toModel(graph, { outputs, open }));
  refuseFixed(written[0], written[1]);
  const parameters = loadState(parametersOf(Object.values(once.outputs)), values, { ignore: () => true });
  return toModel(once.graph, { outputs: once.outputs, parameters, open, name });
}

type Inputs = InferenceOptions["inputs"];

const openAxes = ({ open = { 0: "batch" } }: ModelInput): Readonly<Record<number, string>> => open;

function build(network: NetworkFunction, inputs: Inputs, factor: number) {
  const graph = new Graph();
  const tensors = Object.entries(inputs).map(([label, input]) => {
    const shape = input.shape.map((n, axis) => (openAxes(input)[axis] === undefined ? n : n * factor));
    return [label, graph.input(label, input.dtype ?? "float32", shape)] as const;
  });
  return { graph, outputs: network(Object.fromEntries(tensors)) };
}

const openInputs = (inputs: Inputs) =>
  Object.fromEntries(
    Object.entries(inputs).map(([label, input]) => [label, input.shape.map((_, axis) => openAxes(input)[axis])]),
  );

/** The axes that became longer: named as an input's, if they are as long in the same place, else after the output. */
function openOutputs(
  once: Readonly<Record<string, Tensor>>,
  twice: Readonly<Record<string, Tensor>>,
  inputs: Inputs,
): Record<string, (string | undefined)[]> {
  const nameOf = (label: string, axis: number) => {
    const [before, after] = [once, twice].map((outputs) => outputs[label].shape[axis]);
    if (before === after) return undefined;
    const same = Object.values(inputs).find(({ shape }) => shape[axis] === before && after === 2 * before);
    return (same && openAxes(same)[axis]) ?? `${label}_${axis}`;
  };
  return Object.fromEntries(
    Object.entries(once).map(([label, { shape }]) => [label, shape.map((_, axis) => nameOf(label, axis))]),
  );
}

/** Throws when two writings of one network differ in more than their inputs' sizes. */
function refuseFixed(one: OnnxModel, other: OnnxModel): void {
  const [a, b] = [one, other].map(({ proto }) => proto.graph!);
  const differs = (x: unknown, y: unknown) => JSON.stringify(x, readable) !== JSON.stringify(y, readable);
  const constants = a.initializer.filter((constant, i) => differs(constant, b.initializer[i]));
  const fixed = new Set(constants.map(({ name }) => name));
  const node = a.node.find((its, i) => differs(its, b.node[i]) || its.input.some((name) => fixed.has(name)));
  const shapes = a.input.find((its, i) => differs(its, b.input[i]));
  if (!node && !shapes && a.node.length === b.node.length) return;
  const where = node ? `its ${node.opType} "${node.output[0]}"` : `"${shapes?.name}"`;
  throw new Error(`writing the model: ${where} depends on the size of an open axis; give that axis no name`);
}

const readable = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
