/**
 * Where a tensor's pixels are. [n, 56, 56, 96] may be maps with their units last, as vision transformers with windows and ConvNeXt make them, or
 * 56 windows of 56 tokens: a mask drawn from the latter would show the wrong places. So the two axes of space are followed through the graph, like
 * the axis of units (`axes.ts`), from the operators that define them, and are lost wherever pixels may have moved.
 */
import { CHANNELS_FIRST, permutation, RESHAPING, roundTripOf } from "./axes.js";
import type { GraphIndex } from "./graph.js";
import type { NodeProto } from "./onnx_pb.js";
import { constantOf, toArray } from "./tensors.js";

/** The axes of y and x. */
export type Space = readonly [y: number, x: number];

type Shape = readonly number[];

/** Operators whose result shows the same places as what they read, at another size. */
const RESIZING = new Set(["Resize", "Upsample", "DepthToSpace", "SpaceToDepth"]);

/** The axes of space of every tensor of four axes that is known to have them. */
export function findSpaces(index: GraphIndex, shapes: ReadonlyMap<string, Shape>): ReadonlyMap<string, Space> {
  const spaces = new Map<string, Space>();
  for (const node of index.graph.node) {
    for (const name of node.output) {
      if (shapes.get(name)?.length !== 4 || !index.dependent.has(name)) continue;
      const space = spaceOf(index, shapes, spaces, node, name);
      if (space !== undefined) spaces.set(name, space);
    }
  }
  return spaces;
}

function spaceOf(
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  spaces: ReadonlyMap<string, Space>,
  node: NodeProto,
  output: string,
): Space | undefined {
  const { opType } = node;
  if (CHANNELS_FIRST.has(opType)) return [2, 3];
  if (RESHAPING.has(opType)) {
    const from = roundTripOf(index, shapes, node.input[0], shapes.get(output)!, (name) => spaces.has(name));
    return from === undefined ? undefined : spaces.get(from);
  }
  const first = spaces.get(node.input[0]);
  if (opType === "Transpose" || RESIZING.has(opType)) {
    const axes = opType === "Transpose" ? permutation(node, 4) : [0, 1, 2, 3];
    return first && [axes.indexOf(first[0]), axes.indexOf(first[1])];
  }
  // parts of pictures are not the picture, but every other pixel of it is
  if (opType === "Slice" && isStrided(index, node)) return first;
  const shape = shapes.get(output)!;
  const source = node.input.find((name) => {
    const space = spaces.get(name);
    return space?.every((axis) => shapes.get(name)![axis] === shape[axis]);
  });
  return source === undefined ? undefined : spaces.get(source);
}

/** Whether a slice takes every so-manieth of what there is, not some of it. */
function isStrided(index: GraphIndex, node: NodeProto): boolean {
  const [starts, steps] = [integers(index, node.input[1]), integers(index, node.input[4])];
  return steps !== undefined && starts !== undefined && steps.some((step, i) => step > 1 && starts[i] < step);
}

/** A constant list of whole numbers, where a tensor is one. */
function integers(index: GraphIndex, name: string | undefined): number[] | undefined {
  const tensor = name ? constantOf(index, name) : undefined;
  if (!tensor) return undefined;
  return Array.from(toArray(tensor).data as ArrayLike<number | bigint>, Number);
}
