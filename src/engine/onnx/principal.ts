/**
 * The layers a researcher would choose from a network nobody told us about: what each weighted operator makes once it has
 * been normalised and activated, and what blocks make by adding or concatenating branches. Left out are the steps within
 * an activation or a normalisation, pools and reshapes, projections of attention, gates of squeeze-and-excitation, branches
 * that a block's own output repeats, and the network's result.
 */
import { type GraphIndex, inputsOf } from "./graph.js";
import type { NodeProto } from "./onnx_pb.js";

const WEIGHTED = new Set([
  ...["Conv", "ConvTranspose", "Gemm", "MatMul", "FusedConv", "FusedGemm", "FusedMatMul"],
  ...["ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"],
]);

const NONLINEAR = new Set([
  ...["Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Clip", "Min", "Max", "Sigmoid", "Tanh"],
  ...["HardSigmoid", "HardSwish", "Swish", "Gelu", "FastGelu", "QuickGelu", "BiasGelu", "Mish", "Softplus", "Softsign"],
  ...["Erf", "Abs", "Exp", "Log", "Softmax", "LogSoftmax", "Hardmax"],
]);

/** What may stand between a weighted operator and its activation, or be a step of one. */
const LINEAR = new Set([
  ...["Add", "Sub", "Mul", "Div", "Sum", "Mean", "Neg", "Pow", "Sqrt", "Reciprocal", "Identity", "Cast", "Dropout"],
  ...["BatchNormalization", "InstanceNormalization", "GroupNormalization", "LayerNormalization"],
  ...["QuantizeLinear", "DequantizeLinear"],
]);

const LAYOUT = new Set(["Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast", "Dropout"]);

type Shape = readonly number[];

interface Block {
  readonly node: NodeProto;
  /** The tensor that leaves the block. */
  readonly result: string;
  readonly merges: boolean;
  readonly activated: boolean;
}

/** The principal ones of `layers`, which have unit axes `axes`. */
export function findPrincipal(
  index: GraphIndex,
  layers: ReadonlySet<string>,
  axes: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, Shape>,
): Set<string> {
  const blocks = findBlocks(index, layers, axes, shapes);
  const blockOf = new Map(blocks.map((block) => [block.node, block]));
  const gates = new Set<NodeProto>();
  const principal = new Set<string>();
  for (const block of blocks.reverse()) {
    const { node, result, merges, activated } = block;
    const readers = destinations(index, result);
    if (readers.length === 0) {
      if (isFeatures(shapes.get(result)!, axes.get(result)!)) principal.add(result);
      continue; // else the network's result
    }
    if (readers.every((reader) => opensGate(reader, result, shapes) || gates.has(reader))) {
      gates.add(node);
      continue;
    }
    const feedsBlock = (op: string) => readers.every((reader) => reader.opType === op && blockOf.get(reader)?.merges);
    if (feedsBlock("Concat")) continue;
    if (!merges && !activated) {
      const projects = shapes.get(result)!.length > 2 && node.opType !== "Conv" && node.opType !== "ConvTranspose";
      if (projects || feedsBlock("Add")) continue;
    }
    principal.add(result);
  }
  return principal;
}

/** Whether a network's output is maps of features, as a backbone's is, rather than classes or a picture. */
const isFeatures = (shape: Shape, axis: number) =>
  shape.length === 4 && shape[axis] > 4 && shape.slice(1).reduce((product, n) => product * n, 1) > shape[axis];

function findBlocks(
  index: GraphIndex,
  layers: ReadonlySet<string>,
  axes: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, Shape>,
): Block[] {
  const blocks: Block[] = [];
  const absorbed = new Set<NodeProto>();
  const learned = new Set<string>(); // what weights have been applied to
  for (const node of index.graph.node) {
    const weighted = isWeighted(index, node);
    const late = [...inputsOf(node)].some((name) => learned.has(name));
    if (weighted || late) for (const name of node.output) learned.add(name);
    const merges = late && isMerge(index, node, axes, shapes);
    if (absorbed.has(node) || !(merges || weighted)) continue;
    const { steps, exits } = elementwiseRegion(index, node.output[0]);
    for (const step of steps) absorbed.add(step);
    const candidates = exits.filter((name) => layers.has(name));
    const result = merges ? candidates[0] : candidates.at(-1);
    if (result === undefined) continue;
    blocks.push({ node, result, merges, activated: [...steps].some((step) => NONLINEAR.has(step.opType)) });
  }
  return blocks;
}

