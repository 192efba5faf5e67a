/**
 * The layers of a network: tensors that hold activations of units. Which tensors depend on the data is read off the graph;
 * shapes and dtypes come from outside (`runtime/probe.ts`), and the rest follows without running anything.
 */
import type { DType } from "../tensor/ndarray.js";
import { findUnitAxes } from "./axes.js";
import { BATCH, toNumber } from "./batch.js";
import { type Ceiling, ceilingOf } from "./ceiling.js";
import { type GraphIndex, indexGraph } from "./graph.js";
import type { OnnxModel } from "./model.js";
import { shortNames } from "./names.js";
import { noteOn } from "./notes.js";
import { findPrincipal } from "./principal.js";
import { findSpaces, type Space } from "./space.js";
import { fromValueInfo, type TensorInfo } from "./values.js";

export { resolveLayers } from "./resolve.js";

/** `map`: [n, unit, y, x]; `grid`: [n, y, x, unit]; `tokens`: [n, token, unit]; `vector`: [n, unit]. */
export type LayerKind = "map" | "grid" | "tokens" | "vector";

/** The axis of a layer's tensor that counts its units. */
export const UNIT_AXES: Readonly<Record<LayerKind, number>> = { map: 1, grid: 3, tokens: 2, vector: 1 };

/** The dtypes that activations come in. */
const REAL: readonly DType[] = ["float32", "float16", "float64"];

/** A tensor whose units can be dissected. */
export interface Layer {
  /** The tensor. */
  readonly name: string;
  /** Modules of the source network whose last tensor this is, outermost first. */
  readonly shortNames: readonly string[];
  readonly kind: LayerKind;
  readonly units: number;
  /** Shape of the tensor at the probed input size, the batch as -1. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The operator that makes it. */
  readonly op: string;
  /** Whether it is dissected when nobody says which layers. */
  readonly principal: boolean;
  /** What to know before comparing it with the source network. */
  readonly note?: string;
  /** Where its values end, and what they were before that. */
  readonly ceiling?: Ceiling;
}

/** Names of the tensors that may be layers: made by nodes, and dependent on the values of a data input. */
export function candidates(model: OnnxModel): string[] {
  const { graph, dependent } = indexGraph(model);
  return graph.node.flatMap((node) => node.output.filter((name) => dependent.has(name)));
}

/**
 * The layers among tensors of known shape and dtype, in topological order. Shapes name the batch as `BATCH` says, or hold
 * its number where it is fixed.
 */
export function listLayers(model: OnnxModel, infos: ReadonlyMap<string, TensorInfo>): Layer[] {
  const index = indexGraph(model);
  const batch = batchOf(index, infos);
  const shapes = new Map<string, number[]>();
  const declared = index.dataInputs.map(fromValueInfo).filter((info) => info !== undefined);
  for (const info of [...declared, ...infos.values()]) {
    const shape = info.shape.map((n, axis) => (axis === 0 && declared.includes(info) ? batch : toNumber(n)));
    if (shape.every((n) => n > 0)) shapes.set(info.name, shape);
  }
  const axes = findUnitAxes(index, shapes);
  const spaces = findSpaces(index, shapes);
  const kinds = new Map<string, LayerKind>();
  for (const name of candidates(model)) {
    const real = REAL.includes(infos.get(name)?.dtype as DType);
    if (!real || shapes.get(name)?.[0] !== batch) continue;
    const kind = kindOf(shapes.get(name)!.length, axes.get(name), spaces.get(name));
    if (kind !== undefined) kinds.set(name, kind);
  }
  const short = shortNames(index);
  const principal = findPrincipal(index, new Set(kinds.keys()), axes, shapes);
  return [...kinds].map(([name, kind]) => {
    const shape = shapes.get(name)!;
    const note = noteOn(index, name, short.get(name));
    const ceiling = ceilingOf(index, name);
    return {
      name,
      shortNames: short.get(name) ?? [],
      kind,
      units: shape[UNIT_AXES[kind]],
      shape: [-1, ...shape.slice(1)],
      dtype: infos.get(name)!.dtype,
      op: index.producer.get(name)!.opType,
      principal: principal.size === 0 || principal.has(name),
      ...(note === undefined ? {} : { note }),
      ...(ceiling && { ceiling }),
    };
  });
}

/** What a tensor of so many axes is, if it is a layer. */
function kindOf(rank: number, unitAxis: number | undefined, space: Space | undefined): LayerKind | undefined {
  if (rank === 2) return unitAxis === UNIT_AXES.vector ? "vector" : undefined;
  if (rank === 3) return unitAxis === UNIT_AXES.tokens ? "tokens" : undefined;
  if (rank !== 4) return undefined;
  if (unitAxis === UNIT_AXES.map) return "map";
  return unitAxis === UNIT_AXES.grid && space?.[0] === 1 && space[1] === 2 ? "grid" : undefined;
}

/** The length of the batch dimension: the stand-in for the symbol if any shape has it, else what the first input fixes. */
function batchOf(index: GraphIndex, infos: ReadonlyMap<string, TensorInfo>): number {
  for (const { shape } of infos.values()) if (shape[0] === BATCH) return toNumber(BATCH);
  const [input] = index.dataInputs;
  return Math.max(1, toNumber((input && fromValueInfo(input)?.shape[0]) ?? 1));
}
