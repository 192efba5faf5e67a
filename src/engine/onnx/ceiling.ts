/**
 * Where activations end: ReLU6 lets nothing through above 6. Positions that reach the ceiling are all equal there, so nothing can be ranked among
 * them any more, and a level that more than one per cent of them reach is exceeded nowhere. The graph still has what was cut off.
 */
import { toFloat32 } from "../tensor/ndarray.js";
import type { GraphIndex } from "./graph.js";
import type { NodeProto } from "./onnx_pb.js";
import { constantOf, toArray } from "./tensors.js";

/** How a tensor's values end, and what they were before. */
export interface Ceiling {
  /** The largest value there can be. */
  readonly at: number;
  /** The tensor that is cut off, of the same shape and dtype. */
  readonly before: string;
  /** Whether what is below zero is cut off as well. */
  readonly rectified: boolean;
}

/** The ceiling of a tensor; undefined where it has none, or one that is no constant, or another floor than zero or none. */
export function ceilingOf(index: GraphIndex, name: string): Ceiling | undefined {
  const node = index.producer.get(name);
  const limits =
    node?.opType === "Clip" ? clipOf(index, node) : node?.opType === "Min" ? minimumOf(index, node) : undefined;
  if (!limits) return undefined;
  const { before, least, most } = limits;
  if (!(most > Math.max(least, -NONE) && most < NONE)) return undefined;
  return least === 0 || least <= -NONE ? { at: most, before, rectified: least === 0 } : undefined;
}

/** From here on a limit is none: exporters write the largest number there is, that of half floats at the least. */
const NONE = 65504;

interface Limits {
  readonly before: string;
  readonly least: number;
  readonly most: number;
}

/** Limits are attributes up to opset 10, and inputs from 11 on. NaN where they are not known. */
function clipOf(index: GraphIndex, { input, attribute }: NodeProto): Limits {
  const limit = (place: number, key: string, none: number) => {
    const given = attribute.find(({ name }) => name === key);
    if (given) return given.f;
    return input[place] === undefined || input[place] === "" ? none : scalarOf(index, input[place]);
  };
  return {
    before: input[0],
    least: limit(1, "min", Number.NEGATIVE_INFINITY),
    most: limit(2, "max", Number.POSITIVE_INFINITY),
  };
}

/** The smaller of a tensor and a number, as other exporters write it. */
function minimumOf(index: GraphIndex, { input }: NodeProto): Limits | undefined {
  if (input.length !== 2) return undefined;
  const [first, second] = input.map((name) => scalarOf(index, name));
  const most = Number.isNaN(first) ? second : first;
  return { before: Number.isNaN(first) ? input[0] : input[1], least: Number.NEGATIVE_INFINITY, most };
}

/** The one value of a constant; NaN for anything else. */
function scalarOf(index: GraphIndex, name: string): number {
  const tensor = constantOf(index, name);
  return tensor?.dims.every((n) => n === 1n) ? toFloat32(toArray(tensor)).data[0] : Number.NaN;
}
