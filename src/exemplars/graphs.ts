/**
 * The two ONNX graphs of a dissection, both made by adding nodes to the model itself, so that one run of it serves all
 * layers and only what is needed leaves the runtime (copying whole activation tensors into JavaScript costs more than a
 * small network's forward pass).
 *
 * - Statistics: for every layer each unit's maximum and mean over space, its activations at a few sampled positions, and
 *   those strips of its maps (a row each) that hold an activation above the unit's floor, the only ones that can still
 *   decide its level. The network finds them itself, by row maxima: comparing every activation in JavaScript costs as
 *   much as half a forward pass of a small network.
 * - Maps: for every layer the activation maps of chosen (image, unit) pairs.
 *
 * Only operators are used that mean the same in every opset (Gather, Reshape, Transpose, the pools, Cast; NonZero from 9 on),
 * since the nodes live under whatever opset the model was exported with.
 */
import { UserError } from "../base/errors.js";
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import { withGraph } from "../engine/onnx/edit.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { type DType, ndarray } from "../engine/tensor/ndarray.js";
import type { LayerLayout } from "./layout.js";
import type { LayerPlan } from "./plan.js";

/** Names of one layer's tensors in the statistics graph. */
export interface StatisticsNames {
  /** Output, float32 [image, unit]. */
  readonly maxima: string;
  /** Output, float32 [image, unit]: means, which are NaN wherever any activation is; maxima need not be. */
  readonly means: string;
  /** Input, float32 [1, unit, 1, 1], or [image, unit, 1, 1] where not all images are looked at: only strips with an activation above it are wanted. */
  readonly floors: string;
  /** Output, int32 [strip]: which strips follow, as numbers in [image, unit, y] flattened, ascending. Absent: all. */
  readonly which?: string;
  /** Output, float32 [strip, x]: their activations. */
  readonly strips: string;
  /** Input, int64 [position]: sampled positions of the maps as the levels see them, [y, x] flattened. */
  readonly positions: string;
  /** Output, float32 [image, unit, position]. */
  readonly sample: string;
  /** Input, int64 [row]: which rows of the maps the levels are taken from; absent when from all. */
  readonly rows?: string;
  /** Input, int64 [column]: which columns; absent when from all. */
  readonly columns?: string;
}

/** From this opset on a graph can say where a condition holds. */
const NON_ZERO_SINCE = 9;

/** Adds the statistics of every layer. Picking whole rows is cheap (they are copied as they lie), picking columns is not. */
export function statisticsGraph(
  model: OnnxModel,
  plans: readonly LayerPlan[],
): { model: OnnxModel; names: StatisticsNames[] } {
  const graph = withoutOutputs(model);
  const picksStrips = opsetOf(model) >= NON_ZERO_SINCE;
  const names = plans.map(({ layout, rows, mapRows, mapColumns, every }, i): StatisticsNames => {
    const maps = canonicalMaps(graph, layout, i);
    // outputs keep the names of the tensors: an Identity to rename one would be a copy
    const output = (value: Value, shape: readonly (number | string)[], dtype: DType = "float32"): string => {
      graph.output(value, value, dtype, shape);
      return value;
    };
    const [maxima, means] = ["GlobalMaxPool", "GlobalAveragePool"].map((op) =>
      output(reshape(graph, graph.node(op, [maps]), [0, -1]), ["images", rows]),
    );
    const picked: { rows?: string; columns?: string } = {};
    let values = maps;
    if (mapRows < layout.height) {
      picked.rows = graph.input(`milan.rows.${i}`, "int64", [mapRows]);
      values = graph.node("Gather", [values, picked.rows], { axis: 2 });
    }
    if (mapColumns < layout.width) {
      picked.columns = graph.input(`milan.columns.${i}`, "int64", [mapColumns]);
      values = graph.node("Gather", [values, picked.columns], { axis: 3 });
    }
    const floors = graph.input(`milan.floors.${i}`, "float32", [every === 1 ? 1 : "images", rows, 1, 1]);
    const strips = reshape(graph, values, [-1, mapColumns]);
    const chosen: { which?: string; strips: string } = picksStrips
      ? chooseStrips(graph, values, strips, floors, mapColumns)
      : { strips };
    if (chosen.which !== undefined) output(chosen.which, [`strips${i}`], "int32");
    output(chosen.strips, [`strips${i}`, mapColumns]);
    const positions = graph.input(`milan.positions.${i}`, "int64", [`positions${i}`]);
    const sample = pickPositions(graph, values, positions);
    output(sample, ["images", rows, `positions${i}`]);
    return { maxima, means, floors, ...chosen, positions, sample, ...picked };
  });
  return { model: graph.build(), names };
}