function isWeighted({ dependent }: GraphIndex, node: NodeProto): boolean {
  return WEIGHTED.has(node.opType) && node.input.slice(0, 2).filter((name) => dependent.has(name)).length === 1;
}

/** A residual sum of equally shaped branches, or a concatenation of units; not of parts of one tensor, where patches are merged. */
function isMerge(
  { dependent, producer }: GraphIndex,
  node: NodeProto,
  axes: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, Shape>,
): boolean {
  const branches = node.input.filter((name) => dependent.has(name));
  const shape = shapes.get(node.output[0]);
  if (branches.length < 2 || !shape) return false;
  if (node.opType === "Concat") {
    if (branches.every((name) => producer.get(name)?.opType === "Slice")) return false;
    const axis = Number(node.attribute.find((attribute) => attribute.name === "axis")?.i ?? 1);
    return (axis < 0 ? axis + shape.length : axis) === axes.get(node.output[0]);
  }
  return (
    (node.opType === "Add" || node.opType === "Sum") && branches.every((name) => `${shapes.get(name)}` === `${shape}`)
  );
}

/** The elementwise operators that see `start` and constants only, and the tensors among theirs that others read, in order. */
function elementwiseRegion(index: GraphIndex, start: string): { steps: Set<NodeProto>; exits: string[] } {
  const inside = new Set([start]);
  const steps = new Set<NodeProto>();
  for (const name of inside) {
    for (const node of readersOf(index, name)) {
      const closed = [...inputsOf(node)].every((input) => inside.has(input) || !index.dependent.has(input));
      if (!closed || !isStep(index, node)) continue;
      steps.add(node);
      inside.add(node.output[0]); // grows while we walk it
    }
  }
  const made = (name: string) => index.order.get(index.producer.get(name)!)!;
  const exits = [...inside]
    .filter((name) => index.outputs.has(name) || readersOf(index, name).some((node) => !steps.has(node)))
    .sort((a, b) => made(a) - made(b));
  return { steps, exits };
}

/** Elementwise, or one of the reshapes around an instance normalisation that make it one of groups. */
function isStep(index: GraphIndex, node: NodeProto): boolean {
  if (node.opType !== "Reshape") return LINEAR.has(node.opType) || NONLINEAR.has(node.opType);
  const around = [index.producer.get(node.input[0]), ...readersOf(index, node.output[0])];
  return around.some((other) => other?.opType === "InstanceNormalization");
}

/** Who reads a tensor's values, seen through mere changes of layout and through scaling by constants. */
function destinations(index: GraphIndex, name: string): NodeProto[] {
  const seen = new Set([name]);
  const found = new Set<NodeProto>();
  for (const tensor of seen) {
    for (const node of readersOf(index, tensor)) {
      const single = [...inputsOf(node)].filter((input) => index.dependent.has(input)).length === 1;
      if (LAYOUT.has(node.opType) || (single && LINEAR.has(node.opType))) seen.add(node.output[0]);
      else found.add(node);
    }
  }
  return [...found];
}

/** Whether a product spreads a small tensor over a larger one. */
function opensGate(node: NodeProto, gate: string, shapes: ReadonlyMap<string, Shape>): boolean {
  const size = (name: string) => (shapes.get(name) ?? []).reduce((product, n) => product * n, 1);
  return node.opType === "Mul" && size(node.output[0]) > size(gate);
}

const readersOf = ({ consumers, dependent }: GraphIndex, name: string): NodeProto[] =>
  (consumers.get(name) ?? []).filter((node) => node.output.some((output) => dependent.has(output)));