/** The strips whose largest activation is above their unit's floor. */
function chooseStrips(graph: GraphBuilder, values: Value, strips: Value, floors: Value, width: number) {
  const largest = graph.node("MaxPool", [values], { kernel_shape: [1, width], strides: [1, width] });
  const above = reshape(graph, graph.node("Greater", [largest, floors]), [-1]);
  // 32 bits: JavaScript's 64-bit integers are objects
  const which = graph.node("Cast", [reshape(graph, graph.node("NonZero", [above]), [-1])], { to: INT32 });
  return { which, strips: graph.node("Gather", [strips, which], { axis: 0 }) };
}

const pickPositions = (graph: GraphBuilder, values: Value, positions: Value): Value =>
  graph.node("Gather", [reshape(graph, values, [0, 0, -1]), positions], { axis: 2 });

/** Version of the standard operator set the model imports. */
function opsetOf({ proto }: OnnxModel): number {
  const standard = proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return Number(standard?.version ?? 1);
}

/** Names of one layer's tensors in the maps graph. */
export interface MapNames {
  /** Input, int64 [pair]: image in the batch times number of dissected units, plus the unit's row. */
  readonly pairs: string;
  /** Output, float32 [pair, height * width]. */
  readonly maps: string;
}

/** Adds the chosen maps of every layer. */
export function mapsGraph(
  model: OnnxModel,
  layers: readonly LayerLayout[],
  alsoOutput?: string,
): { model: OnnxModel; names: MapNames[] } {
  const graph = withoutOutputs(model, alsoOutput);
  const names = layers.map((layer, i): MapNames => {
    const positions = layer.height * layer.width;
    const rows = reshape(graph, canonicalMaps(graph, layer, i), [-1, positions]);
    const pairs = graph.input(`milan.pairs.${i}`, "int64", [`pairs${i}`]);
    const maps = graph.node("Gather", [rows, pairs], { axis: 0 });
    graph.output(maps, `milan.maps.${i}`, "float32", [`pairs${i}`, positions]);
    return { pairs, maps: `milan.maps.${i}` };
  });
  return { model: graph.build(), names };
}

/** A layer's activations as float32 [image, unit, y, x], only the dissected units. @param index tells layers apart. */
export function canonicalMaps(graph: GraphBuilder, layer: LayerLayout, index: number): Value {
  let value = measured(graph, layer);
  if (layer.dtype !== "float32") value = graph.node("Cast", [value], { to: FLOAT32 });
  if (layer.kind === "vector") value = reshape(graph, value, [0, 0, 1, 1]);
  if (layer.kind === "grid") value = graph.node("Transpose", [value], { perm: [0, 3, 1, 2] });
  if (layer.kind === "tokens") {
    if (layer.prefix > 0) value = pick(graph, value, 1, range(layer.prefix, layer.height * layer.width));
    const maps = graph.node("Transpose", [value], { perm: [0, 2, 1] });
    value = reshape(graph, maps, [0, 0, layer.height, layer.width]);
  }
  return layer.subset ? pick(graph, value, 1, layer.subset, `milan.units.${index}`) : value;
}

/** The layer's tensor, or what it would be without its ceiling. Errors: `UserError` where the layout, read from a damaged run, names a tensor that is not there. */
function measured(graph: GraphBuilder, { name, ceiling }: LayerLayout): Value {
  if (!ceiling) return name;
  if (!graph.has(ceiling.before)) {
    throw new UserError(
      `measuring ${name}: the model has no tensor ${ceiling.before}; expected what its ceiling of ${ceiling.at} cuts off, run.json is damaged: dissect again`,
    );
  }
  return ceiling.rectified ? graph.node("Relu", [ceiling.before]) : ceiling.before;
}

function pick(graph: GraphBuilder, value: Value, axis: number, indices: readonly number[], name?: string): Value {
  const list = graph.constant(ndarray("int64", [indices.length], BigInt64Array.from(indices, BigInt)), name);
  return graph.node("Gather", [value, list], { axis });
}

function reshape(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  const target = graph.constant(ndarray("int64", [shape.length], BigInt64Array.from(shape, BigInt)));
  return graph.node("Reshape", [value, target]);
}

/** The model's own outputs are not wanted, and each would be copied: the runtime then also skips what only they need. */
function withoutOutputs(model: OnnxModel, keep?: string): GraphBuilder {
  const output = model.proto.graph!.output.filter((value) => value.name === keep);
  return GraphBuilder.extending(withGraph(model, { output }));
}

/** The format's numbers of the types. */
const FLOAT32 = 1;
const INT32 = 6;

const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
